"""One input entry to its library rows: stereoisomers, each on the one road into 3-D. Runs inside the worker processes."""

from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np

from core.errors import DomainError
from core.structure.conformers import SEARCH
from core.structure.domain import MODEL_DOMAIN
from core.structure.entry import FAILED, OK, REFUSED, Entry
from core.structure.geometry import Geometry
from core.structure.molecule import Molecule
from core.structure.place import Placed, Placement, place_isomers
from core.structure.placed import PlacementError
from core.structure.stereochemistry import enumerate_stereoisomers, reorder

KEPT, DUPLICATE = "kept", "duplicate"
OUTCOMES = {REFUSED: "refused", FAILED: "unreadable"}  # of inputs that do not come as far as a stereoisomer


@dataclass(frozen=True)
class LibraryRecipe:
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
    conformers : bool
        All conformers that count (`core.structure.conformers.SEARCH`) rather than one; needs `relax`.
    enumerate_stereo : bool
        All stereoisomers that an input leaves open, rather than one of them.
    """

    seed: int = 7
    n_conformers: int = 4
    max_iterations: int = 60
    doubtful_iterations: int = 6
    rescue_conformers: int = 20
    relax: bool = True
    conformers: bool = True
    enumerate_stereo: bool = True

    @property
    def placement(self) -> Placement:
        """How a stereoisomer gets its geometry."""
        return Placement(
            relax=self.relax,
            n_conformers=self.n_conformers,
            seed=self.seed,
            max_iterations=self.max_iterations,
            doubtful_iterations=self.doubtful_iterations,
            rescue_conformers=self.rescue_conformers,
            search=SEARCH if self.relax and self.conformers else None,
        )


@dataclass(frozen=True)
class Candidate:
    """What became of one stereoisomer of one input.

    Attributes
    ----------
    row, index : int
        1-based row of the input; 1-based number of the stereoisomer within it, 0 where none was enumerated.
    n_isomers : int
        How many stereoisomers the input was taken as.
    outcome : str
        KEPT, DUPLICATE, one of OUTCOMES, or the `Stage` at which it ended; `reason` is the sentence behind it, "" when kept.
    numbers, positions : list of int, list of float [Angstrom]
        Empty unless kept; positions row-major, 3 n_atoms.
    energy_ev : float or None
        GFN2-xTB total energy at `positions`; None where xTB did not relax it.
    conformer_positions, conformer_energies_ev, conformer_degeneracies : list
        Of every conformer, where there are several, as `core.structure.ensemble.Ensemble` has them; else empty.
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
    conformer_positions: list[float] = field(default_factory=list)
    conformer_energies_ev: list[float] = field(default_factory=list)
    conformer_degeneracies: list[int] = field(default_factory=list)

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as a dict."""
        return asdict(self)


def make_candidates(entry: Entry, recipe: LibraryRecipe) -> list[Candidate]:
    """Return one Candidate per stereoisomer of the entry; at least one, whatever the entry is. Never raises."""
    entry = entry.within(MODEL_DOMAIN)
    smiles = entry.molecule.smiles if entry.molecule else ""
    blank = Candidate(entry.row, entry.id, 0, 1, smiles, OUTCOMES[FAILED], entry.reason)
    if entry.status != OK:
        return [replace(blank, outcome=OUTCOMES[entry.status])]
    if entry.geometry is not None:
        return [kept(replace(blank, reason=""), entry.geometry)]
    if entry.molecule is None:
        return [replace(blank, reason="the input has neither a structure nor a geometry")]
    try:
        isomers = enumerate_stereoisomers(entry.molecule) if recipe.enumerate_stereo else [entry.molecule]
    except DomainError as error:
        return [replace(blank, outcome=OUTCOMES[REFUSED], reason=str(error))]
    outcomes = place_isomers(isomers, recipe.placement)
    return [
        make_candidate(Candidate(entry.row, entry.id, index, len(isomers), isomer.smiles, KEPT), isomer, outcome)
        for index, (isomer, outcome) in enumerate(zip(isomers, outcomes, strict=True), start=1)
    ]


def make_candidate(candidate: Candidate, isomer: Molecule, outcome: Placed | PlacementError) -> Candidate:
    """Return the candidate with what became of its stereoisomer, atoms in the order of the SMILES that it is kept under."""
    if isinstance(outcome, PlacementError):
        return replace(candidate, outcome=str(outcome.stage), reason=str(outcome))
    seen = outcome.seen
    geometry = reorder(outcome.geometry, isomer, seen)
    candidate = replace(kept(candidate, geometry), smiles=seen.smiles, energy_ev=outcome.energy_ev)
    if outcome.ensemble is None or len(outcome.ensemble) == 1:
        return candidate
    ensemble = outcome.ensemble
    places = [reorder(g, isomer, seen).positions.round(5).ravel() for g in ensemble.geometries]
    return replace(
        candidate,
        conformer_positions=np.concatenate(places).tolist(),
        conformer_energies_ev=ensemble.energies_ev.round(6).tolist(),
        conformer_degeneracies=ensemble.degeneracies.tolist(),
    )


def kept(candidate: Candidate, geometry: Geometry) -> Candidate:
    """Return the candidate with a geometry that is kept."""
    return replace(
        candidate,
        outcome=KEPT,
        origin=geometry.origin,
        numbers=geometry.numbers.tolist(),
        positions=geometry.positions.round(5).ravel().tolist(),
    )
