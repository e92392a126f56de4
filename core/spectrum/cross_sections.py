"""Photoionisation cross-sections of atoms, and from them how strongly a level shows in a photoelectron spectrum.

A level's relative intensity is the sum over atoms of its s and p weights there times the cross-sections of the atomic
subshells (Gelius and Siegbahn, Faraday Discuss. Chem. Soc. 1972, doi 10.1039/DC9725400257). Near threshold, as with He I, this
tells bands of like atoms from one another and is a rough guide between elements.
"""

from collections.abc import Mapping

import numpy as np

from core.elements import ELEMENTS

HE_I_EV = 21.22  # 58.4 nm; the cross-sections are tabulated at 21.2 eV

# Yeh and Lindau, At. Data Nucl. Data Tables 1985, doi 10.1016/0092-640X(85)90016-6, at 21.2 eV [Mb], (s, p): as quoted from the
# table elsewhere, which was not at hand. 2s of N, O and F lies deeper than 21.2 eV: 0. F 2p is continued from the ratios of
# 21.2 to 40.8 eV in N and O.
HE_I = {e.number: e.he_i_mb for e in ELEMENTS if e.he_i_mb is not None}
# The table gives whole subshells. Per electron, N and O count two thirds and half as much against C: a second choice.
HE_I_PER_ELECTRON = {
    e.number: (e.he_i_mb[0] / max(e.n_shell_electrons[0], 1), e.he_i_mb[1] / max(e.n_shell_electrons[1], 1))
    for e in ELEMENTS
    if e.he_i_mb is not None
}

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
