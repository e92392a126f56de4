"""Levels: the Kohn-Sham orbital energies of one molecule."""

from dataclasses import dataclass

import numpy as np

from core.arrays import frozen
from core.errors import EigenscopeError

N_BAND = 16  # the band: the highest occupied levels of the headline spectrum (Ghosh et al. 2019)


@dataclass(frozen=True, eq=False)
class Levels:
    """Kohn-Sham orbital energies of one molecule, vacuum zero.

    Attributes
    ----------
    valence_ev : (n_levels,) float64 [eV]
        Every occupied level but the 1s cores, ascending; the last is the HOMO. nan at the deep end where a reference
        tells only the highest.
    lumo_ev : float [eV]
        Lowest empty level; nan where not known.
    expected_rmse_ev : float [eV]
        Expected RMSE of the band, calibrated on validation molecules; nan where not known.
    atom_weights : (n_levels + 1, n_atoms) float64 or None
        Weight of each atom in each valence level and the LUMO; rows sum to 1.
    s_weights : the same shape, or None
        The part of `atom_weights` in s orbitals.
    level_errors_ev : (n_levels,) float64 [eV] or None
        Expected error of each valence level; None where no more than that of the band is known.
    lumo_error_ev : float [eV]
        Expected error of the LUMO; nan where not known.

    Examples
    --------
    >>> levels = Levels([-13.2, -9.3, -7.2], lumo_ev=-0.9)
    >>> levels.homo_ev, round(levels.gap_ev, 6), levels.has_band
    (-7.2, 6.3, False)
    """

    valence_ev: np.ndarray
    lumo_ev: float
    expected_rmse_ev: float = float("nan")
    atom_weights: np.ndarray | None = None
    s_weights: np.ndarray | None = None
    level_errors_ev: np.ndarray | None = None
    lumo_error_ev: float = float("nan")

    def __post_init__(self) -> None:
        levels = frozen(self.valence_ev)
        if levels.ndim != 1:
            raise EigenscopeError(f"levels must be a list of energies, got an array of shape {levels.shape}")
        object.__setattr__(self, "valence_ev", levels)
        known = levels[self.n_unknown :]
        if not np.all(known[1:] >= known[:-1]):  # a nan between known levels is caught as well
            raise EigenscopeError(
                f"levels must ascend, and all be known above the deepest known, got {levels.tolist()}"
            )
        for name in ("atom_weights", "s_weights", "level_errors_ev"):
            weights = getattr(self, name)
            if weights is not None:
                object.__setattr__(self, name, frozen(weights))

    @property
    def n_unknown(self) -> int:
        """How many of the deepest levels are not known."""
        is_known = np.isfinite(self.valence_ev)
        return int(is_known.argmax()) if is_known.any() else len(is_known)

    @property
    def errors_ev(self) -> np.ndarray:
        """(n_levels,) the expected error of each valence level [eV]; the band's where no more is known."""
        alike = np.full(len(self.valence_ev), self.expected_rmse_ev)
        return alike if self.level_errors_ev is None else self.level_errors_ev

    @property
    def homo_ev(self) -> float:
        """Energy of the highest occupied level [eV]."""
        return float(self.valence_ev[-1])

    @property
    def gap_ev(self) -> float:
        """LUMO less HOMO [eV]."""
        return self.lumo_ev - self.homo_ev

    @property
    def has_band(self) -> bool:
        """Whether N_BAND levels are there and known; about a dozen of QM9's smallest molecules have fewer."""
        return self.n_known >= N_BAND

    @property
    def n_known(self) -> int:
        """How many valence levels are known, from the HOMO down."""
        return int(np.isfinite(self.valence_ev).sum())

    @property
    def band_ev(self) -> np.ndarray:
        """(N_BAND,) the highest occupied levels, ascending [eV].

        Raises
        ------
        EigenscopeError
            If there are fewer, or not all are known.
        """
        if not self.has_band:
            known = f" and {self.n_known} are known" if self.n_known < len(self.valence_ev) else ""
            raise EigenscopeError(
                f"a band needs {N_BAND} valence levels, the molecule has {len(self.valence_ev)}{known}"
            )
        return self.valence_ev[-N_BAND:]
