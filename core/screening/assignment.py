"""Which levels make which peak of a target, and where the first candidates differ."""

import numpy as np
from scipy.signal import find_peaks

PEAK_SHARE = 0.04  # of the highest point: what stands out by less is no peak
REACH_EV = 0.6  # a level farther from every peak belongs to none
APART_EV = 1.0  # between two places where candidates differ
LEVELLED = 0.3  # of the largest difference: below, a place is not named


def peak_energies(energies_ev: np.ndarray, density: np.ndarray) -> np.ndarray:
    """Return the energies (n_peaks,) [eV] of a curve's peaks, ascending."""
    places, _ = find_peaks(density, prominence=PEAK_SHARE * float(density.max()))
    peaks: np.ndarray = energies_ev[places]
    return peaks


def levels_of_peaks(peaks_ev: np.ndarray, levels_ev: np.ndarray) -> list[np.ndarray]:
    """Return the places in levels (n_levels,) [eV] of those that make each peak (n_peaks,): the nearest peak is a level's own."""
    if not len(peaks_ev):
        return []
    away = np.abs(levels_ev[:, None] - peaks_ev)
    nearest = np.where(away.min(1) <= REACH_EV, away.argmin(1), -1)
    return [np.flatnonzero(nearest == k) for k in range(len(peaks_ev))]


def telling_energies(energies_ev: np.ndarray, densities: np.ndarray, *, n_most: int = 3) -> np.ndarray:
    """Return the energies [eV] at which candidates' densities (n_candidates, n_points) differ most, the most telling first.

    Densities are compared at unit area, by their standard deviation over the candidates; places are APART_EV from each other.
    """
    areas = densities.sum(axis=1, keepdims=True)
    spread = (densities / np.where(areas > 0, areas, 1)).std(axis=0)
    floor = LEVELLED * float(spread.max(initial=0.0))
    found: list[float] = []
    while len(found) < n_most and spread.max(initial=0.0) > max(floor, 1e-12):
        found.append(float(energies_ev[int(spread.argmax())]))
        spread = np.where(np.abs(energies_ev - found[-1]) < APART_EV, 0.0, spread)
    return np.array(found)
