"""One input entry to its library rows: enumerate, embed, relax, check. Runs inside the worker processes."""

from dataclasses import asdict, dataclass, field

from core.errors import DomainError, EigenscopeError, GeometryError
from core.structure.bonds import check_bonding
from core.structure.embed import embed_geometry
from core.structure.entry import OK, Entry
from core.structure.geometry import Geometry, check_geometry
from core.structure.molecule import Molecule, check_domain
from core.structure.relax import relax_geometry
from core.structure.skeleton import has_doubtful_skeleton
from core.structure.stereochemistry import check_stereochemistry, enumerate_stereoisomers, reorder
from core.structure.unchecked_embedding import embed_any_isomer

KEPT, REFUSED, NOT_EMBEDDED, NOT_RELAXED = "kept", "refused", "not embedded", "not relaxed"
BONDING_CHANGED, STEREO_CHANGED, UNREADABLE = "bonding changed", "stereochemistry changed", "unreadable"
DUPLICATE = "duplicate"
OUTCOMES = (KEPT, REFUSED, UNREADABLE, NOT_EMBEDDED, NOT_RELAXED, BONDING_CHANGED, STEREO_CHANGED, DUPLICATE)


@dataclass(frozen=True)
class Recipe:
    """How inputs become library rows. Changing a field makes another library.

    Attributes
    ----------
    seed : int
        Of the conformers and of the order in which inputs are taken.
    n_conformers : int
        ETKDGv3 conformers a stereoisomer; the one of lowest MMFF94 energy goes on.
    max_iterations : int
        Embedding attempts before a stereoisomer counts as impossible.
    doubtful_iterations : int
        The same for one whose bare ring skeleton does not embed; most of them are impossible.
    rescue_conformers : int
        Conformers of any stereochemistry made of an input of which no stereoisomer embeds; 0 = give it up.
    relax : bool
        GFN2-xTB after MMFF94.
    enumerate_stereo : bool
        All stereoisomers that an input leaves open, rather than one of them.
    """

    seed: int = 7
    n_conformers: int = 4
    max_iterations: int = 60
    doubtful_iterations: int = 6
    rescue_conformers: int = 20
    relax: bool = True
    enumerate_stereo: bool = True


@dataclass
class Candidate:
    """What became of one stereoisomer of one input.

    Attributes
    ----------
    row, index : int
        1-based row of the input; 1-based number of the stereoisomer within it, 0 where none was enumerated.
    n_isomers : int
        How many stereoisomers the input was taken as.
    outcome : str
        One of OUTCOMES; `reason` is the sentence behind it, "" when kept.
    numbers, positions : list of int, list of float [Angstrom]
        Empty unless kept; positions row-major, 3 n_atoms.
    energy_ev : float or None
        GFN2-xTB total energy at `positions`; None where xTB did not relax it.
    """

    row: int
    input_id: str
    index: int
    n_isomers: int
    smiles: str
    outcome: str
    reason: str = ""
    numbers: list[int] = field(default_factory=list)
    positions: list[float] = field(default_factory=list)
    energy_ev: float | None = None
    origin: str = ""

    def to_dict(self) -> dict:
        return asdict(self)


def make_candidates(entry: Entry, recipe: Recipe) -> list[Candidate]:
    """Return one Candidate per stereoisomer of the entry; at least one, whatever the entry is. Never raises."""
    smiles = entry.molecule.smiles if entry.molecule else ""
    blank = Candidate(entry.row, entry.id, 0, 1, smiles, UNREADABLE, entry.reason)
    if entry.status != OK:
        blank.outcome = REFUSED if entry.status == REFUSED else UNREADABLE
        return [blank]
    try:
        if entry.molecule is not None:
            check_domain(entry.molecule)
        if entry.geometry is not None:
            return [keep_given(entry, entry.geometry, blank)]
        if entry.molecule is None:
            blank.reason = "the input has neither a structure nor a geometry"
            return [blank]
        isomers = enumerate_stereoisomers(entry.molecule) if recipe.enumerate_stereo else [entry.molecule]
    except DomainError as error:
        blank.outcome, blank.reason = REFUSED, str(error)
        return [blank]
    except EigenscopeError as error:
        blank.reason = str(error)
        return [blank]
    candidates = [
        make_candidate(isomer, Candidate(entry.row, entry.id, index, len(isomers), isomer.smiles, KEPT), recipe)
        for index, isomer in enumerate(isomers, start=1)
    ]
    if all(candidate.outcome == NOT_EMBEDDED for candidate in candidates):
        rescue_candidates(candidates, recipe)
    return candidates


def rescue_candidates(candidates: list[Candidate], recipe: Recipe) -> None:
    """Try the stereoisomers of an input again when none embedded; fill in those that come out."""
    if not recipe.rescue_conformers:
        return
    isomers = [Molecule(candidate.smiles) for candidate in candidates]
    found = embed_any_isomer(isomers, n_conformers=recipe.rescue_conformers, seed=recipe.seed)
    for candidate, isomer in zip(candidates, isomers, strict=True):
        if isomer.smiles in found:
            candidate.reason = ""
            settle_candidate(candidate, isomer, found[isomer.smiles], recipe)


def keep_given(entry: Entry, geometry: Geometry, blank: Candidate) -> Candidate:
    """Return the candidate of an input that brought its own geometry, used as it is."""
    check_geometry(geometry)
    return fill(blank, blank.smiles, geometry, None)


def make_candidate(isomer: Molecule, candidate: Candidate, recipe: Recipe) -> Candidate:
    """Embed, relax and check one stereoisomer; fill in the candidate."""
    patience = recipe.doubtful_iterations if has_doubtful_skeleton(isomer) else recipe.max_iterations
    try:
        geometry = embed_geometry(isomer, seed=recipe.seed, n_conformers=recipe.n_conformers, max_iterations=patience)
    except GeometryError as error:
        candidate.outcome, candidate.reason = NOT_EMBEDDED, str(error)
        return candidate
    return settle_candidate(candidate, isomer, geometry, recipe)


def settle_candidate(candidate: Candidate, isomer: Molecule, geometry: Geometry, recipe: Recipe) -> Candidate:
    """Relax and check an embedded stereoisomer; fill in the candidate."""
    stage, energy = NOT_RELAXED, None
    try:
        if recipe.relax:
            geometry, energy = relax_geometry(geometry)
        stage = BONDING_CHANGED
        check_bonding(isomer, geometry)
        stage = STEREO_CHANGED
        seen = check_stereochemistry(isomer, geometry)
    except GeometryError as error:
        candidate.outcome, candidate.reason = stage, str(error)
        return candidate
    return fill(candidate, seen.smiles, reorder(geometry, isomer, seen), energy)


def fill(candidate: Candidate, smiles: str, geometry: Geometry, energy_ev: float | None) -> Candidate:
    """Write a kept geometry into its candidate."""
    candidate.outcome, candidate.smiles, candidate.origin, candidate.energy_ev = (
        KEPT,
        smiles,
        geometry.origin,
        energy_ev,
    )
    candidate.numbers = geometry.numbers.tolist()
    candidate.positions = geometry.positions.round(5).ravel().tolist()
    return candidate
