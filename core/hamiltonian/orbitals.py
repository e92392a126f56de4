"""Which orbitals an atom has, and how the crystal's symmetry turns them."""

import numpy as np

from core.errors import InputError
from core.hamiltonian.crystal import Crystal

PZ, SP = "pz", "sp"
ORBITALS_OF = {PZ: ("pz",), SP: ("s", "px", "py", "pz")}


def choose_basis(crystal: Crystal) -> str:
    """Return "pz" for a planar sheet of carbon, "sp" for anything else."""
    return PZ if crystal.is_planar() and set(crystal.numbers.tolist()) == {6} else SP


def check_basis(crystal: Crystal, basis: str) -> None:
    """Raise InputError where the basis is unknown, or one p_z an atom is wanted of atoms that lie in no plane."""
    if basis not in ORBITALS_OF:
        raise InputError(f"the basis must be one of {', '.join(ORBITALS_OF)}, got {basis!r}")
    if basis == PZ and not crystal.is_planar():
        raise InputError(
            "one p_z orbital an atom describes planar sheets that repeat in two directions alone: "
            f"the atoms spread over {np.ptp(crystal.positions[:, 2]):.2f} Angstrom along the third vector"
        )


def representation(basis: str, turn: np.ndarray) -> np.ndarray:
    """Return how an operation turns an atom's orbitals, (n_orbitals, n_orbitals), rows onto columns.

    Parameters
    ----------
    turn : (3, 3)
        Of row vectors. A sheet's operations leave the normal as it is, so p_z stays.
    """
    if basis == PZ:
        return np.eye(1)
    matrix = np.eye(4)
    matrix[1:, 1:] = turn
    return matrix
