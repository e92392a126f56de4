"""Photoionisation cross-sections of atoms, and from them how strongly a level shows in a photoelectron spectrum.

A level's relative intensity is the sum over atoms of its s and p weights there times the cross-sections of the atomic
subshells (Gelius and Siegbahn, Faraday Discuss. Chem. Soc. 1972, doi 10.1039/DC9725400257). Near threshold, as with He I, this
tells bands of like atoms from one another and is a rough guide between elements.
"""

import csv
import math
import re
from collections.abc import Mapping
from functools import cache

import numpy as np
from scipy.interpolate import PchipInterpolator

from core.assets import CROSS_SECTIONS
from core.elements import ELEMENTS
from core.errors import EigenscopeError

ALIKE, HE_I_SHARED = "alike", "he1-per-electron"
PHOTON_EV = {"he1": 21.22, "he2": 40.81, "alka": 1486.6}  # 58.4 and 30.4 nm, and the K alpha line of aluminium
INTENSITIES: dict[str, str] = {  # key: in words
    "he1": "He I cross-sections",
    "he2": "He II cross-sections",
    "alka": "Al K\u03b1 cross-sections",
    HE_I_SHARED: "He I cross-sections per electron",
    ALIKE: "every level alike",
}
LINE_WIDTH_EV = 0.1  # a photon energy so near to a named line is that line's
PHOTON_RANGE_EV = (17.0, 1486.6)  # below, some valence shells of every element are closed; the table ends there
OF_PHOTONS = re.compile(r"hv(\d+(?:\.\d+)?)")  # a key of any other photon energy: "hv60" is 60 eV


def photon_key(photon_ev: float) -> str:
    """Return the key of a photon energy [eV].

    Raises
    ------
    EigenscopeError
        If it is outside PHOTON_RANGE_EV.
    """
    key = f"hv{photon_ev:g}"
    check_intensities(key)
    return key


def check_intensities(kind: str) -> None:
    """Raise EigenscopeError unless this is a key of INTENSITIES, or of a photon energy within PHOTON_RANGE_EV."""
    if kind in INTENSITIES:
        return
    match, (low, high) = OF_PHOTONS.fullmatch(kind), PHOTON_RANGE_EV
    if match is None:
        keys = ", ".join(INTENSITIES)
        raise EigenscopeError(f'intensities must be one of {keys}, or "hv" and a photon energy [eV], got {kind!r}')
    if not low <= float(match.group(1)) <= high:
        raise EigenscopeError(f"a photon energy must be {low:g} to {high:g} eV, got {match.group(1)}")


def photon_energy_of(kind: str) -> float:
    """Return the photon energy [eV] of a key of intensities; infinity where every level counts alike."""
    if kind == ALIKE:
        return math.inf
    match = OF_PHOTONS.fullmatch(kind)
    return float(match.group(1)) if match else PHOTON_EV["he1" if kind == HE_I_SHARED else kind]


def photons_of(photon_ev: float) -> str:
    """Return the key of intensities at a photon energy [eV]: of a named line within LINE_WIDTH_EV of it, else `photon_key`."""
    named = [key for key, energy in PHOTON_EV.items() if abs(energy - photon_ev) <= LINE_WIDTH_EV]
    return named[0] if named else photon_key(photon_ev)


def intensities_in_words(kind: str) -> str:
    """Return what a key of intensities means, in words."""
    match = OF_PHOTONS.fullmatch(kind)
    return f"cross-sections at {match.group(1)} eV" if match else INTENSITIES[kind]


def table_of(kind: str) -> Mapping[int, tuple[float, float]]:
    """Return the (s, p) cross-sections [Mb] of each element, by atomic number, for a key of intensities other than ALIKE.

    Of whole subshells, as tabulated; HE_I_SHARED per electron: N and O then count two thirds and half as much against C.

    Raises
    ------
    EigenscopeError
        As `check_intensities`.
    """
    check_intensities(kind)
    if kind == HE_I_SHARED:
        whole = cross_sections(PHOTON_EV["he1"])
        shared = {e.number: [max(n, 1) for n in e.n_shell_electrons] for e in ELEMENTS}
        return {z: (s / shared[z][0], p / shared[z][1]) for z, (s, p) in whole.items()}
    return cross_sections(photon_energy_of(kind))


@cache
def cross_sections(photon_ev: float) -> dict[int, tuple[float, float]]:
    """Return the (s, p) valence subshells' cross-sections [Mb] of each element, by atomic number, at a photon energy [eV].

    Yeh and Lindau, At. Data Nucl. Data Tables 1985, doi 10.1016/0092-640X(85)90016-6; interpolated in the logarithms, 0
    below the first energy of a subshell.
    """
    by_shell = _tabulated()
    return {
        e.number: (_interpolated(by_shell, e.symbol, "s", photon_ev), _interpolated(by_shell, e.symbol, "p", photon_ev))
        for e in ELEMENTS
    }


@cache
def _tabulated() -> dict[tuple[str, str], tuple[list[float], list[float]]]:
    """Return photon energies [eV] and cross-sections [Mb] by element and shell ("s", "p")."""
    found: dict[tuple[str, str], tuple[list[float], list[float]]] = {}
    with CROSS_SECTIONS.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            energies, values = found.setdefault((row["element"], row["subshell"][-1]), ([], []))
            energies.append(float(row["photon_ev"]))
            values.append(float(row["cross_section_mb"]))
    return found


def _interpolated(
    by_shell: Mapping[tuple[str, str], tuple[list[float], list[float]]], symbol: str, shell: str, photon_ev: float
) -> float:
    energies, values = by_shell.get((symbol, shell), ([], []))
    if not energies or photon_ev < energies[0]:
        return 0.0
    return float(
        np.exp(PchipInterpolator(np.log(energies), np.log(values))(min(np.log(photon_ev), np.log(energies[-1]))))
    )


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
    of_atoms = np.array([table[int(z)] for z in numbers])  # (n_atoms, 2)
    intensities: np.ndarray = s_weights @ of_atoms[:, 0] + (atom_weights - s_weights) @ of_atoms[:, 1]
    return intensities
