"""Entries in, entries with a checked geometry out."""

import warnings
from collections.abc import Generator, Iterator, Sequence
from dataclasses import replace
from typing import Literal

from joblib import Parallel, delayed

from core.errors import DomainError, EigenscopeError
from core.machine.cores import N_THREADS
from core.machine.progress import ShouldCancel
from core.structure.bonds import check_bonding
from core.structure.entry import FAILED, OK, REFUSED, Entry
from core.structure.geometry import check_geometry
from core.structure.molecule import check_domain
from core.structure.relax import relax_geometry
from core.structure.stereochemistry import check_stereochemistry
from core.structure.unchecked_embedding import embed_molecule

GeometryMode = Literal["xtb", "fast", "as-is"]
GEOMETRY_MODES: tuple[GeometryMode, ...] = ("xtb", "fast", "as-is")
N_CONFORMERS = 5  # tried per 2-D molecule; the one of lowest MMFF94 energy is relaxed
IN_PROCESS = 4  # up to here starting worker processes takes longer than the molecules


def place_entries(
    entries: Sequence[Entry], *, mode: GeometryMode | str, should_cancel: ShouldCancel | None = None
) -> Iterator[Entry]:
    """Yield the entries in order, each with a geometry or with the reason why it has none."""
    to_embed = sum(e.status == OK and e.geometry is None for e in entries)
    results: Generator[Entry, None, None]
    if to_embed <= IN_PROCESS:
        results = (place_entry(e, mode) for e in entries)
    else:
        run = Parallel(n_jobs=N_THREADS, return_as="generator", batch_size=1, pre_dispatch="2*n_jobs")
        results = run(delayed(place_entry)(e, mode) for e in entries)
    for k, result in enumerate(results):
        yield result
        if should_cancel and should_cancel():
            with warnings.catch_warnings(
                action="ignore"
            ):  # joblib warns of the work that is thrown away: that is wanted
                results.close()
            yield from (
                replace(e, status=FAILED, reason="cancelled") if e.status == OK else e for e in entries[k + 1 :]
            )
            return


def place_entry(entry: Entry, mode: GeometryMode | str) -> Entry:
    """Return one entry with a checked geometry, or refused or failed with the reason."""
    if entry.status != OK:
        return entry
    try:
        if entry.molecule is not None:
            check_domain(entry.molecule)
        if entry.geometry is not None:
            check_geometry(entry.geometry)
            return entry
        if entry.molecule is None:
            return replace(entry, status=FAILED, reason="neither a structure nor a geometry was found")
        if mode == "as-is":
            return replace(
                entry, status=REFUSED, reason="no 3-D geometry in the input, and geometry 'as-is' makes none"
            )
        made = embed_molecule(entry.molecule, n_conformers=N_CONFORMERS)
        if mode == "xtb":
            made, _ = relax_geometry(made)
        check_geometry(made)
        check_bonding(entry.molecule, made)
        check_stereochemistry(entry.molecule, made)
        return replace(entry, geometry=made)
    except DomainError as error:
        return replace(entry, status=REFUSED, reason=str(error))
    except EigenscopeError as error:
        return replace(entry, status=FAILED, reason=str(error))
