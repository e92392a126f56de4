"""The one road into 3-D: an entry in, the entry with a checked geometry out, or with the reason why it has none.

Predictions, scans, libraries, labels and drawn sets all come this way. A geometry made here is embedded, on request
relaxed, and then checked: it must be one molecule, of the formula, the bonds and the stereochemistry that were asked for.
"""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal

from rdkit import Chem

from core.errors import DomainError, EigenscopeError, GeometryError
from core.machine.pools import map_in_processes
from core.machine.progress import ShouldCancel, never_cancel
from core.structure.bonds import stretched_bond
from core.structure.conformers import SEARCH, THOROUGH, ConformerSearch, find_conformers
from core.structure.domain import MODEL_DOMAIN, Domain, check_geometry
from core.structure.embed import embed_different, embed_geometry
from core.structure.ensemble import ROOM_K, Ensemble, check_temperature
from core.structure.entry import CANCELLED, FAILED, OK, REFUSED, Entry
from core.structure.geometry import XTB, XTB_UFF, Geometry
from core.structure.molecule import Molecule
from core.structure.placed import PlacementError, Stage, check_placed, is_placed
from core.structure.relax import relax_geometry
from core.structure.skeleton import has_doubtful_skeleton
from core.structure.stereochemistry import enumerate_stereoisomers, is_stereo_open, leaves_stereo_open, reorder
from core.structure.unchecked_embedding import embed_any_isomer

GeometryMode = Literal["xtb", "fast", "as-is"]
GEOMETRY_MODES: tuple[GeometryMode, ...] = ("xtb", "fast", "as-is")
ConformerMode = Literal["auto", "ensemble", "thorough", "one"]
CONFORMER_MODES: tuple[ConformerMode, ...] = ("auto", "ensemble", "thorough", "one")
AUTO_SECONDS = 2.0  # what finding the conformers of a molecule may take before "auto" makes one
TOO_LONG = "one conformer: finding all of a molecule so large or floppy takes long, and is done on request"
IN_PROCESS = 4  # up to here starting worker processes takes longer than the molecules


@dataclass(frozen=True)
class ConformerOptions:
    """Which conformers of a molecule a prediction is the average of.

    Attributes
    ----------
    mode : "auto" | "ensemble" | "thorough" | "one"
        Conformers of all molecules, sought more thoroughly, of those for which that takes at most AUTO_SECONDS on one core
        ("auto"), or one geometry a molecule.
    temperature_k : float [K]

    Raises
    ------
    EigenscopeError
        If there is no such mode, or the temperature is out of range.
    """

    mode: ConformerMode | str = "auto"
    temperature_k: float = ROOM_K

    def __post_init__(self) -> None:
        if self.mode not in CONFORMER_MODES:
            raise EigenscopeError(f"conformers must be one of {', '.join(CONFORMER_MODES)}, got {self.mode!r}")
        check_temperature(self.temperature_k)


AUTO_CONFORMERS, ONE_CONFORMER = ConformerOptions(), ConformerOptions("one")


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
    search : ConformerSearch or None
        Conformers are sought like this, and all that count are kept; None: one geometry a molecule.
    longest_search_s : float [s]
        Molecules whose search is expected to take longer get one geometry, and a note that says so.
    """

    relax: bool = True
    n_conformers: int = 5
    seed: int = 7
    max_iterations: int = 50
    doubtful_iterations: int | None = None
    rescue_conformers: int = 50
    search: ConformerSearch | None = None
    longest_search_s: float = float("inf")


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
    ensemble : Ensemble or None
        Its conformers, of which `geometry` is the first; None where they were not sought.
    why_single : str
        Why it has one geometry where conformers were asked for; "" where they were not, or are there.
    """

    geometry: Geometry
    seen: Molecule
    energy_ev: float | None = None
    ensemble: Ensemble | None = None
    why_single: str = ""


def placement_of(mode: GeometryMode | str, conformers: ConformerMode | str = "one") -> Placement | None:
    """Return how molecules get a geometry: ETKDGv3 + MMFF94 ("fast"), + GFN2-xTB ("xtb"), or not ("as-is": None).

    Parameters
    ----------
    conformers : "auto" | "ensemble" | "thorough" | "one"
        See `ConformerOptions`; without GFN2-xTB it is always one.

    Raises
    ------
    EigenscopeError
        If the mode is none of GEOMETRY_MODES.
    """
    if mode not in PLACEMENTS:
        raise EigenscopeError(f"geometry must be one of {', '.join(GEOMETRY_MODES)}, got {mode!r}")
    placement = PLACEMENTS[mode]
    if placement is None or not placement.relax or conformers == "one":
        return placement
    search = THOROUGH if conformers == "thorough" else SEARCH
    return replace(placement, search=search, longest_search_s=AUTO_SECONDS if conformers == "auto" else float("inf"))


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
    """Return an embedded stereoisomer relaxed or with its conformers, if that is wanted, and checked; or why it is none."""
    search, why_single = placement.search, ""
    if search is not None:
        if search.estimate_s(isomer.rdkit) > placement.longest_search_s:
            why_single = TOO_LONG
        else:
            try:
                return settle_ensemble(isomer, geometry, search)
            except GeometryError as error:
                why_single = f"one conformer: {error}"
    energy_ev = None
    try:
        if placement.relax:
            geometry, energy_ev = relax_geometry(geometry)
        return Placed(geometry, check_placed(isomer.rdkit, geometry), energy_ev, why_single=why_single)
    except PlacementError as error:
        return error
    except GeometryError as error:
        return PlacementError(str(error), Stage.NOT_RELAXED)


def settle_ensemble(isomer: Molecule, geometry: Geometry, search: ConformerSearch) -> Placed:
    """Return an embedded stereoisomer with its conformers; of what the SMILES leaves open, those of what the geometry shows.

    Raises
    ------
    GeometryError
        If none is found.
    """
    seen = check_placed(isomer.rdkit, geometry) if leaves_stereo_open(isomer) else isomer
    ensemble = find_conformers(seen, search, start=reorder(geometry, isomer, seen))
    ensemble = replace(ensemble, geometries=tuple(reorder(g, seen, isomer) for g in ensemble.geometries))
    first = ensemble.geometries[0]
    return Placed(first, check_placed(isomer.rdkit, first), ensemble.lowest_ev, ensemble)


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
    notes = (
        *entry.notes,
        *open_stereo_note(entry.molecule, placed.seen),
        *conformer_note(placed),
        *stretched_note(entry.molecule, placed),
    )
    return replace(entry, geometry=placed.geometry, ensemble=placed.ensemble, notes=notes)


def stretched_note(molecule: Molecule, placed: Placed) -> tuple[str, ...]:
    """Return a note on a double or triple bond that the force field has taken for a longer one; none where there is none."""
    is_relaxed = placed.geometry.origin in (XTB, XTB_UFF)  # then the force field had no last word
    told = "" if is_relaxed else stretched_bond(molecule.rdkit, placed.geometry)
    return (f"the force field does not know a bond: {told}; not to be trusted, relax with GFN2-xTB",) if told else ()


def conformer_note(placed: Placed) -> tuple[str, ...]:
    """Return a note on conformers that were left out, or not sought though that was asked for; none where there is nothing."""
    if placed.ensemble is None:
        return (placed.why_single,) if placed.why_single else ()
    n_left_out = placed.ensemble.n_left_out
    what = "1 more conformer" if n_left_out == 1 else f"{n_left_out} more conformers"
    return (f"{what} of higher energy {'is' if n_left_out == 1 else 'are'} left out",) if n_left_out else ()


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
