"""References of bands: cells relaxed here, matrices from GPAW in an interpreter that has it, bands at any k from those."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from scipy.linalg import eigh

from core.errors import GeometryError, InputError
from core.files import write_text
from core.hamiltonian.crystal import Crystal, crystal_to_atoms
from core.hamiltonian.kpoints import general_points, grid_points, path_points
from core.hamiltonian.neighbours import MAX_SHELL
from core.hamiltonian.orbitals import choose_basis
from core.hamiltonian.parameters import parametrise
from core.hamiltonian.reference import BAND_REFERENCES, FITTED, GRID, PATH, WEIGHED_EV, BandReference, save_reference
from core.hamiltonian.sheets import DEFECTS, diamond, make_sheet
from core.hamiltonian.symmetry import symmetrised
from core.machine.progress import Tell

PROGRAM = Path(__file__).with_name("gpaw_matrices.py")
RELAXED_FMAX, RELAXED_STEPS, RELAXED_MAXSTEP = 0.02, 400, 0.15  # eV/Angstrom, -, Angstrom
INTERPRETERS = (sys.executable, "/usr/bin/python3", "python3")
ORBITAL_REACH = 8.4  # Angstrom; two dzp orbitals of carbon that share a projector
N_FITTED_KPTS, N_FITTED_SMALL, N_FITTED_DEEP, N_PATH = (
    40,
    600,
    200,
    20,
)  # k-points: fitted of large cells, small ones, in 3-D; per leg of the path
SYMMETRIC_EV = 5e-3
SMALL_CELL_KPTS = {False: 12, True: 8}  # a direction, of cells that orbitals reach beyond: sheets, 3-D
DEEP_WINDOW_EV = (-25.0, 8.0)  # valence bands and the lower part of the lowest conduction band
DEFAULT_SIZES = (5, 6)
THEORY = "PBE, GPAW 22.8, numerical orbitals dzp, grid spacing 0.2 Angstrom, Fermi width 0.05 eV"
GEOMETRY_THEORY = "GFN1-xTB, lattice constant 2.46 Angstrom, symmetry kept, planar"


@dataclass(frozen=True)
class Wanted:
    """One reference to be made."""

    material: str
    size: int

    @property
    def key(self) -> str:
        """Its name: "585_5x5", "pristine_1x1", "diamond"."""
        return self.material if self.material == "diamond" else f"{self.material}_{self.size}x{self.size}"


def all_wanted(sizes: Sequence[int] = DEFAULT_SIZES) -> list[Wanted]:
    """Return what is shipped: pristine and diamond, and every defect in cells of each size."""
    defects = [key for key in DEFECTS if key != "pristine"]
    return [Wanted("pristine", 1), Wanted("diamond", 1), *(Wanted(key, size) for size in sizes for key in defects)]


def wanted_of(keys: Sequence[str]) -> list[Wanted]:
    """Return the references of these keys, "585_7x7"; without any all that are shipped.

    Raises
    ------
    InputError
        If a key is none.
    """
    if not keys:
        return all_wanted()
    found = []
    for key in keys:
        material, _, size = key.rpartition("_")
        count = size.partition("x")[0]
        if key == "diamond":
            found.append(Wanted(key, 1))
        elif material in DEFECTS and count.isdigit() and size == f"{count}x{count}":
            found.append(Wanted(material, int(count)))
        else:
            raise InputError(f"a reference is named DEFECT_NxN, of {', '.join(DEFECTS)}, or diamond, got {key!r}")
    return found


def find_gpaw(python: str = "") -> str:
    """Return an interpreter that has GPAW.

    Raises
    ------
    InputError
        If there is none.
    """
    for candidate in (python,) if python else INTERPRETERS:
        command = shutil.which(candidate)
        if command and not subprocess.run([command, "-c", "import gpaw"], capture_output=True, check=False).returncode:
            return command
    where = python or "this interpreter and the system's"
    raise InputError(
        f"references are made with GPAW, which is not in {where}: install it (Debian: apt-get install gpaw gpaw-data) "
        "and name an interpreter that has it with --python. Fits need no GPAW: references come with the program"
    )


def relax_crystal(crystal: Crystal) -> Crystal:
    """Return it relaxed with GFN1-xTB (Grimme et al., JCTC 2017, doi 10.1021/acs.jctc.7b00118), its symmetry made exact.

    Raises
    ------
    GeometryError
        If tblite is not there, or forces stay above RELAXED_FMAX.
    """
    from ase.optimize import BFGS

    try:
        from tblite.ase import TBLite
    except ImportError as error:
        raise GeometryError("relaxing a cell needs tblite, which cannot be loaded") from error
    atoms = crystal_to_atoms(crystal)
    atoms.calc = TBLite(method="GFN1-xTB", verbosity=0)
    optimizer = BFGS(atoms, logfile=None, maxstep=RELAXED_MAXSTEP)
    if not optimizer.run(fmax=RELAXED_FMAX, steps=RELAXED_STEPS):
        raise GeometryError(
            f"forces must fall below {RELAXED_FMAX} eV/Angstrom, still above after {RELAXED_STEPS} steps"
        )
    return symmetrised(crystal.moved(atoms.get_positions()), tolerance=0.06)


def count_kpts(crystal: Crystal) -> list[int]:
    """Return a grid of k-points at which matrices hold all that orbitals reach: 3 along vectors longer than their reach."""
    heights = 1.0 / np.linalg.norm(np.linalg.inv(crystal.cell), axis=0)
    counts = np.where(heights > ORBITAL_REACH, 3, SMALL_CELL_KPTS[bool(crystal.periodic.all())])
    return [int(n) if repeats else 1 for n, repeats in zip(counts, crystal.periodic, strict=True)]


def make_references(
    wanted: Sequence[Wanted], *, out: Path = BAND_REFERENCES, work: Path, python: str = "", tell: Tell = print
) -> None:
    """Make references; what is in `work` already is not made again.

    Raises
    ------
    InputError
        If there is no GPAW, or it fails.
    """
    program = find_gpaw(python)
    for one in wanted:
        start = diamond() if one.material == "diamond" else make_sheet(one.material, one.size)
        job, matrices = work / f"{one.key}.json", work / f"{one.key}.npz"
        if not job.exists():
            crystal = start
            if one.material not in ("diamond", "pristine"):
                tell(f"{one.key}: relaxing {start.n_atoms} atoms")
                crystal = relax_crystal(start)
            write_text(job, json.dumps(job_of(crystal)))
        if not matrices.exists():
            tell(f"{one.key}: GPAW")
            run_gpaw(program, job, matrices)
        reference = reference_of_matrices(job, matrices, one)
        save_reference(reference, out / f"{one.key}.npz")
        tell(f"{one.key}: {len(reference.kpts)} k-points, {reference.energies.shape[1]} bands")


def job_of(crystal: Crystal) -> dict[str, object]:
    """Return what `gpaw_matrices.py` wants to know."""
    return {
        "name": crystal.name,
        "numbers": crystal.numbers.tolist(),
        "positions": crystal.positions.tolist(),
        "cell": crystal.cell.tolist(),
        "periodic": crystal.periodic.tolist(),
        "kpts": count_kpts(crystal),
        "is_planar": crystal.is_planar(),
    }


def run_gpaw(program: str, job: Path, out: Path) -> None:
    """Run the program on one job; raises InputError with the end of what it said where it fails."""
    environment = {"OMP_NUM_THREADS": "1"} | dict(os.environ)
    done = subprocess.run(
        [program, str(PROGRAM), str(job), str(out)], capture_output=True, text=True, check=False, env=environment
    )
    if done.returncode:
        raise InputError(f"GPAW failed on {job.name}: {done.stderr.strip()[-300:]}")


@dataclass(frozen=True, eq=False)
class Matrices:
    """H and S in real space, (n_cells, n, n), to the cells (n_cells, 3), and the atom of each orbital."""

    cells: np.ndarray
    h: np.ndarray
    s: np.ndarray
    atoms: np.ndarray

    def at(self, kpt: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return H(k) and S(k), (n, n)."""
        phases = np.exp(2j * np.pi * self.cells @ kpt)
        h, s = (np.tensordot(phases, matrix, axes=1) for matrix in (self.h, self.s))
        return (h + h.conj().T) / 2, (s + s.conj().T) / 2

    def solve(self, kpt: np.ndarray, n_bands: int) -> tuple[np.ndarray, np.ndarray]:
        """Return energies, (n_bands,) [eV], and Loewdin's weights on atoms, (n_bands, n_atoms), of the lowest bands at a k."""
        h, s = self.at(kpt)
        energies, vectors = eigh(h, s, subset_by_index=(0, n_bands - 1))
        overlaps, axes = np.linalg.eigh(s)
        orthogonal = axes @ (np.sqrt(overlaps)[:, None] * (axes.conj().T @ vectors))
        weights = np.zeros((n_bands, int(self.atoms.max()) + 1))
        np.add.at(weights.T, self.atoms, np.abs(orthogonal) ** 2)
        return energies, weights


def load_matrices(path: Path, counts: Sequence[int]) -> tuple[Matrices, float]:
    """Return matrices in real space from those at a grid of k-points, half of it by time reversal, and the Fermi level [eV]."""
    with np.load(path) as file:
        kpts, h, s, atoms, fermi = (file[name] for name in ("kpts", "h", "s", "atom", "fermi_ev"))
    differences = 2 * kpts - np.rint(2 * kpts)
    paired = np.abs(differences).max(axis=1) > 1e-6
    everywhere = np.concatenate([kpts, -kpts[paired]])
    if len(everywhere) != np.prod(counts):
        raise InputError(f"{path.name} must hold {np.prod(counts)} k-points, got {len(everywhere)}")
    cells = np.array(list(np.ndindex(*(2 * (n // 2) + 1 for n in counts)))) - np.array(counts) // 2
    shared = np.prod(
        [np.where((np.abs(cells[:, a]) * 2 == n) & (n > 1), 0.5, 1.0) for a, n in enumerate(counts)], axis=0
    )
    phases = np.exp(-2j * np.pi * cells @ everywhere.T) * shared[:, None] / len(everywhere)
    h, s = (np.tensordot(phases, np.concatenate([m, m[paired].conj()]), axes=1).real for m in (h, s))
    return Matrices(cells, h, s, atoms), float(fermi)


def reference_of_matrices(job: Path, matrices_path: Path, one: Wanted) -> BandReference:
    """Return the reference: general k-points to be fitted, a grid and a path to be held against."""
    told = json.loads(job.read_text())
    crystal = Crystal(told["numbers"], told["positions"], told["cell"], told["periodic"], told["name"])
    matrices, zero = load_matrices(matrices_path, told["kpts"])
    basis = choose_basis(crystal)
    n_bands = crystal.n_atoms * (1 if basis == "pz" else 4)
    grid, multiplicities = grid_points(crystal, grid_size(crystal))
    n_fitted = max(N_FITTED_KPTS, N_FITTED_SMALL * 2 // crystal.n_atoms) if basis == "pz" else N_FITTED_DEEP
    sets = [general_points(crystal, n_fitted), grid, path_points(crystal, N_PATH).kpts]
    roles = np.repeat([FITTED, GRID, PATH], [len(s) for s in sets])
    kpts = np.concatenate(sets)
    solved = [matrices.solve(kpt, n_bands) for kpt in kpts]
    energies = np.array([e for e, _ in solved])
    if basis == "sp":
        zero = float(energies[:, : n_bands // 2].max())
    energies -= zero
    shares = np.zeros(len(kpts))
    shares[roles == GRID] = multiplicities
    near = np.flatnonzero((np.abs(energies) < WEIGHED_EV).any(axis=0)) if basis == "pz" else np.arange(n_bands)
    weights = np.array([w[near.min() : near.max() + 1] for _, w in solved])
    weights[roles == PATH] = 0.0
    facts = {
        "theory": THEORY,
        "geometry": GEOMETRY_THEORY if one.size > 1 else "as built",
        "material": one.material,
        "size": one.size,
        "zero": "Fermi level" if basis == "pz" else "top of the valence bands",
    }
    projected = project(matrices, crystal, zero=zero, counts=told["kpts"]) if basis == "pz" else np.zeros(0)
    reference = BandReference(
        crystal,
        basis,
        kpts,
        energies,
        0,
        roles,
        shares,
        weights,
        first_weighed=int(near.min()),
        projected=projected,
        facts=facts,
    )
    if basis == "pz":
        return reference
    return replace(reference, window_ev=DEEP_WINDOW_EV, n_counted=n_bands // 2 + 1)


def project(matrices: Matrices, crystal: Crystal, *, zero: float, counts: Sequence[int]) -> np.ndarray:
    """Return the Hamiltonian between p_z orbitals, one an atom, as parameters up to MAX_SHELL neighbours.

    The lowest n_atoms bands, which a gap separates from the others, are projected on each atom's inner p_z function and made
    orthogonal (Loewdin), as Wannier functions begin (Marzari and Vanderbilt, Phys. Rev. B 56, 12847 (1997)): without the cut at
    MAX_SHELL their bands are the reference's own.
    """
    parametrisation = parametrise(crystal, MAX_SHELL, basis="pz")
    n, size = crystal.n_atoms, int(max(counts)) | 1  # odd: each cell once
    inner = np.searchsorted(matrices.atoms, np.arange(n))  # of each atom's functions the first is the inner p_z
    half = size // 2
    cells = np.array([(a, b, 0) for a in range(-half, half + 1) for b in range(-half, half + 1)])
    total = np.zeros((len(cells), n, n))
    for place in np.ndindex(size, size):
        kpt = np.array([*place, 0]) / size
        h, s = matrices.at(kpt)
        energies, vectors = eigh(h, s, subset_by_index=(0, n - 1))
        left, _, right = np.linalg.svd(vectors.conj().T @ s[:, inner])
        turned = left @ right
        matrix = turned.conj().T @ ((energies - zero)[:, None] * turned)
        total += (np.exp(-2j * np.pi * cells @ kpt)[:, None, None] * matrix).real / size**2
    # GPAW moves atoms into the cell, and counts cells backwards
    wrapped = (np.floor(crystal.scaled) * crystal.periodic).astype(int)
    wanted = -(parametrisation.cells + wrapped[parametrisation.columns] - wrapped[parametrisation.rows])
    within = np.mod(wanted[:, :2] + half, size) @ [size, 1]
    elements = total[within, parametrisation.rows, parametrisation.columns]
    members = np.asarray(parametrisation.spread.sum(axis=0)).ravel()
    parameters: np.ndarray = (parametrisation.spread.T @ elements) / members
    if np.abs(parametrisation.spread @ parameters - elements).max() > SYMMETRIC_EV:
        raise InputError("the projected Hamiltonian must have the crystal's symmetry")
    return parameters


def grid_size(crystal: Crystal) -> int:
    """Return how many k-points a direction of the grid that densities are summed over has."""
    shortest = float(np.linalg.norm(crystal.cell[crystal.periodic], axis=1).min())
    return 36 if shortest < 3 and not crystal.periodic.all() else 8 if crystal.periodic.all() else 6
