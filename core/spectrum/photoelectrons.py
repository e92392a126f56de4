"""Levels as a photoelectron spectrum shows them: by cross-sections, with widths that grow with depth, analyser and background."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from core.errors import EigenscopeError
from core.spectrum.broaden import ASYMMETRIC, LINE_SHAPES, TAIL_WIDTHS, broaden, check_resolved
from core.spectrum.cross_sections import check_intensities, photon_energy_of, photons_of

FWHM_OF_SIGMA = 2 * math.sqrt(2 * math.log(2))
MOST_WIDENING, MOST_RESOLUTION_EV, MOST_BACKGROUND = 1.0, 2.0, 1.0


@dataclass(frozen=True)
class Photoelectrons:
    """How levels are drawn as a photoelectron spectrum. Vibrations show as a band's width and tail alone, satellites not at all.

    Attributes
    ----------
    intensities : str, or float [eV]
        Key of `core.spectrum.cross_sections.INTENSITIES`, or a photon energy, which becomes a key: "hv60" is 60 eV.
    sigma_ev : float [eV]
        Of the highest level's band, > 0.
    shape : one of LINE_SHAPES
    widening : float [1/eV]
        By which part of its width a band is wider for each eV that it lies below the highest level: 0.05 doubles it after 20 eV.
    resolution_ev : float [eV]
        Of the analyser, full width at half maximum: a Gaussian that every band is folded with. It leaves an asymmetric band's
        tail as it is; of a Lorentzian or pseudo-Voigt the widths are added in quadrature, which is near it.
    background : float [1/eV]
        Electrons scattered on their way out: at each energy this part of all intensity at lower ionisation energies (Shirley,
        Phys. Rev. B 1972, doi 10.1103/PhysRevB.5.4709).
    """

    intensities: Any = "he1"  # a str once it is made
    sigma_ev: float = 0.2
    shape: str = ASYMMETRIC
    widening: float = 0.0
    resolution_ev: float = 0.0
    background: float = 0.0

    def __post_init__(self) -> None:
        if isinstance(self.intensities, int | float):
            object.__setattr__(self, "intensities", photons_of(self.intensities))
        check_intensities(self.intensities)
        if self.shape not in LINE_SHAPES:
            raise EigenscopeError(f"shape must be one of {', '.join(LINE_SHAPES)}, got {self.shape!r}")
        if not self.sigma_ev > 0:
            raise EigenscopeError(f"sigma_ev must be > 0, got {self.sigma_ev}")
        for name, most in (
            ("widening", MOST_WIDENING), ("resolution_ev", MOST_RESOLUTION_EV), ("background", MOST_BACKGROUND),
        ):  # fmt: skip
            value = getattr(self, name)
            if not 0 <= value <= most:
                raise EigenscopeError(f"{name} must be 0 to {most:g}, got {value}")

    def own_widths_ev(self, levels_ev: ArrayLike) -> np.ndarray:
        """Return the sigma (n_levels,) [eV] of each level's band before the analyser."""
        levels = np.asarray(levels_ev, dtype=np.float64)
        widths: np.ndarray = self.sigma_ev * (1 + self.widening * (levels.max(initial=-math.inf) - levels))
        return widths

    def widths_ev(self, levels_ev: ArrayLike) -> np.ndarray:
        """Return the sigma (n_levels,) [eV] of each level's band, analyser included."""
        widths: np.ndarray = np.hypot(self.own_widths_ev(levels_ev), self.resolution_ev / FWHM_OF_SIGMA)
        return widths

    def over_background(self, density: np.ndarray, grid_ev: np.ndarray) -> np.ndarray:
        """Return a spectrum (..., n_points) over the electrons scattered, on evenly spaced orbital energies [eV], ascending."""
        if not self.background:
            return density
        steps = np.diff(grid_ev)
        if not len(steps) or steps.min() <= 0 or np.ptp(steps) > 1e-6 * steps.max():
            raise EigenscopeError("a background needs energies that ascend in even steps")
        above = np.cumsum(density[..., ::-1], axis=-1)[..., ::-1] - density  # what lies at lower ionisation energies
        scattered: np.ndarray = density + self.background * above * (grid_ev[1] - grid_ev[0])
        return scattered

    def spectrum(self, levels_ev: ArrayLike, intensities: ArrayLike | None, *, grid_ev: np.ndarray) -> np.ndarray:
        """Return the photoelectron spectrum of levels.

        Parameters
        ----------
        levels_ev : (..., n_levels) [eV], ascending
            Several sets of them are of one molecule: the widths are those of the first.
        intensities : (n_levels,), or None
            Of each, in any unit, as `core.spectrum.cross_sections.level_intensities` returns them; None: all alike.
        grid_ev : (n_points,) orbital energies [eV], evenly spaced

        Returns
        -------
        (..., n_points) [1/eV]. Invariant: without a background the area is the number of levels that the photons reach.

        Raises
        ------
        EigenscopeError
            If there is a background, and the energies do not ascend in even steps; if bands are too narrow for them to show.
        """
        levels = np.asarray(levels_ev, dtype=np.float64)
        first = levels.reshape(-1, levels.shape[-1])[0]
        found = self.over_background(broaden(levels, grid_ev=grid_ev, **self.lines(first, intensities)), grid_ev)
        check_resolved(grid_ev, self.widths_ev(first))
        return found

    def lines(self, levels_ev: ArrayLike, intensities: ArrayLike | None) -> dict[str, Any]:
        """Return sigma_ev, shape, intensities and tail_ev of the lines of levels (n_levels,) [eV], as `broaden` takes them.

        A level deeper than the photons reach has none, and no part in the mean.
        """
        reached = np.asarray(levels_ev) > -photon_energy_of(self.intensities)
        own = None if intensities is None else np.asarray(intensities)[reached]
        relative = np.zeros(len(reached))
        relative[reached] = relative_intensities(own, int(reached.sum()))
        return {
            "sigma_ev": self.widths_ev(levels_ev),
            "shape": self.shape,
            "intensities": relative,
            "tail_ev": TAIL_WIDTHS * self.own_widths_ev(levels_ev),
        }


def relative_intensities(intensities: ArrayLike | None, n_levels: int) -> np.ndarray:
    """Return intensities (n_levels,) with mean 1; 1 each where there are none, or all are 0."""
    if intensities is None:
        return np.ones(n_levels)
    values = np.asarray(intensities, dtype=np.float64)
    mean = values.mean() if n_levels else 0.0
    return values / mean if mean > 0 else np.ones(n_levels)
