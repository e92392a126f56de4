"""Quantities: what each is called, in which unit and with how many digits it is shown, and which way is better.

The one table that tables, axes, filters, metrics and hover texts read. A quantity's key is the column that holds it; what
is stored is in the unit of the key (`_ev` is eV, a share is a fraction), what is shown is `factor` times that.
"""

import math
from dataclasses import dataclass
from typing import Any, Literal

from core.units import EV_KJ_PER_MOL

Better = Literal["lower", "higher", ""]
View = Literal["table", "filter", "sort", "map", "histogram"]
TABLE: View = "table"
FILTER: View = "filter"
SORT: View = "sort"
MAP: View = "map"
HISTOGRAM: View = "histogram"
VIEWS = (TABLE, FILTER, SORT, MAP, HISTOGRAM)
AT_THE_NUMBER = ("×",)  # units that stand at each number and not in the header
UNSPACED_UNITS = ("%", *AT_THE_NUMBER)  # units that no space parts from their number
OWN_PREFIX = "input_"  # what the names of a user's own columns begin with in a prediction table
COUNT, INTEGER = ",", ".0f"  # with and without separators of thousands


@dataclass(frozen=True)
class Quantity:
    """One quantity.

    Attributes
    ----------
    key : str
        The column that holds it; a name of its own where no column does.
    label, symbol : str
        In full, and for narrow columns (the label where left out).
    unit : str
        In which it is shown.
    digits : str
        Format of the number, as Python and d3 have it: ".2f".
    factor : float
        Shown is factor times stored.
    better : str
        Whether the lower or the higher value is a merit; "" where neither is.
    help : str
        What it is, in one line.
    views : tuple of str
        Where a scan offers it: as a column of its table, as a filter, to sort by, as the map's colour, as a histogram.
    shown_column : str
        A column that holds it as shown, where there is one.
    """

    key: str
    label: str
    unit: str = ""
    digits: str = ".2f"
    factor: float = 1.0
    better: Better = ""
    symbol: str = ""
    help: str = ""
    views: tuple[View, ...] = ()
    shown_column: str = ""

    @property
    def header(self) -> str:
        """Label and unit: the title of an axis or a column."""
        return self.titled(self.label)

    @property
    def short_header(self) -> str:
        """Symbol and unit, for narrow columns."""
        return self.titled(self.symbol or self.label)

    @property
    def in_words(self) -> str:
        """The label inside a sentence: without its capital, unless it is an abbreviation."""
        return self.label[:1].lower() + self.label[1:] if self.label[1:2].islower() else self.label

    @property
    def printf(self) -> str:
        """The format as a table's column takes it."""
        if self.digits == COUNT:
            return "localized"
        return f"%{self.digits}{self.unit if self.unit in AT_THE_NUMBER else ''}"

    def titled(self, words: str) -> str:
        """Return other words with this unit: "Reference HOMO / eV"."""
        return f"{words} / {self.unit}" if self.unit and self.unit not in AT_THE_NUMBER else words

    def shown(self, stored: Any) -> Any:
        """Return stored values (a number, an array, a column) in the unit that is shown."""
        return stored if self.factor == 1 else self.factor * stored

    def stored(self, shown: float) -> float:
        """Return a shown value as it is stored."""
        return shown if self.factor == 1 else shown / self.factor

    def number(self, stored: float, *, digits: str = "") -> str:
        """Return a stored value as shown, without its unit, with a true minus sign."""
        return f"{self.shown(stored):{digits or self.digits}}".replace("-", "\u2212")

    def text(self, stored: float, *, digits: str = "") -> str:
        """Return a stored value as shown, with its unit: "−6.21 eV", "1.64%"."""
        return f"{self.number(stored, digits=digits)}{self._after}"

    def hover(self, axis: str, *, digits: str = "") -> str:
        """Return the part of a figure's hover text that shows a coordinate ("x", "y", ...), already in the shown unit."""
        return f"%{{{axis}:{digits or self.digits}}}{self._after}"

    @property
    def _after(self) -> str:
        return self.unit if self.unit in UNSPACED_UNITS or not self.unit else f" {self.unit}"


_RSE_HELP = "√(Σ ΔE (t−p)²) / Σ ΔE t of each molecule's spectrum, then the mean"
_TABLE = (
    # of a predicted molecule, in the order of the tables
    Quantity("homo_ev", "HOMO", "eV", help="Highest occupied Kohn-Sham level", views=VIEWS),
    Quantity("gap_ev", "Gap", "eV", help="LUMO minus HOMO", views=VIEWS),
    Quantity("lumo_ev", "LUMO", "eV", help="Lowest empty Kohn-Sham level", views=(TABLE, FILTER, SORT, MAP)),
    Quantity("states", "States in the window", symbol="States", help="Integral of the spectrum of all valence levels over "
             "the window of the third distribution", views=(TABLE, SORT, MAP, HISTOGRAM)),
    Quantity("expected_rmse_ev", "Expected RMSE", "eV", better="lower", symbol="± Band", help="Expected RMSE of the 16 "
             "highest levels at this geometry; of corrected ones, of those no deeper than learnt from", views=(TABLE, SORT)),
    Quantity("lumo_error_ev", "Expected error of the LUMO", "eV", better="lower", symbol="± LUMO", help="Expected error of the "
             "lowest empty level at this geometry", views=(SORT,)),
    Quantity("n_atoms", "Atoms", digits=INTEGER, views=(SORT,)),
    Quantity("n_conformers", "Conformers", digits=INTEGER, symbol="Conf.", help="How many are averaged", views=(SORT,)),
    Quantity("conformer_spread_ev", "Spread over conformers", "eV", help="Standard deviation of the 16 highest levels over the "
             "conformers, root mean square", views=(SORT,)),
    Quantity("conformer_energy", "Energy above the lowest", "kJ/mol", ".1f", factor=EV_KJ_PER_MOL, symbol="Energy",
             help="GFN2-xTB in vacuum"),
    Quantity("conformer_weight", "Boltzmann weight", "%", INTEGER, factor=100, symbol="Weight", help="Its share, mirror images "
             "counted, at the temperature chosen"),
    Quantity("temperature_k", "Temperature", "K", INTEGER),
    Quantity("band_width_ev", "Band width", "eV", help="HOMO minus the lowest of the 16 levels", views=(FILTER,)),
    # of a spectrum
    Quantity("energy_ev", "Energy", "eV"),
    Quantity("orbital_energy_ev", "Orbital energy", "eV"),
    Quantity("binding_energy_ev", "Binding energy (\u2212orbital energy)", "eV"),
    Quantity("ionisation_energy_ev", "Ionisation energy", "eV"),
    Quantity("ionisation_level_ev", "Level (\u2212ionisation energy)", "eV"),
    Quantity("photon_energy_ev", "Photon energy", "eV", digits=".3f"),
    Quantity("zero_ev", "Energy of that zero", "eV", digits=".3f"),  # of the scale that a file's energies are counted from
    Quantity("sigma_ev", "Broadening σ", "eV", symbol="σ"),
    Quantity("widening", "Wider", "per eV", digits=".2f"),
    Quantity("resolution_ev", "Analyser", "eV"),
    Quantity("background", "Background", "per eV", digits=".3f"),
    Quantity("density", "Density of states", "states/eV"),
    Quantity("intensity", "Intensity", "arbitrary units"),
    Quantity("n_states", "Number of states", "states"),
    Quantity("shift_ev", "Shift", "eV", help="Added to the candidate's energies"),
    # errors against the reference
    Quantity("rmse_ev", "Band RMSE", "eV", ".3f", better="lower", symbol="RMSE", help="Root mean square error over the 16 "
             "levels of the band and all molecules"),
    Quantity("rse", "RSE", "%", factor=100, better="lower", help=_RSE_HELP, shown_column="rse_percent"),
    Quantity("homo_mae_ev", "HOMO MAE", "eV", ".3f", better="lower", help="Mean absolute error of the highest occupied level"),
    Quantity("lumo_mae_ev", "LUMO MAE", "eV", ".3f", better="lower", help="Mean absolute error of the lowest empty level, "
             "where it is predicted"),
    Quantity("mae_ev", "MAE", "eV", ".3f", better="lower"),
    Quantity("mean_signed_error_ev", "Mean signed error", "eV", "+.3f"),
    Quantity("homo_difference_ev", "HOMO difference", "eV", "+.3f", symbol="Δ HOMO", help="Predicted minus reference"),
    Quantity("n_levels", "Levels", digits=INTEGER, help="How many are compared"),
    Quantity("n", "Molecules", digits=INTEGER),
    # scores of a candidate against a target
    Quantity("cosine", "Cosine similarity", better="higher"),
    Quantity("pearson", "Pearson correlation", better="higher"),
    Quantity("wasserstein_ev", "Wasserstein distance", "eV", better="lower"),
    Quantity("level_rmse_ev", "Level-wise RMSE", "eV", better="lower"),
    # of a learner
    Quantity("n_parameters", "Parameters", digits=COUNT, help="Numbers fitted in training"),
    Quantity("n_training", "Training molecules", digits=COUNT, help="Molecule-geometries, validation ones not counted"),
    Quantity("training_minutes", "Training", "min", ".1f", better="lower", help="On the machine and threads that the card "
             "names"),
    Quantity("molecules_per_second", "Molecules / s", digits=COUNT, better="higher", help="One thread, processor time, all "
             "learners in one run"),
    Quantity("relative_speed", "Speed", "×", better="higher", help="Relative to the tight-binding network in the same run"),
    Quantity("loss_ev", "Loss", "eV", ".4g", better="lower"),
    Quantity("seconds", "Time", "s", ".1f", help="On one core"),
    # of a set or a representation
    Quantity("share", "Share of the set", "%", factor=100),
    Quantity("coulomb_hartree", "Coulomb matrix", "Hartree"),
    Quantity("eigenvalue_hartree", "Magnitude of the eigenvalue", "Hartree", ".3f"),
)  # fmt: skip
QUANTITIES: dict[str, Quantity] = {quantity.key: quantity for quantity in _TABLE}


def quantity_of(column: str) -> Quantity:
    """Return the quantity that a column holds; of a column that the table does not know, what its name says.

    Examples
    --------
    >>> quantity_of("homo_ev").header, quantity_of("homo_ev").text(-6.214)
    ('HOMO / eV', '−6.21 eV')
    """
    known = QUANTITIES.get(column)
    if known is not None:
        return known
    for quantity in QUANTITIES.values():
        if quantity.shown_column == column:
            return quantity
    if column.startswith(OWN_PREFIX):
        return Quantity(column, column.removeprefix(OWN_PREFIX), digits=".5g")
    unit = "eV" if column.endswith("_ev") else ""
    return Quantity(column, column.removesuffix("_ev").replace("_", " "), unit)


def offered(view: View) -> list[Quantity]:
    """Return the quantities that a scan offers in a view, in the order of the table."""
    return [quantity for quantity in QUANTITIES.values() if view in quantity.views]


def format_ev(value: float, *, digits: int = 2, error_ev: float = math.nan) -> str:
    """Return an energy with its unit, a true minus sign and the error expected, where that is known: "−6.21 ± 0.05 eV"."""
    energy, shown = QUANTITIES["energy_ev"], f".{digits}f"
    if not math.isfinite(error_ev):
        return energy.text(value, digits=shown)
    return f"{energy.number(value, digits=shown)} ± {energy.text(error_ev)}"
