"""Levels of theory as values: what levels were computed with, and what cards, labels and tables call it."""

import math
from dataclasses import dataclass

from core.elements import POPLE


@dataclass(frozen=True)
class LevelOfTheory:
    """How levels are computed; written as "PBE/6-31+G(d)".

    Attributes
    ----------
    method : str
        The functional or semiempirical method.
    kind : str
        What is solved: closed-shell Kohn-Sham, tight binding, ...
    basis : str
        "" where the method brings its own. Single elements may have another one: `core.elements`.
    auxiliary_basis : str
        In which the Coulomb potential is fitted; "" = it is not.
    grid : (int, int)
        Radial shells and angular points of an atom's integration grid; (0, 0) = there is none.
    linear_dependence : float
        Eigenvectors of the overlap below it are left out.
    geometry : str
        At which the levels stand.
    reliable_above_ev : float
        [eV] Levels below it are not to be trusted, for a reason of the method.
    bias_ev, spread_ev : float [eV]
        Mean and standard deviation of its error against the exact answer; nan where nobody measured it.
    """

    method: str
    kind: str
    basis: str = ""
    auxiliary_basis: str = ""
    grid: tuple[int, int] = (0, 0)
    linear_dependence: float = 0.0
    geometry: str = "as given"
    reliable_above_ev: float = float("-inf")
    bias_ev: float = math.nan
    spread_ev: float = math.nan

    def against_nature_ev(self, expected_ev: float) -> float:
        """Return the error to expect against a measurement [eV], from that against the level of theory; nan: not known.

        Examples
        --------
        >>> round(QUASIPARTICLE_THEORY.against_nature_ev(0.1), 2)
        0.26
        """
        return math.hypot(expected_ev, self.bias_ev, self.spread_ev)

    def __str__(self) -> str:
        return f"{self.method}/{self.basis}" if self.basis else self.method


# Linear dependence: at triple bonds diffuse functions nearly coincide (eigenvalues down to 1e-11), and float32 noise
# divided by such a number made spurious states.
REFERENCE_THEORY = LevelOfTheory(
    "PBE",
    "closed-shell Kohn-Sham, non-relativistic",
    basis=POPLE,
    auxiliary_basis="def2-universal-jfit",  # Weigend, PCCP 2006, doi 10.1039/b515623h
    grid=(30, 110),
    linear_dependence=1e-6,
)
# Ionisation energies: the mean field whose quasiparticle energies lie nearest to full configuration interaction (mean -0.16,
# spread 0.18 eV for 22 to 25 ionisation energies of 9 molecules), and those energies. Deep levels suffer from the
# continuation from the imaginary axis. GW: Hedin, Phys. Rev. 1965, doi 10.1103/PhysRev.139.A796.
MEAN_FIELD_THEORY = LevelOfTheory("CAM-B3LYP", "closed-shell Kohn-Sham, non-relativistic", basis="def2-TZVP")
QUASIPARTICLE_THEORY = LevelOfTheory(
    "G0W0@CAM-B3LYP",
    "quasiparticle energies, density fitting, continued from 40 imaginary frequencies",
    basis="def2-TZVP",
    auxiliary_basis="def2-universal-jkfit",
    reliable_above_ev=-20.0,
    bias_ev=-0.16,
    spread_ev=0.18,
)
# Where QM9's atoms stand: Ramakrishnan et al., Sci. Data 2014, doi 10.1038/sdata.2014.22
RELAXED_THEORY = LevelOfTheory(
    "B3LYP",
    "closed-shell Kohn-Sham, non-relativistic",
    basis="6-31G(2df,p)",
    auxiliary_basis="def2-universal-jkfit",  # Weigend, J. Comput. Chem. 2008, doi 10.1002/jcc.20702
)
XTB_THEORY = LevelOfTheory("GFN2-xTB", "semiempirical tight binding")  # Bannwarth et al., doi 10.1021/acs.jctc.8b01176
THEORIES_BY_NAME: dict[str, LevelOfTheory] = {
    str(t): t for t in (REFERENCE_THEORY, MEAN_FIELD_THEORY, QUASIPARTICLE_THEORY, RELAXED_THEORY, XTB_THEORY)
}  # by the name in cards and labels
