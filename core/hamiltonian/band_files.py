"""Readers of users' own bands: a structure and a file of energies, from GPAW or ASE, VASP, Quantum ESPRESSO, or plain text."""

import io
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.errors import InputError
from core.hamiltonian.crystal import Crystal, crystal_from_atoms
from core.hamiltonian.orbitals import ORBITALS_OF, choose_basis
from core.hamiltonian.reference import FITTED, PATH, BandReference
from core.hamiltonian.symmetry import TOLERANCE, symmetrised

EVERY_FIFTH = 5  # of the k-points is held out


@dataclass(frozen=True, eq=False)
class BandFile:
    """Energies as a file has them.

    Attributes
    ----------
    kpts : (n_k, 3)
        Along the reciprocal lattice vectors.
    energies : (n_k, n_bands) [eV]
        Ascending.
    fermi_ev : float or None
        On the same scale.
    n_electrons : float or None
    kind : str
        Of what program it is, in words.
    """

    kpts: np.ndarray
    energies: np.ndarray
    fermi_ev: float | None
    n_electrons: float | None
    kind: str


def read_band_file(data: bytes, name: str) -> BandFile:
    """Return the bands in a file, of the first spin: EIGENVAL, vasprun.xml, ASE's or GPAW's JSON, QE's output, a plain table.

    Raises
    ------
    InputError
        If it is none of these, or broken.
    """
    text = data.decode("utf-8", errors="replace")
    try:
        if "<modeling>" in text[:2000] or name.lower().endswith(".xml"):
            found = read_through_ase(text, "vasp-xml", "VASP vasprun.xml")
        elif text.lstrip().startswith("{"):
            found = read_ase_json(text)
        elif "Program PWSCF" in text:
            found = read_through_ase(text, "espresso-out", "Quantum ESPRESSO pw.x output")
        elif is_eigenval(text):
            found = read_eigenval(text)
        else:
            found = read_plain(text)
    except InputError:
        raise
    except Exception as error:
        raise InputError(f"{name} cannot be read as bands: {type(error).__name__}: {error!s:.120}") from error
    if not np.isfinite(found.energies).all() or found.energies.ndim != 2 or len(found.kpts) != len(found.energies):
        raise InputError(
            f"{name} must hold one row of energies a k-point, got {np.shape(found.kpts)}, {np.shape(found.energies)}"
        )
    return found


def is_eigenval(text: str) -> bool:
    """Return whether this looks like VASP's EIGENVAL: four numbers first, three in the sixth line."""
    lines = text.splitlines()
    return (
        len(lines) > 8
        and len(lines[0].split()) == 4
        and len(lines[5].split()) == 3
        and all(w.isdigit() for w in lines[5].split())
    )


def read_eigenval(text: str) -> BandFile:
    """Return the bands of VASP's EIGENVAL; raises InputError where it ends early."""
    lines = text.splitlines()
    n_electrons, n_kpts, n_bands = (int(word) for word in lines[5].split())
    kpts: list[list[float]] = []
    energies: list[list[float]] = []
    at = 6
    for _ in range(n_kpts):
        while at < len(lines) and not lines[at].strip():
            at += 1
        rows = lines[at + 1 : at + 1 + n_bands]
        if len(rows) < n_bands:
            raise InputError(
                f"EIGENVAL must hold {n_kpts} k-points of {n_bands} bands, it ends at k-point {len(kpts) + 1}"
            )
        kpts.append([float(word) for word in lines[at].split()[:3]])
        energies.append([float(row.split()[1]) for row in rows])
        at += 1 + n_bands
    return BandFile(np.array(kpts), np.sort(energies, axis=1), None, float(n_electrons), "VASP EIGENVAL")


def read_through_ase(text: str, form: str, kind: str) -> BandFile:
    """Return the bands that ASE finds in a program's output."""
    from ase.io import read

    atoms = read(io.BytesIO(text.encode()) if form == "vasp-xml" else io.StringIO(text), format=form)
    calculator = getattr(atoms, "calc", None)
    kpts = None if calculator is None else calculator.get_ibz_k_points()
    if calculator is None or kpts is None or not len(kpts):
        raise InputError(f"{kind} must hold eigenvalues at k-points, none found")
    energies = np.array([calculator.get_eigenvalues(kpt=k, spin=0) for k in range(len(kpts))])
    fermi = calculator.get_fermi_level()
    return BandFile(np.asarray(kpts), np.sort(energies, axis=1), None if fermi is None else float(fermi), None, kind)


def read_ase_json(text: str) -> BandFile:
    """Return the bands of ASE's JSON of a band structure, as GPAW's `band_structure().write` makes it."""
    from ase.io.jsonio import decode

    structure = decode(text)
    if not hasattr(structure, "energies"):
        keys = ", ".join(list(json.loads(text))[:5])
        raise InputError(f"the JSON must be a band structure as ASE or GPAW writes it, its keys are {keys}")
    return BandFile(
        np.asarray(structure.path.kpts),
        np.sort(structure.energies[0], axis=1),
        float(structure.reference),
        None,
        "band structure of ASE or GPAW",
    )


def read_plain(text: str) -> BandFile:
    """Return a table: three numbers of the k-point, then energies [eV], in each row; "#" begins a remark."""
    rows = [line.split("#")[0].replace(",", " ").split() for line in text.splitlines()]
    rows = [row for row in rows if row]
    try:
        table = [[float(word) for word in row] for row in rows]
    except ValueError as error:
        raise InputError(
            "a file of bands must be EIGENVAL, vasprun.xml, a band structure of ASE or GPAW as JSON, an output of pw.x, or rows "
            f"of three numbers of a k-point and energies in eV: {error}"
        ) from error
    if not table or len({len(row) for row in table}) > 1 or len(table[0]) < 4:
        raise InputError("rows of bands must be alike: three numbers of the k-point, then energies in eV")
    values = np.array(table)
    return BandFile(values[:, :3], np.sort(values[:, 3:], axis=1), None, None, "table")


def read_structure(data: bytes, name: str) -> Crystal:
    """Return the structure in a file that ASE reads: extended XYZ, CIF, POSCAR, vasprun.xml, pw.x output, JSON, ...

    Raises
    ------
    InputError
        If ASE cannot read it.
    """
    from ase.io import read
    from ase.io.formats import UnknownFileTypeError, filetype

    is_poscar = any(word in name.upper() for word in ("POSCAR", "CONTCAR")) or name.lower().endswith(".vasp")
    try:
        form = "vasp" if is_poscar else filetype(name, read=False) if "." in name else "extxyz"
        binary = form in ("vasp-xml", "cif", "traj")
        found = read(io.BytesIO(data) if binary else io.StringIO(data.decode("utf-8", errors="replace")), format=form)
        atoms = found[-1] if isinstance(found, list) else found
    except UnknownFileTypeError as error:
        raise InputError(f"{name}: no structure format that ASE knows by this name") from error
    except Exception as error:
        raise InputError(f"{name} cannot be read as a structure: {type(error).__name__}: {error!s:.120}") from error
    return crystal_from_atoms(atoms, name=Path(name).stem)


def own_reference(
    crystal: Crystal,
    bands: BandFile,
    *,
    fermi_ev: float | None = None,
    n_occupied: int | None = None,
    window_ev: tuple[float, float] | None = None,
) -> BandReference:
    """Return a user's bands as a reference; every fifth k-point is held out.

    Bands are matched by counting from the Fermi level: the highest occupied one of the file is that of the model, which is half
    filled. A planar sheet of carbon gets one p_z orbital an atom, so near the Fermi level there must be pi bands alone.

    Parameters
    ----------
    fermi_ev : float or None
        On the file's scale; None: the file's own, else half way between the highest occupied and the lowest empty energy.
    n_occupied : int or None
        Occupied bands of the file; None: from its electrons, else its Fermi level.

    Raises
    ------
    InputError
        If neither is known, or bands and atoms do not fit each other.
    """
    crystal = symmetrised(crystal, tolerance=TOLERANCE)
    basis = choose_basis(crystal)
    occupied = count_occupied(bands, fermi_ev, n_occupied)
    n_model = crystal.n_atoms * len(ORBITALS_OF[basis])
    if n_model % 2:
        raise InputError(f"the model must have an even number of orbitals to be half filled, the cell gives {n_model}")
    below, above = min(occupied, n_model // 2), min(bands.energies.shape[1] - occupied, n_model // 2)
    if below < 1 or above < 1:
        raise InputError(
            f"bands must lie below and above the Fermi level: got {bands.energies.shape[1]} bands, {occupied} of them occupied"
        )
    zero = fermi_ev if fermi_ev is not None else bands.fermi_ev
    if zero is None:
        zero = float(bands.energies[:, occupied - 1].max() + bands.energies[:, occupied].min()) / 2
    energies = bands.energies[:, occupied - below : occupied + above] - zero
    roles = np.where(np.arange(len(energies)) % EVERY_FIFTH == EVERY_FIFTH - 1, PATH, FITTED)
    everything = (float(energies.min()) - 0.1, float(energies[:, below].max()) + 0.1)
    theory = f"as given: {bands.kind}"
    return BandReference(
        crystal,
        basis,
        bands.kpts,
        energies,
        n_model // 2 - below,
        roles,
        np.zeros(len(energies)),
        np.zeros((len(energies), 0, crystal.n_atoms)),
        window_ev=window_ev or ((-2.0, 2.0) if basis == "pz" else everything),
        facts={"theory": theory, "geometry": "as given", "zero": "Fermi level", "material": "own"},
    )


def count_occupied(bands: BandFile, fermi_ev: float | None, n_occupied: int | None) -> int:
    """Return how many bands of a file are occupied; raises InputError where nothing tells."""
    if n_occupied is not None:
        return n_occupied
    level = fermi_ev if fermi_ev is not None else bands.fermi_ev
    if bands.n_electrons is not None and fermi_ev is None:
        if round(bands.n_electrons) % 2:
            raise InputError(
                f"electrons must be even to fill bands, the file has {bands.n_electrons:g}: give the Fermi level"
            )
        return round(bands.n_electrons) // 2
    if level is None:
        raise InputError(
            "the file has neither electrons nor a Fermi level: give the Fermi level, or how many bands are occupied"
        )
    return round(float((bands.energies < level).sum(axis=1).mean()))
