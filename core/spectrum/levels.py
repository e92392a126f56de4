"""Levels: the Kohn-Sham orbital energies of one molecule."""

from dataclasses import dataclass

import numpy as np

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
    spread_ev : float [eV]
        Expected RMSE of the band, calibrated on validation molecules; nan where not known.
    atom_weights : (n_levels + 1, n_atoms) float64 or None
        Weight of each atom in each valence level and the LUMO; rows sum to 1.
    s_weights : the same shape, or None
        The part of `atom_weights` in s orbitals.
    """

    valence_ev: np.ndarray
    lumo_ev: float
    spread_ev: float = float("nan")
    atom_weights: np.ndarray | None = None
    s_weights: np.ndarray | None = None

    @property
    def homo_ev(self) -> float:
        return float(self.valence_ev[-1])

    @property
    def gap_ev(self) -> float:
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
