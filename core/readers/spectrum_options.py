"""What a user may say about a spectrum file, and the question that is asked where two readings are possible."""

from dataclasses import dataclass
from typing import Literal

from core.errors import InputError

Axis = Literal["binding", "orbital", "kinetic"]
EnergyReference = Literal["vacuum", "fermi", "homo"]
AXES: tuple[Axis, ...] = ("binding", "orbital", "kinetic")
REFERENCES: tuple[EnergyReference, ...] = ("vacuum", "fermi", "homo")


@dataclass(frozen=True)
class SpectrumOptions:
    """How a file is to be read; None leaves a point to the reader, which says what it took or asks.

    Attributes
    ----------
    energy_column, intensity_column : str, int or None
        A column's name, or its number from 1.
    unit : str or None
        Key of `core.readers.energy_axis.UNITS_EV`.
    axis : "binding" | "orbital" | "kinetic" | None
        Positive = bound, negative = bound, or the electrons' kinetic energy.
    photon_energy_ev : float or None
        Of the light, for a kinetic axis.
    region : str, int or None
        Name or number from 1 of a region, block or curve of a file that holds several.
    reference : "vacuum" | "fermi" | "homo" | None
        Where the axis has its zero.
    zero_ev : float or None
        Orbital energy [eV] of that zero on the vacuum scale (minus the work function, or the HOMO's energy).
    decimal : "." | "," | None
        The decimal mark.
    """

    energy_column: str | int | None = None
    intensity_column: str | int | None = None
    unit: str | None = None
    axis: Axis | None = None
    photon_energy_ev: float | None = None
    region: str | int | None = None
    reference: EnergyReference | None = None
    zero_ev: float | None = None
    decimal: Literal[".", ","] | None = None


class AmbiguousError(InputError):
    """Two readings of a file are possible, and the user must choose.

    Attributes
    ----------
    option : str
        Which field of SpectrumOptions settles it.
    choices : tuple of str
        The values possible; empty where a number is asked for.
    """

    def __init__(self, sentence: str, *, option: str, choices: tuple[str, ...] = ()) -> None:
        super().__init__(sentence)
        self.option = option
        self.choices = choices


def pick_named(wanted: str | int, names: list[str], *, what: str) -> int:
    """Return the place of a name, in any case of letters, or of a number counted from 1.

    Raises
    ------
    InputError
        If there is none such.
    """
    text = str(wanted).strip()
    folded = [name.strip().casefold() for name in names]
    if isinstance(wanted, str) and text and folded.count(text.casefold()) == 1:
        return folded.index(text.casefold())
    if text.isascii() and text.isdigit() and 1 <= int(text) <= len(names):
        return int(text) - 1
    known = ", ".join(f"{k} {name}".strip() for k, name in enumerate(names, start=1))
    raise InputError(f"{what} must be one of: {known[:300]}; got {text[:60]!r}")
