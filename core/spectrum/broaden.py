"""Levels and spectra: the low shared layer that every model speaks."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from core.arrays import frozen
from core.errors import EigenscopeError

SIGMA_EV = 0.5
GRID_EV = -30.0 + 0.1 * np.arange(300)  # 300 points from -30 eV in steps of 0.1 eV
STEP_EV = float(GRID_EV[1] - GRID_EV[0])
ASYMMETRIC = "asymmetric"
LINE_SHAPES = {  # in words
    "gaussian": "Gaussian",
    "lorentzian": "Lorentzian",
    "pseudo-voigt": "pseudo-Voigt",
    ASYMMETRIC: "asymmetric line,",
}
EVEN_EV = 1e-6  # steps of one grid differ by rounding
TAIL_WIDTHS = 1.2  # of an asymmetric line's exponential tail, in sigma


@dataclass(frozen=True, eq=False)
class Spectrum:
    """A density of states on an energy grid; points given in another order are sorted. The arrays are its own, read-only.

    Attributes
    ----------
    energies_ev : (n_points,) float64 [eV], ascending, orbital energy (negative = bound)
    density : (n_points,) float64 [states/eV], or arbitrary units for a measured one
    label : where it comes from, for legends

    Examples
    --------
    >>> Spectrum([-5.0, -6.0], [1.0, 2.0]).energies_ev.tolist()
    [-6.0, -5.0]
    """

    energies_ev: np.ndarray
    density: np.ndarray
    label: str = ""

    def __post_init__(self) -> None:
        energies, density = np.array(self.energies_ev, np.float64), np.array(self.density, np.float64)
        if energies.ndim != 1 or energies.shape != density.shape:
            shapes = f"{energies.shape} energies, {density.shape} values"
            raise EigenscopeError(f"a spectrum needs as many values as energies, got {shapes}")
        order = np.argsort(energies, kind="stable")
        object.__setattr__(self, "energies_ev", frozen(energies[order]))
        object.__setattr__(self, "density", frozen(density[order]))


def line_shape(
    offset_ev: np.ndarray, *, sigma_ev: float | np.ndarray, shape: str, tail_ev: float | np.ndarray | None = None
) -> np.ndarray:
    """Return the unit-area line [1/eV] at distances `offset_ev` from its centre; one sigma, or one for each distance.

    The Lorentzian has the Gaussian's full width at half maximum; pseudo-Voigt is their mean. The asymmetric line rises steeply
    and falls slowly to deeper energies, as unresolved vibrations make a photoelectron band: a Gaussian with an exponential tail
    of TAIL_WIDTHS sigma, or of `tail_ev` [eV], its mean, the vertical energy, at the centre (Grushka, Anal. Chem. 1972, doi
    10.1021/ac60319a011).
    """
    if not np.all(sigma_ev > 0):
        raise EigenscopeError(f"sigma_ev must be > 0, got {sigma_ev}")
    if shape not in LINE_SHAPES:
        raise EigenscopeError(f"shape must be one of {', '.join(LINE_SHAPES)}, got {shape!r}")
    if shape == ASYMMETRIC:
        return asymmetric_line(offset_ev, sigma_ev, TAIL_WIDTHS * sigma_ev if tail_ev is None else tail_ev)
    # math.sqrt, not np.sqrt: a NumPy scalar would turn float32 offsets into float64
    gaussian = np.exp(-0.5 * (offset_ev / sigma_ev) ** 2) / (sigma_ev * math.sqrt(2 * math.pi))
    if shape == "gaussian":
        return gaussian
    half_width = math.sqrt(2 * math.log(2)) * sigma_ev
    lorentzian = half_width / np.pi / (offset_ev**2 + half_width**2)
    return lorentzian if shape == "lorentzian" else 0.5 * (gaussian + lorentzian)


def asymmetric_line(offset_ev: np.ndarray, sigma_ev: float | np.ndarray, tail_ev: float | np.ndarray) -> np.ndarray:
    """Return the asymmetric line of `line_shape` [1/eV]."""
    from scipy.special import erfc, erfcx  # cards and lists of learners are read without SciPy

    deeper = tail_ev - offset_ev  # from where the Gaussian stands
    argument = (sigma_ev / tail_ev - deeper / sigma_ev) / math.sqrt(2)
    near = np.exp(-0.5 * (deeper / sigma_ev) ** 2) * erfcx(np.maximum(argument, 0))
    far = np.exp(0.5 * (sigma_ev / tail_ev) ** 2 - np.maximum(deeper, 0) / tail_ev) * erfc(np.minimum(argument, 0))
    line: np.ndarray = np.where(argument > 0, near, far) / (2 * tail_ev)
    return line


def broaden(
    levels_ev: ArrayLike,
    *,
    grid_ev: np.ndarray = GRID_EV,
    sigma_ev: float | np.ndarray = SIGMA_EV,
    shape: str = "gaussian",
    intensities: float | np.ndarray = 1.0,
    tail_ev: float | np.ndarray | None = None,
) -> np.ndarray:
    """Return the density of states of levels: (..., n_levels) [eV] -> (..., n_points) [states/eV].

    Invariant: each level contributes unit area, or that of its intensity. NaN levels contribute nothing, so ragged sets can be
    padded with NaN. Sigma [eV], intensity and an asymmetric line's tail [eV] are those of all levels, or (n_levels,).

    Examples
    --------
    >>> density = broaden([-12.0, -6.0])
    >>> density.shape, round(float(density.sum() * STEP_EV), 6)  # two levels, two states
    ((300,), 2.0)
    """
    levels = np.asarray(levels_ev, dtype=np.float64)
    density = np.zeros((*levels.shape[:-1], len(grid_ev)))
    tails_ev = TAIL_WIDTHS * np.asarray(sigma_ev) if tail_ev is None else tail_ev
    each = [
        np.broadcast_to(np.asarray(x, np.float64), levels.shape[-1:]).tolist()
        for x in (sigma_ev, tails_ev, intensities)
    ]
    for k, (width, tail, height) in enumerate(zip(*each, strict=True)):
        line = line_shape(grid_ev - levels[..., k, None], sigma_ev=width, shape=shape, tail_ev=tail)
        density += height * np.nan_to_num(line)
    return density


def check_resolved(grid_ev: np.ndarray, sigma_ev: float | np.ndarray) -> None:
    """Raise EigenscopeError if a line falls between the points of a grid [eV], where its area would depend on its place.

    At a sigma of half a step a Gaussian's area varies by 1.4 %, at a fifth of a step by 100 %.
    """
    step_ev = float(np.diff(np.sort(grid_ev)).max(initial=0.0))
    narrowest_ev = float(np.min(sigma_ev, initial=np.inf))
    if 0 < narrowest_ev < step_ev / 2 - EVEN_EV:
        raise EigenscopeError(
            f"a line of sigma {narrowest_ev:g} eV falls between energies that are {step_ev:.3g} eV apart: give sigma_ev of at "
            f"least {step_ev / 2:.3g}, or energies in finer steps"
        )


def resample(spectrum: Spectrum, grid_ev: np.ndarray) -> Spectrum:
    """Return the spectrum on another grid, linear between its points and zero outside them."""
    density = np.interp(grid_ev, spectrum.energies_ev, spectrum.density, left=0.0, right=0.0)
    return Spectrum(grid_ev, density, spectrum.label)
