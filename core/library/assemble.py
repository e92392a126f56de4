"""Finished candidates to the library's table: ids, duplicates, identity and descriptors."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from core.library.candidate import DUPLICATE, KEPT, Candidate
from core.library.descriptors import describe
from core.library.sources import CONSTITUTION
from core.quantities import OWN_PREFIX
from core.structure.entry import Entry
from core.structure.molecule import Molecule
from core.structure.stereochemistry import hand_free_smiles

OUTCOME_COLUMNS = ["row", "input_id", "index", "smiles", "outcome", "reason"]


def assemble_library(
    entries: Sequence[Entry], done: Mapping[int, Sequence[Candidate]], *, prefix: str
) -> tuple[pd.DataFrame, list[Candidate]]:
    """Return the library's table and every candidate, both in input order.

    Of candidates that came out as the same molecule, up to its mirror image, the first stays; inputs that brought their
    own geometry all stay (conformers of one molecule are different candidates).
    """
    ids = Counter(entry.id for entry in entries)
    by_row = {entry.row: entry for entry in entries}
    seen: dict[str, str] = {}
    rows, candidates = [], []
    for row in sorted(done):
        entry = by_row[row]
        for candidate in done[row]:
            name = candidate_id(candidate, entry, prefix=prefix, shared=ids[entry.id] > 1)
            if candidate.outcome == KEPT and entry.geometry is None:
                twin = seen.setdefault(hand_free_smiles(Molecule(candidate.smiles)), name)
                if twin != name:
                    candidate = replace(candidate, outcome=DUPLICATE, reason=f"the same molecule as {twin}")
            candidates.append(candidate)
            if candidate.outcome == KEPT:
                rows.append(library_row(candidate, entry, name))
    library = pd.DataFrame(rows)
    own = [name for name in library.columns if str(name).startswith(OWN_PREFIX)]
    return library.assign(**{name: library[name].fillna("") for name in own}), candidates


def candidate_id(candidate: Candidate, entry: Entry, *, prefix: str, shared: bool) -> str:
    """Return an id that no other candidate has and that does not depend on what became of the others."""
    name = f"{prefix}-{entry.id}" if prefix else entry.id
    if shared:
        name = f"{name}#{entry.row}"
    return f"{name}-{candidate.index}" if prefix or candidate.n_isomers > 1 else name


def library_row(candidate: Candidate, entry: Entry, name: str) -> dict[str, Any]:
    """Return one row of the library."""
    numbers = np.array(candidate.numbers, dtype=np.uint8)
    identity = {
        "id": name,
        "smiles": candidate.smiles,
        "constitution_id": entry.properties.get(CONSTITUTION, entry.id),
        "n_atoms": len(numbers),
        "numbers": numbers,
        "positions": np.array(candidate.positions, dtype=np.float32),
        "xtb_energy_ev": np.nan if candidate.energy_ev is None else candidate.energy_ev,
        "geometry": candidate.origin,
        "note": "; ".join(entry.notes),
        "n_conformers": max(1, len(candidate.conformer_energies_ev)),
        "conformer_energies_ev": candidate.conformer_energies_ev or None,
        "conformer_degeneracies": candidate.conformer_degeneracies or None,
        "conformer_positions": candidate.conformer_positions or None,
    }
    own = {f"{OWN_PREFIX}{name}": value for name, value in entry.properties.items() if name != CONSTITUTION}
    return identity | describe(candidate.smiles, numbers) | own


def outcome_table(candidates: Sequence[Candidate]) -> pd.DataFrame:
    """Return one row per candidate: what it was and what became of it."""
    rows = [[getattr(candidate, column) for column in OUTCOME_COLUMNS] for candidate in candidates]
    return pd.DataFrame(rows, columns=OUTCOME_COLUMNS).rename(columns={"input_id": "id"})
