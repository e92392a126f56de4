"""The one table of elements. Whoever knows an element, knows it from here: one more is one more line.

A learner covers a new element only once it was trained on it: its card says on which, `is_covered` on which any shipped one was.
"""

from dataclasses import dataclass

N_ORBITALS = {"s": 1, "sp": 4, "spd": 9}  # of a valence shell
POPLE = "6-31+G(d)"


@dataclass(frozen=True)
class Element:
    """What the program knows of one element.

    Attributes
    ----------
    symbol, number
        The atomic number.
    n_core_levels : int
        Doubly occupied levels of the free atom below its valence shell: 1s; 1s 2s 2p; 1s to 3d.
    orbitals : "s", "sp" or "spd"
        Valence orbitals of a minimal basis.
    radius : float
        Covalent [Angstrom]: RDKit's, after Cordero et al., Dalton Trans. 2008, doi 10.1039/b801115j.
    multiple_radii : (float, float)
        Covalent of double and triple bonds [Angstrom]: Pyykko and Atsumi, Chem. Eur. J. 2009, doi 10.1002/chem.200901472;
        Pyykko et al., ibid. 2005, doi 10.1002/chem.200401299. 0 where it has none.
    core_below_ev : float
        Levels below it are cores [eV], those above it valence levels, whatever the method: between the element's
        shallowest core in PBE, where cores are shallowest, and -45 eV, fluorine's 2s in Hartree-Fock.
    engine_basis : str
        The reference engine's basis; "" where the engine does not take the element.
    engine_core_electrons : int
        Electrons that the engine puts into an effective core potential, that of the basis's name; 0 = none.
    in_qm9 : bool
        Whether QM9 holds it: what learners trained on QM9 alone cover.
    is_covered : bool
        Whether any shipped learner was trained on it.
    onsite_ev : (float, float)
        Energies of its s and p orbitals [eV] from which a tight-binding network's training starts.
    """

    symbol: str
    number: int
    n_core_levels: int
    orbitals: str
    radius: float
    multiple_radii: tuple[float, float] = (0.0, 0.0)
    core_below_ev: float = -120.0
    engine_basis: str = POPLE
    engine_core_electrons: int = 0
    in_qm9: bool = False
    is_covered: bool = False
    onsite_ev: tuple[float, float] = (0.0, 0.0)

    @property
    def n_valence_electrons(self) -> int:
        """Electrons outside the core levels."""
        return self.number - 2 * self.n_core_levels

    @property
    def n_shell_electrons(self) -> tuple[int, int]:
        """Electrons in the s and in the p subshell of the free atom's valence shell."""
        n_s = min(self.n_valence_electrons, 2)
        return n_s, self.n_valence_electrons - n_s

    @property
    def n_orbitals(self) -> int:
        """Valence orbitals: 1 (s), 4 (s, p) or 9 (s, p, d)."""
        return N_ORBITALS[self.orbitals]


# Cores in PBE [eV]: C 1s -262, Si 2p -94, P 2p -123, S 2p -155, Cl 2p -190, Br 3d -67, I 4d -49. Bromine and iodine have no
# 6-31+G(d): def2-SVPD is of Rappoport and Furche, J. Chem. Phys. 2010, doi 10.1063/1.3484283; bromine with all its electrons,
# iodine with the effective core of Peterson et al., J. Chem. Phys. 2003, doi 10.1063/1.1622924. CH3I's levels lie within 0.1 eV
# of those in def2-QZVPPD.
ELEMENTS: tuple[Element, ...] = (
    Element("H", 1, 0, "s", 0.31, onsite_ev=(-9.0, 0.0), in_qm9=True, is_covered=True),
    Element("B", 5, 1, "sp", 0.84, (0.78, 0.73), onsite_ev=(-10.0, -4.5), is_covered=True),
    Element("C", 6, 1, "sp", 0.76, (0.67, 0.60), onsite_ev=(-14.0, -6.0), in_qm9=True, is_covered=True),
    Element("N", 7, 1, "sp", 0.71, (0.60, 0.54), onsite_ev=(-18.0, -7.5), in_qm9=True, is_covered=True),
    Element("O", 8, 1, "sp", 0.66, (0.57, 0.53), onsite_ev=(-23.0, -9.0), in_qm9=True, is_covered=True),
    Element("F", 9, 1, "sp", 0.57, (0.59, 0.53), onsite_ev=(-29.0, -11.5), in_qm9=True, is_covered=True),
    Element("Si", 14, 5, "sp", 1.11, (1.07, 1.02), core_below_ev=-70.0, onsite_ev=(-14.0, -6.0), is_covered=True),
    Element("P", 15, 5, "sp", 1.07, (1.02, 0.94), core_below_ev=-85.0, onsite_ev=(-17.0, -7.5), is_covered=True),
    Element("S", 16, 5, "sp", 1.05, (0.94, 0.95), core_below_ev=-100.0, onsite_ev=(-19.5, -8.5), is_covered=True),
    Element("Cl", 17, 5, "sp", 1.02, (0.95, 0.93), onsite_ev=(-22.5, -10.0), is_covered=True),
    Element(
        "Br",
        35,
        14,
        "sp",
        1.20,
        (1.09, 1.10),
        core_below_ev=-56.0,
        engine_basis="def2-SVPD",
        onsite_ev=(-21.5, -9.5),
        is_covered=True,
    ),
    Element(
        "I",
        53,
        23,
        "sp",
        1.39,
        (1.29, 1.25),
        core_below_ev=-47.0,
        engine_basis="def2-SVPD",
        engine_core_electrons=28,
        onsite_ev=(-19.0, -8.5),
        is_covered=True,
    ),
)
BY_NUMBER: dict[int, Element] = {element.number: element for element in ELEMENTS}
COVERED_SYMBOLS = tuple(element.symbol for element in ELEMENTS if element.is_covered)
QM9_SYMBOLS = tuple(element.symbol for element in ELEMENTS if element.in_qm9)
QM9_NUMBERS = tuple(element.number for element in ELEMENTS if element.in_qm9)
ENGINE_SYMBOLS = tuple(element.symbol for element in ELEMENTS if element.engine_basis)
