"""Photoionisation cross-sections of atoms, and from them how strongly a level shows in a photoelectron spectrum.

A level's relative intensity is the sum over atoms of its s and p weights there times the cross-sections of the atomic
subshells (Gelius and Siegbahn, Faraday Discuss. Chem. Soc. 1972, doi 10.1039/DC9725400257). Near threshold, as with He I, this
tells bands of like atoms from one another and is a rough guide between elements.
"""

from collections.abc import Mapping

import numpy as np

HE_I_EV = 21.22  # 58.4 nm; the cross-sections are tabulated at 21.2 eV

# Yeh and Lindau, At. Data Nucl. Data Tables 1985, doi 10.1016/0092-640X(85)90016-6, at 21.2 eV [Mb], (s, p): as quoted from the
# table elsewhere, which was not at hand. 2s of N, O and F lies deeper than 21.2 eV: 0. F 2p is continued from the ratios of
# 21.2 to 40.8 eV in N and O.
HE_I: dict[int, tuple[float, float]] = {
    1: (1.888, 0.0),
    6: (1.230, 6.128),
    7: (0.0, 9.688),
    8: (0.0, 10.67),
    9: (0.0, 9.5),
}
N_ELECTRONS: dict[int, tuple[int, int]] = {1: (1, 1), 6: (2, 2), 7: (2, 3), 8: (2, 4), 9: (2, 5)}  # in the free atom
# The table gives whole subshells. Per electron, N and O count two thirds and half as much against C: a second choice.
HE_I_PER_ELECTRON = {z: (s / N_ELECTRONS[z][0], p / N_ELECTRONS[z][1]) for z, (s, p) in HE_I.items()}

ALIKE = "alike"
TABLES: dict[str, Mapping[int, tuple[float, float]]] = {"he1": HE_I, "he1-per-electron": HE_I_PER_ELECTRON}
INTENSITIES: dict[str, str] = {  # key: in words
    "he1": "He I cross-sections",
    "he1-per-electron": "He I cross-sections per electron",
    ALIKE: "every level alike",
}


def level_intensities(
    numbers: np.ndarray, atom_weights: np.ndarray, s_weights: np.ndarray, *, table: Mapping[int, tuple[float, float]]
) -> np.ndarray:
    """Return the relative intensity of each level.

    Parameters
    ----------
    numbers : (n_atoms,) int
        Atomic numbers; all in `table`.
    atom_weights, s_weights : (n_levels, n_atoms)
        Weight of each atom in each level, and the part of it in s orbitals, as in `core.spectrum.levels.Levels`.
    table : mapping of atomic number to (s, p) cross-sections [Mb]

    Returns
    -------
    (n_levels,) [Mb]. Invariant: with every cross-section 1 it is the sum of the level's weights, 1.
    """
    cross_sections = np.array([table[int(z)] for z in numbers])  # (n_atoms, 2)
    intensities: np.ndarray = s_weights @ cross_sections[:, 0] + (atom_weights - s_weights) @ cross_sections[:, 1]
    return intensities
