"""From Kohn-Sham levels to estimated ionisation energies: a straight line, with the range in which it holds."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from core.errors import EigenscopeError


@dataclass(frozen=True)
class IonisationLine:
    """Estimated vertical ionisation energy = slope * (-level) + intercept.

    Attributes
    ----------
    slope : float
        > 0: the order of the levels stays.
    intercept_ev : float [eV]
    range_ev : (low, high) [eV]
        The ionisation energies in which it holds.
    spread_ev : float [eV]
        Root mean square of what a single level is off the line within its range.
    source : str
        Where it comes from, in words for the user.
    """

    slope: float
    intercept_ev: float
    range_ev: tuple[float, float]
    spread_ev: float
    source: str

    def __post_init__(self) -> None:
        if not (0 < self.slope < np.inf and np.isfinite(self.intercept_ev)):
            raise EigenscopeError(
                f"a line needs a slope above 0 and a finite intercept, got {self.slope} and {self.intercept_ev}"
            )

    def energies_ev(self, levels_ev: ArrayLike) -> np.ndarray:
        """Return the estimated ionisation energies [eV] of levels [eV], in the shape of the levels."""
        return self.intercept_ev - self.slope * np.asarray(levels_ev)

    def placed_ev(self, levels_ev: np.ndarray) -> np.ndarray:
        """Return minus the estimated ionisation energies [eV], ascending where the levels ascend, in their dtype.

        Where a level stands on the orbital axis on which a spectrum of ionisation energies is kept.
        """
        return (-self.energies_ev(levels_ev)).astype(levels_ev.dtype, copy=False)

    def level_error_ev(self, expected_rmse_ev: ArrayLike) -> np.ndarray:
        """Return the error [eV] of an estimated ionisation energy: of the predicted level and of the line together."""
        return np.hypot(self.slope * np.asarray(expected_rmse_ev, dtype=np.float64), self.spread_ev)

    def __str__(self) -> str:
        return f"{self.slope:g} × (\u2212level) + {self.intercept_ev:.2f} eV"


# Levels of PBE/6-31+G(d) against G0W0@CAM-B3LYP/def2-TZVP, outer valence of C7H10O2 isomers: coefficients as handed down, the
# molecules behind them are not recorded. Against measured first ionisation energies, with the shipped network's HOMO, molecules
# of 12 and more atoms in MOPAC's collection come 0.35 +- 0.45 eV too high (38 of them), smaller ones are off by 1 eV and more
# (17 of `ase.data.g2`: -0.6 +- 1.6 eV). It is for molecules of about the size of C7H10O2.
OUTER_VALENCE = IonisationLine(
    slope=1.107,
    intercept_ev=3.06,
    range_ev=(8.0, 18.0),
    spread_ev=0.12,
    source="outer-valence levels of C7H10O2 isomers against G0W0@CAM-B3LYP/def2-TZVP",
)
