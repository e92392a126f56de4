"""A program for an interpreter that has GPAW: self-consistent PBE in numerical orbitals; what it keeps are the matrices.

    python gpaw_matrices.py JOB.json OUT.npz

JOB.json holds numbers, positions, cell [Angstrom], periodic, kpts. H and S over the orbitals at a k-grid that is denser than the
orbitals reach far give the bands at every k (`core.campaigns.band_references`). Nothing of Eigenscope is imported, since it is
not installed there.
"""

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

BASIS, SPACING, SMEARING = "dzp", 0.2, 0.05  # Angstrom, eV
ODD = {(1, 0): True, (2, -1): True, (2, 1): True}  # z, yz, xz: change their sign in the mirror z to -z


def run(job: dict[str, Any], log: Path) -> dict[str, np.ndarray]:
    """Return matrices [eV], k-points and the Fermi level.

    Returns
    -------
    dict
        kpts (n_k, 3), h and s (n_k, n_orbitals, n_orbitals), atom, l and m (n_orbitals,), fermi_ev, energy_ev.
    """
    from ase import Atoms
    from gpaw import GPAW, FermiDirac, Mixer
    from gpaw.lcao.tools import get_lcao_hamiltonian

    atoms = Atoms(job["numbers"], job["positions"], cell=job["cell"], pbc=job["periodic"])
    calculator = GPAW(
        mode="lcao",
        basis=BASIS,
        h=SPACING,
        xc="PBE",
        kpts={"size": job["kpts"], "gamma": True},
        occupations=FermiDirac(SMEARING),
        symmetry={"point_group": False},
        mixer=Mixer(0.1, 5, weight=50.0),
        convergence={"density": 1e-5},
        maxiter=200,
        txt=str(log),
    )
    atoms.calc = calculator
    energy = atoms.get_potential_energy()
    h, s = get_lcao_hamiltonian(calculator)
    rows = [
        (atom, function.get_angular_momentum_number(), m)
        for atom, setup in enumerate(calculator.setups)
        for function in (setup.phit_j if hasattr(setup, "phit_j") else setup.basis_functions_J)
        for m in range(-function.get_angular_momentum_number(), function.get_angular_momentum_number() + 1)
    ]
    atom, angular, magnetic = np.array(rows).T
    return {
        "kpts": calculator.get_ibz_k_points(),
        "h": h[0],
        "s": s,
        "atom": atom,
        "l": angular,
        "m": magnetic,
        "fermi_ev": np.array(calculator.get_fermi_level()),
        "energy_ev": np.array(energy),
    }


def odd_part(found: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return the part of a planar sheet that is odd in the mirror, its pi bands; the two parts must not couple."""
    odd = np.array([ODD.get((a, m), False) for a, m in zip(found["l"], found["m"], strict=True)])
    coupling = np.abs(found["h"][:, odd][:, :, ~odd]).max()
    if coupling > 1e-4:
        raise SystemExit(f"pi and sigma bands must not couple in a planar sheet, got {coupling:.1e} eV")
    kept = {name: found[name][:, odd][:, :, odd] for name in ("h", "s")}
    return found | kept | {name: found[name][odd] for name in ("atom", "l", "m")}


def main() -> None:
    """Run the job that the arguments name."""
    job_path, out = Path(sys.argv[1]), Path(sys.argv[2])
    job = json.loads(job_path.read_text())
    found = run(job, out.with_suffix(".log"))
    if job["is_planar"]:
        found = odd_part(found)
    draft = out.with_suffix(".part.npz")
    np.savez_compressed(draft, **found)  # type: ignore[arg-type]
    draft.replace(out)


if __name__ == "__main__":
    main()
