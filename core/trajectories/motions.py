"""Which motion moves a level or a peak: bond lengths, angles and torsions along a trajectory, and what goes with them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from core.errors import EigenscopeError
from core.json_lines import Record
from core.structure.geometry import name_atoms
from core.structure.trajectory import Trajectory, own_bonds

STRETCH, ANGLE, TORSION = "bond", "angle", "torsion"
MOTION_COLUMNS = [
    "motion", "kind", "atoms", "unit", "mean", "spread", "correlation", "explained", "slope_ev", "n_independent", "beyond_chance",
]  # fmt: skip
ANGSTROM, DEGREE = "Å", "°"
MOST_ATOMS = 60  # of a molecule whose motions are listed: beyond it there are too many for a table
FEWEST_FRAMES = 10
STRAIGHT = 170.0  # degrees: no torsion about a line of atoms
BEYOND_CHANCE = 2.0  # standard errors
BEYOND_CHANCE_OF_TWO = 2.45  # of the multiple correlation with two series, as rarely by chance: 5 %


@dataclass(frozen=True)
class Motion:
    """One internal coordinate of a molecule.

    Attributes
    ----------
    kind : "bond" | "angle" | "torsion"
    atoms : tuple of int
        Their places, 2 to 4 of them.
    name : str
        "C1–O2", as atoms are numbered in drawings.
    """

    kind: str
    atoms: tuple[int, ...]
    name: str

    @property
    def unit(self) -> str:
        """Of its values."""
        return ANGSTROM if self.kind == STRETCH else DEGREE


def find_motions(trajectory: Trajectory) -> list[Motion]:
    """Return every bond and angle of a molecule, and one torsion about each bond, heavy atoms before hydrogens.

    Raises
    ------
    EigenscopeError
        If it has more than MOST_ATOMS atoms.
    """
    geometry, pairs = trajectory.at_rest, own_bonds(trajectory)
    if geometry.n_atoms > MOST_ATOMS:
        raise EigenscopeError(f"motions are listed of at most {MOST_ATOMS} atoms, found {geometry.n_atoms}")
    near: list[list[int]] = [[] for _ in range(geometry.n_atoms)]
    for i, j in pairs:
        near[i].append(j)
        near[j].append(i)
    places = geometry.positions[None]

    def motion(kind: str, atoms: tuple[int, ...]) -> Motion:
        return Motion(kind, atoms, name_atoms(geometry.symbols, atoms, joined_by="–"))

    def is_bent(atoms: tuple[int, int, int]) -> bool:
        return bool(angles(places, atoms)[0] < STRAIGHT)

    found = [motion(STRETCH, pair) for pair in pairs]
    found += [
        motion(ANGLE, (i, k, j)) for k, around in enumerate(near) for n, i in enumerate(around) for j in around[n + 1 :]
    ]
    for i, j in pairs:
        ends = [
            (a, b)
            for a in near[i]
            for b in near[j]
            if len({a, b, i, j}) == 4 and is_bent((a, i, j)) and is_bent((i, j, b))
        ]
        if ends:
            a, b = max(ends, key=lambda e: (int(geometry.numbers[e[0]]) + int(geometry.numbers[e[1]]), -e[0], -e[1]))
            found.append(motion(TORSION, (a, i, j, b)))
    return found


def motion_values(trajectory: Trajectory, motion: Motion) -> np.ndarray:
    """Return (n_frames,) the values of a motion: lengths [Angstrom], angles and torsions [degrees], torsions without jumps."""
    positions = trajectory.positions
    if motion.kind == STRETCH:
        i, j = motion.atoms
        lengths: np.ndarray = np.linalg.norm(positions[:, i] - positions[:, j], axis=-1)
        return lengths
    if motion.kind == ANGLE:
        return angles(positions, motion.atoms)
    around: np.ndarray = np.degrees(np.unwrap(torsions(positions, motion.atoms)))
    near_zero: np.ndarray = around - 360.0 * np.round(around.mean() / 360.0)
    return near_zero


def angles(positions: np.ndarray, atoms: Sequence[int]) -> np.ndarray:
    """Return (n_frames,) the angle at the middle one of three atoms [degrees]: positions (n_frames, n_atoms, 3)."""
    i, k, j = atoms
    a, b = positions[:, i] - positions[:, k], positions[:, j] - positions[:, k]
    cosine = (a * b).sum(-1) / (np.linalg.norm(a, axis=-1) * np.linalg.norm(b, axis=-1))
    found: np.ndarray = np.degrees(np.arccos(np.clip(cosine, -1, 1)))
    return found


def torsions(positions: np.ndarray, atoms: Sequence[int]) -> np.ndarray:
    """Return (n_frames,) the torsion about the two middle ones of four atoms [radian], -pi to pi, IUPAC's sign."""
    a, b, c, d = (positions[:, k] for k in atoms)
    axis = c - b
    axis = axis / np.linalg.norm(axis, axis=-1, keepdims=True)
    first, last = a - b, d - c
    first = first - (first * axis).sum(-1, keepdims=True) * axis
    last = last - (last * axis).sum(-1, keepdims=True) * axis
    found: np.ndarray = np.arctan2((np.cross(axis, first) * last).sum(-1), (first * last).sum(-1))
    return found


def correlate_motions(trajectory: Trajectory, energies_ev: np.ndarray, *, frames: np.ndarray) -> pd.DataFrame:
    """Return how strongly each motion goes with a level or a peak, the strongest first.

    Parameters
    ----------
    energies_ev : (n_used,) [eV]
    frames : (n_used,) int
        The frames that these are of.

    Returns
    -------
    DataFrame
        motion, kind, atoms, unit, mean, spread (standard deviation), correlation (Pearson's; of a torsion that of the best of its
        cosine and sine together, without a sign), explained (its square), slope_ev (eV for each unit; nan of torsions),
        n_independent (frames that do not know of one another, Bartlett's formula), beyond_chance (bool: larger than in all but
        5 % of cases without any connection).

    Raises
    ------
    EigenscopeError
        If there are fewer than FEWEST_FRAMES frames, or the molecule is too large.
    """
    if len(frames) < FEWEST_FRAMES:
        raise EigenscopeError(f"motions are told from at least {FEWEST_FRAMES} frames, found {len(frames)}")
    energies = np.asarray(energies_ev, dtype=np.float64)
    if not np.isfinite(energies).all():
        raise EigenscopeError("motions go with energies that are known, these are not: this learner may tell no LUMO")
    rows: list[Record] = []
    for motion in find_motions(trajectory):
        values = motion_values(trajectory, motion)[frames]
        if motion.kind == TORSION:
            correlation, driver = torsion_correlation(values, energies)
            slope, bound = np.nan, BEYOND_CHANCE_OF_TWO
        else:
            bound = BEYOND_CHANCE
            correlation, driver = pearson_or_zero(values, energies), values
            slope = correlation * energies.std() / values.std() if values.std() > 0 else 0.0
        n_independent = independent_frames(driver, energies)
        rows.append(
            {"motion": motion.name, "kind": motion.kind, "atoms": motion.atoms, "unit": motion.unit}
            | {"mean": values.mean(), "spread": values.std(), "correlation": correlation, "explained": correlation**2}
            | {"slope_ev": slope, "n_independent": n_independent}
            | {"beyond_chance": bool(abs(correlation) > bound / np.sqrt(n_independent))}
        )
    rows.sort(key=lambda row: -row["explained"])
    return pd.DataFrame(rows, columns=MOTION_COLUMNS)


def pearson_or_zero(values: np.ndarray, energies: np.ndarray) -> float:
    """Return Pearson's correlation of two series; 0 where one of them does not move."""
    if values.std() < 1e-12 or energies.std() < 1e-12:
        return 0.0
    return float(np.corrcoef(values, energies)[0, 1])


def torsion_correlation(degrees: np.ndarray, energies: np.ndarray) -> tuple[float, np.ndarray]:
    """Return the multiple correlation, 0 to 1, of energies with a torsion's cosine and sine, and the series that fits best."""
    angle = np.radians(degrees)
    columns = np.column_stack([np.ones_like(angle), np.cos(angle), np.sin(angle)])
    fitted = columns @ np.linalg.lstsq(columns, energies, rcond=1e-10)[0]
    return abs(pearson_or_zero(fitted, energies)), fitted


def independent_frames(first: np.ndarray, second: np.ndarray) -> float:
    """Return how many independent pairs two correlated series (n,) are worth for their correlation, 2 to n.

    Bartlett (J. R. Stat. Soc. 1946): n / (1 + 2 sum of the products of their autocorrelations), summed up to the first
    product below zero.
    """
    products = autocorrelation(first) * autocorrelation(second)
    negative = np.flatnonzero(products[1:] <= 0)
    end = int(negative[0]) + 1 if len(negative) else len(products)
    return float(np.clip(len(first) / (1 + 2 * products[1:end].sum()), 2, len(first)))


def autocorrelation(series: np.ndarray) -> np.ndarray:
    """Return (n,) the autocorrelation of a series, 1 at lag 0; (1, 0, ...) of one that does not move."""
    moved = series - series.mean()
    n = len(moved)
    transform = np.fft.rfft(moved, 2 * n)
    products: np.ndarray = np.fft.irfft(transform * transform.conj())[:n]
    if products[0] < 1e-18:
        products = np.eye(1, n)[0]
    relative: np.ndarray = products / products[0]
    return relative
