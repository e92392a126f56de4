"""Geometry: where the atoms are, and how they got there."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from rdkit import Chem
from rdkit.Chem import rdDistGeom, rdForceFieldHelpers

from core.errors import DomainError, GeometryError
from core.molecule import ELEMENTS, MAX_ATOMS, Molecule

ATOMIC_NUMBERS = {1: "H", 6: "C", 7: "N", 8: "O", 9: "F"}
# Levels below the valence shell, by atomic number: 1s; 1s 2s 2p; 1s to 3d
CORE_LEVELS = {1: 0, 6: 1, 7: 1, 8: 1, 9: 1, 14: 5, 15: 5, 16: 5, 17: 5, 35: 14}
MIN_DISTANCE = 0.6  # Angstrom; H2's bond is 0.74, the shortest there is
AS_GIVEN, FAST, XTB = "as given", "ETKDGv3 + MMFF94", "ETKDGv3 + MMFF94 + GFN2-xTB"
XTB_FMAX = 0.02  # eV/Angstrom: levels move by less than 2 meV below it
XTB_STEPS = 400


@dataclass(frozen=True, eq=False)
class Geometry:
    """One neutral closed-shell molecule in space.

    Attributes
    ----------
    numbers : (n_atoms,) uint8
        Atomic numbers.
    positions : (n_atoms, 3) float64 [Angstrom]
    origin : str
        How the positions were made, shown beside every prediction: "as given", "ETKDGv3 + MMFF94", ...
    """

    numbers: np.ndarray
    positions: np.ndarray
    origin: str = field(default=AS_GIVEN)

    def __post_init__(self) -> None:
        object.__setattr__(self, "numbers", np.asarray(self.numbers, dtype=np.uint8))
        object.__setattr__(self, "positions", np.asarray(self.positions, dtype=np.float64).reshape(-1, 3))
        if len(self.numbers) != len(self.positions):
            raise GeometryError(f"one position an atom: got {len(self.numbers)} atoms, {len(self.positions)} positions")

    @property
    def n_atoms(self) -> int:
        return len(self.numbers)

    @property
    def symbols(self) -> list[str]:
        return [Chem.GetPeriodicTable().GetElementSymbol(int(z)) for z in self.numbers]

    @property
    def formula(self) -> str:
        """Hill formula."""
        from ase.formula import Formula

        return Formula.from_list(self.symbols).format("hill")


def check_geometry(geometry: Geometry) -> None:
    """Raise unless the models can be asked about this geometry.

    Raises
    ------
    GeometryError
        No atoms, non-finite coordinates, or two atoms nearer than MIN_DISTANCE.
    DomainError
        Other elements than H C N O F, too many atoms, an odd number of electrons, or several fragments.
    """
    check_elements(geometry, ELEMENTS)
    if geometry.n_atoms > MAX_ATOMS:
        raise DomainError(f"at most {MAX_ATOMS} atoms, found {geometry.n_atoms}")
    check_closed_shell(geometry)
    fragments = count_fragments(geometry, distances=check_distances(geometry))
    if fragments > 1:
        raise DomainError(f"one fragment is predicted at a time, the geometry falls into {fragments}")


def check_elements(geometry: Geometry, elements: Sequence[str]) -> None:
    """Raise unless there are atoms (GeometryError), all of these elements (DomainError)."""
    if geometry.n_atoms == 0:
        raise GeometryError("a geometry needs at least one atom, got none")
    others = sorted(set(geometry.symbols) - set(elements))
    if others:
        raise DomainError(f"elements must be among {' '.join(elements)}, found {', '.join(others)}")


def check_heavy_atoms(geometry: Geometry, most: int | None) -> None:
    """Raise DomainError if there are more heavy atoms than `most`; None is no limit."""
    found = count_heavy_atoms(geometry)
    if most is not None and found > most:
        raise DomainError(f"at most {most} heavy atoms, as in the training molecules, {geometry.formula} has {found}")


def count_heavy_atoms(geometry: Geometry) -> int:
    """Return how many atoms are no hydrogen."""
    return int((geometry.numbers > 1).sum())


def check_closed_shell(geometry: Geometry) -> None:
    """Raise unless coordinates are finite (GeometryError) and the number of electrons is even (DomainError)."""
    if not np.isfinite(geometry.positions).all():
        atom = int(np.argwhere(~np.isfinite(geometry.positions).all(axis=1))[0, 0])
        raise GeometryError(
            f"coordinates must be finite numbers, atom {atom + 1} has {geometry.positions[atom].tolist()}"
        )
    n_electrons = int(geometry.numbers.sum())  # uint8 sums as uint64
    if n_electrons % 2:
        raise DomainError(f"closed shells only, found an odd number of electrons ({n_electrons})")


def count_core_levels(geometry: Geometry) -> int:
    """Return how many levels lie below the valence shells."""
    return sum(CORE_LEVELS[int(z)] for z in geometry.numbers)


def count_valence_levels(geometry: Geometry) -> int:
    """Return how many occupied levels a closed-shell molecule has above its cores."""
    return int(geometry.numbers.sum()) // 2 - count_core_levels(geometry)


def check_distances(geometry: Geometry) -> np.ndarray:
    """Return (n_atoms, n_atoms) distances [Angstrom], infinite on the diagonal; raise if one is under MIN_DISTANCE."""
    distances = np.linalg.norm(geometry.positions[:, None] - geometry.positions[None], axis=-1)
    np.fill_diagonal(distances, np.inf)
    i, j = np.unravel_index(distances.argmin(), distances.shape)
    if distances[i, j] < MIN_DISTANCE:
        raise GeometryError(
            f"atoms must be at least {MIN_DISTANCE} Angstrom apart, atoms {i + 1} and {j + 1} are {distances[i, j]:.3f}"
        )
    return distances


def count_fragments(geometry: Geometry, *, distances: np.ndarray) -> int:
    """Return how many pieces no bond joins; a bond is 1.4 covalent radii sums or less (loose: strained rings count)."""
    from scipy.sparse.csgraph import connected_components

    table = Chem.GetPeriodicTable()
    radii = np.array([table.GetRcovalent(int(z)) for z in geometry.numbers])
    return int(connected_components(distances < 1.4 * (radii[:, None] + radii[None]), directed=False)[0])


def embed_geometry(molecule: Molecule, *, seed: int = 7, n_conformers: int = 1, max_iterations: int = 50) -> Geometry:
    """Return a 3-D geometry: ETKDGv3 (Wang et al., JCIM 2020, doi 10.1021/acs.jcim.0c00025) relaxed with MMFF94.

    What ETKDGv3 cannot embed in `max_iterations` is tried once more by plain distance geometry from random
    coordinates, which strained cages need. Of several conformers the one of lowest MMFF94 energy is kept.
    Deterministic for a seed. Stereocentres that the SMILES leaves open come out as the seed has them.

    Raises
    ------
    GeometryError
        If no conformer embeds, or MMFF94 has no parameters for the molecule.
    """
    mol = Chem.AddHs(molecule.rdkit)
    if not rdForceFieldHelpers.MMFFHasAllMoleculeParams(mol):
        raise GeometryError(f"no 3-D geometry: MMFF94 has no parameters for {molecule.smiles}")
    parameters: Any = rdDistGeom.ETKDGv3()
    parameters.randomSeed = seed
    parameters.maxIterations = max_iterations
    if not embed_conformers(mol, 1, parameters):
        parameters.useRandomCoords = True
        parameters.useExpTorsionAnglePrefs = parameters.useBasicKnowledge = False
        if not embed_conformers(mol, 1, parameters):
            raise GeometryError(f"no 3-D geometry: ETKDGv3 could not embed {molecule.smiles}")
    if n_conformers > 1 and not embed_conformers(mol, n_conformers, parameters):
        embed_conformers(mol, 1, parameters)
    relaxed = rdForceFieldHelpers.MMFFOptimizeMoleculeConfs(mol, maxIters=2000)  # [(not converged, energy)], one each
    best = min(range(len(relaxed)), key=lambda c: relaxed[c][1])
    numbers = [a.GetAtomicNum() for a in mol.GetAtoms()]
    return Geometry(np.array(numbers), list(mol.GetConformers())[best].GetPositions(), FAST)


def embed_conformers(mol: Chem.Mol, n_conformers: int, parameters: Any) -> bool:
    """Replace the molecule's conformers by up to `n_conformers` new ones; say whether there is any."""
    try:
        return bool(len(rdDistGeom.EmbedMultipleConfs(mol, n_conformers, parameters)))
    except RuntimeError:  # "bad direction in linearSearch": RDKit's minimiser gives up on some impossible stereoisomers
        return False


def relax_geometry(geometry: Geometry, *, fmax: float = XTB_FMAX, max_steps: int = XTB_STEPS) -> tuple[Geometry, float]:
    """Relax with GFN2-xTB (Bannwarth et al., JCTC 2019, doi 10.1021/acs.jctc.8b01176) by ASE's BFGS.

    BFGS starts from `model_hessian`, which halves its steps (seven molecules of C7H10O2 size: 43 to 21 on average).

    Returns
    -------
    geometry, energy [eV]

    Raises
    ------
    GeometryError
        If xTB fails or forces stay above `fmax` [eV/Angstrom] after `max_steps`.
    """
    from ase import Atoms
    from ase.optimize import BFGS
    from tblite.ase import TBLite

    atoms = Atoms(geometry.numbers, geometry.positions)
    atoms.calc = TBLite(method="GFN2-xTB", verbosity=0)
    optimizer = BFGS(atoms, logfile=None, maxstep=0.2)
    optimizer.H0 = model_hessian(geometry)
    try:
        converged = optimizer.run(fmax=fmax, steps=max_steps)
        energy = float(atoms.get_potential_energy())
    except (RuntimeError, ValueError) as error:
        raise GeometryError(f"GFN2-xTB failed: {error}") from error
    if not converged:
        raise GeometryError(f"GFN2-xTB forces must fall below {fmax} eV/Angstrom, still above after {max_steps} steps")
    origin = XTB if geometry.origin == FAST else f"{geometry.origin} + GFN2-xTB"
    return Geometry(geometry.numbers, atoms.get_positions(), origin), energy


def model_hessian(geometry: Geometry) -> np.ndarray:
    """Return a guess of the Hessian: a spring along every bond and every 1-3 distance, and a floor for the torsions.

    In the spirit of Lindh et al. (Chem. Phys. Lett. 1995, doi 10.1016/0009-2614(95)00646-L). Only the path of a
    relaxation depends on it, not where forces vanish.

    Returns
    -------
    hessian : (3 n_atoms, 3 n_atoms) float64 [eV/Angstrom^2]
        Symmetric, positive definite.
    """
    bond, angle, floor, decay = 35.0, 8.0, 3.0, 4.0  # eV/Angstrom^2, and 1/Angstrom: best of a few tried on C7H10O2
    table = Chem.GetPeriodicTable()
    radii = np.array([table.GetRcovalent(int(z)) for z in geometry.numbers])
    vectors = geometry.positions[:, None] - geometry.positions[None]  # (n_atoms, n_atoms, 3)
    distances = np.linalg.norm(vectors, axis=-1)
    excess = distances - (radii[:, None] + radii[None])
    np.fill_diagonal(distances, 1.0)
    others = ~np.eye(geometry.n_atoms, dtype=bool)
    bonded = others & (excess < 0.25 * (radii[:, None] + radii[None]))
    angles = others & ~bonded & (bonded.astype(int) @ bonded.astype(int) > 0)
    springs = np.where(bonded, bond * np.exp(-decay * np.clip(excess, -0.3, None)), 0.0) + np.where(angles, angle, 0.0)
    unit = vectors / distances[..., None]
    blocks = -springs[..., None, None] * unit[..., :, None] * unit[..., None, :]  # (n_atoms, n_atoms, 3, 3)
    atoms = np.arange(geometry.n_atoms)
    blocks[atoms, atoms] = -blocks.sum(axis=1)
    size = 3 * geometry.n_atoms
    return blocks.transpose(0, 2, 1, 3).reshape(size, size) + floor * np.eye(size)
