"""The one road into 3-D: an entry in, the entry with a checked geometry out, or with the reason why it has none.

Predictions, scans, libraries, labels and drawn sets all come this way. A geometry made here is embedded, on request
relaxed, and then checked: it must be one molecule, of the formula, the bonds and the stereochemistry that were asked for.
"""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import partial
from typing import Literal

from rdkit import Chem

from core.errors import DomainError, EigenscopeError, GeometryError
from core.machine.pools import map_in_processes
from core.machine.progress import ShouldCancel, never_cancel
from core.structure.bonds import check_bonding
from core.structure.domain import ANY_MOLECULE, MODEL_DOMAIN, Domain, check_geometry
from core.structure.embed import embed_different, embed_geometry
from core.structure.entry import CANCELLED, FAILED, OK, REFUSED, Entry
from core.structure.geometry import Geometry
from core.structure.molecule import Molecule
from core.structure.relax import relax_geometry
from core.structure.skeleton import has_doubtful_skeleton
from core.structure.stereochemistry import check_stereochemistry, enumerate_stereoisomers, is_stereo_open, reorder
from core.structure.unchecked_embedding import embed_any_isomer

GeometryMode = Literal["xtb", "fast", "as-is"]
GEOMETRY_MODES: tuple[GeometryMode, ...] = ("xtb", "fast", "as-is")
IN_PROCESS = 4  # up to here starting worker processes takes longer than the molecules


class Stage(StrEnum):
    """How far a molecule came on the road."""

    NOT_EMBEDDED = "not embedded"
    NOT_RELAXED = "not relaxed"
    BONDING_CHANGED = "bonding changed"
    STEREO_CHANGED = "stereochemistry changed"


class PlacementError(GeometryError):
    """A molecule got no geometry; `stage` says where it ended."""

    def __init__(self, message: str, stage: Stage) -> None:
        super().__init__(message)
        self.stage = stage


@dataclass(frozen=True)
class Placement:
    """How a molecule gets a geometry.

    Attributes
    ----------
    relax : bool
        GFN2-xTB after MMFF94.
    n_conformers : int
        ETKDGv3 conformers made; the one of lowest MMFF94 energy goes on.
    seed : int
    max_iterations : int
        Embedding attempts before plain distance geometry is tried, and again before that is given up.
    doubtful_iterations : int or None
        The same for a molecule whose bare ring skeleton does not embed; None: no difference is made.
    rescue_conformers : int
        Conformers of any stereochemistry made of what does not embed; the wanted one must turn up among them. 0: none.
    """

    relax: bool = True
    n_conformers: int = 5
    seed: int = 7
    max_iterations: int = 50
    doubtful_iterations: int | None = None
    rescue_conformers: int = 50


PLACEMENTS: dict[str, Placement | None] = {"xtb": Placement(), "fast": Placement(relax=False), "as-is": None}


@dataclass(frozen=True, eq=False)
class Placed:
    """A molecule in 3-D.

    Attributes
    ----------
    geometry : Geometry
        Atoms in the order of RDKit's AddHs of the molecule asked for.
    seen : Molecule
        It with the stereochemistry that the geometry shows, where the SMILES left some open.
    energy_ev : float or None
        GFN2-xTB total energy [eV]; None where it was not relaxed.
    """

    geometry: Geometry
    seen: Molecule
    energy_ev: float | None = None


def placement_of(mode: GeometryMode | str) -> Placement | None:
    """Return how molecules get a geometry: ETKDGv3 + MMFF94 ("fast"), + GFN2-xTB ("xtb"), or not ("as-is": None).

    Raises
    ------
    EigenscopeError
        If the mode is none of GEOMETRY_MODES.
    """
    if mode not in PLACEMENTS:
        raise EigenscopeError(f"geometry must be one of {', '.join(GEOMETRY_MODES)}, got {mode!r}")
    return PLACEMENTS[mode]


def place_molecule(molecule: Molecule, placement: Placement) -> Placed:
    """Return a molecule in 3-D, checked. Stereocentres that the SMILES leaves open come out one way or the other.

    Raises
    ------
    PlacementError
        With the stage at which it ended.
    """
    (outcome,) = place_isomers([molecule], placement)
    if isinstance(outcome, PlacementError):
        raise outcome
    return outcome


def place_isomers(isomers: Sequence[Molecule], placement: Placement) -> list[Placed | PlacementError]:
    """Return what becomes of each stereoisomer of one constitution; where none embeds, all are tried a second way."""
    embedded = [embed_isomer(isomer, placement) for isomer in isomers]
    if placement.rescue_conformers and all(isinstance(x, PlacementError) for x in embedded):
        found = rescue_isomers(isomers, placement)
        embedded = [found.get(isomer.smiles, e) for isomer, e in zip(isomers, embedded, strict=True)]
    return [
        geometry if isinstance(geometry, PlacementError) else settle_isomer(isomer, geometry, placement)
        for isomer, geometry in zip(isomers, embedded, strict=True)
    ]


def embed_isomer(isomer: Molecule, placement: Placement) -> Geometry | PlacementError:
    """Return a stereoisomer's MMFF94 geometry, or why there is none."""
    patience = placement.max_iterations
    if placement.doubtful_iterations is not None and has_doubtful_skeleton(isomer):
        patience = placement.doubtful_iterations
    try:
        return embed_geometry(isomer, seed=placement.seed, n_conformers=placement.n_conformers, max_iterations=patience)
    except GeometryError as error:
        return PlacementError(str(error), Stage.NOT_EMBEDDED)


def rescue_isomers(isomers: Sequence[Molecule], placement: Placement) -> dict[str, Geometry]:
    """Return MMFF94 geometries by SMILES of those isomers that turn up when nothing is checked while embedding.

    Of a single molecule whose SMILES leaves stereocentres open, any stereoisomer will do.
    """
    wanted = {isomer.smiles: isomer for isomer in isomers}
    if len(isomers) == 1:
        with suppress(DomainError):  # too many to be told one by one
            wanted = {isomer.smiles: isomers[0] for isomer in enumerate_stereoisomers(isomers[0])}
    found = embed_any_isomer(
        [Molecule(smiles) for smiles in wanted], n_conformers=placement.rescue_conformers, seed=placement.seed
    )
    geometries: dict[str, Geometry] = {}
    for smiles in sorted(found):
        isomer = wanted[smiles]
        geometries.setdefault(isomer.smiles, reorder(found[smiles], Molecule(smiles), isomer))
    return geometries


def settle_isomer(isomer: Molecule, geometry: Geometry, placement: Placement) -> Placed | PlacementError:
    """Return an embedded stereoisomer relaxed, if that is wanted, and checked; or why it is none."""
    energy_ev = None
    try:
        if placement.relax:
            geometry, energy_ev = relax_geometry(geometry)
        return Placed(geometry, check_placed(isomer.rdkit, geometry), energy_ev)
    except PlacementError as error:
        return error
    except GeometryError as error:
        return PlacementError(str(error), Stage.NOT_RELAXED)


def check_placed(graph: Chem.Mol, geometry: Geometry) -> Molecule:
    """Return the molecule, with its stereochemistry, that a geometry made for a graph shows.

    Parameters
    ----------
    graph : RDKit molecule
        The geometry's atoms are in the order of its AddHs.

    Raises
    ------
    GeometryError
        If atoms lie on top of one another.
    PlacementError
        If bonds broke or formed, the molecule fell apart, or its stereochemistry is another.
    """
    check_geometry(geometry, replace(ANY_MOLECULE, one_fragment=False))
    try:
        check_bonding(graph, geometry)
    except GeometryError as error:
        raise PlacementError(str(error), Stage.BONDING_CHANGED) from error
    try:
        return check_stereochemistry(graph, geometry)
    except GeometryError as error:
        raise PlacementError(str(error), Stage.STEREO_CHANGED) from error


def place_conformers(graph: Chem.Mol, *, n_conformers: int, seed: int, prune_angstrom: float) -> list[Geometry]:
    """Return the different conformers of a molecule by ETKDGv3 and MMFF94 that pass `check_placed`; none where none embeds.

    Parameters
    ----------
    graph : RDKit molecule, hydrogens implicit
        Its order of atoms decides which conformers a seed gives.
    prune_angstrom : float
        See `core.structure.embed.embed_different`.
    """
    try:
        made = embed_different(graph, n_conformers=n_conformers, seed=seed, prune_angstrom=prune_angstrom)
    except GeometryError:
        return []
    return [geometry for geometry in made if is_placed(graph, geometry)]


def is_placed(graph: Chem.Mol, geometry: Geometry) -> bool:
    """Return whether a geometry made for a graph passes `check_placed`."""
    try:
        check_placed(graph, geometry)
    except GeometryError:
        return False
    return True


def place_entry(entry: Entry, placement: Placement | None, domain: Domain = MODEL_DOMAIN) -> Entry:
    """Return one entry with a checked geometry, or refused or failed with the reason. A given geometry stays.

    Parameters
    ----------
    placement : Placement or None
        None makes no geometry: entries without one are refused.
    domain : Domain
        What is asked for: entries that were refused as outside another domain are looked at again.
    """
    entry = entry.within(domain)
    if entry.status != OK or entry.geometry is not None:
        return entry
    if entry.molecule is None:
        return replace(entry, status=FAILED, reason="neither a structure nor a geometry was found")
    if placement is None:
        reason = "no 3-D geometry in the input, and geometry 'as-is' makes none"
        return replace(entry, status=REFUSED, reason=reason)
    try:
        placed = place_molecule(entry.molecule, placement)
        check_geometry(placed.geometry, domain)
    except DomainError as error:
        return replace(entry, status=REFUSED, reason=str(error))
    except EigenscopeError as error:
        return replace(entry, status=FAILED, reason=str(error))
    notes = (*entry.notes, *open_stereo_note(entry.molecule, placed.seen))
    return replace(entry, geometry=placed.geometry, notes=notes)


def open_stereo_note(molecule: Molecule, seen: Molecule) -> tuple[str, ...]:
    """Return a note on which stereoisomer was made of a molecule that leaves it open; none where it leaves none."""
    return (
        (f"stereochemistry is left open, the isomer predicted is {seen.smiles}",)
        if is_stereo_open(molecule, seen)
        else ()
    )


def place_entries(
    entries: Sequence[Entry],
    placement: Placement | None,
    domain: Domain = MODEL_DOMAIN,
    *,
    should_cancel: ShouldCancel | None = None,
) -> Iterator[Entry]:
    """Yield the entries in order, each as `place_entry` leaves it, several at a time; after a cancel, the rest as they were.

    The rest has the status CANCELLED.
    """
    to_embed = sum(e.status == OK and e.geometry is None for e in entries)
    placed = map_in_processes(
        partial(place_entry, placement=placement, domain=domain),
        entries,
        n_workers=0 if to_embed <= IN_PROCESS else None,
        should_cancel=should_cancel or never_cancel,
    )
    n_placed = 0
    for entry in placed:
        yield entry
        n_placed += 1
    yield from (replace(e, status=CANCELLED, reason=CANCELLED) if e.status == OK else e for e in entries[n_placed:])
