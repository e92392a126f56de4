"""From a column of energies to orbital energies [eV]: unit, sign, photon energy and zero, each stated, shown or asked."""

import re
from dataclasses import dataclass

import numpy as np

from core.errors import InputError
from core.readers.energy_axis import (
    AXIS_UNITS_EV,
    Kind,
    kind_stated,
    kinds_named,
    photon_energies,
    unit_named,
    why_no_energy,
    zero_named,
)
from core.readers.records import clean_id
from core.readers.spectrum_options import AXES, REFERENCES, AmbiguousError, Axis, EnergyReference, SpectrumOptions

LEAST_IONISATION_EV = 5.0  # hardly any molecule is ionised by less
LOWEST_HOMO_EV = -2.5  # no neutral closed-shell molecule's HOMO lies above it, at any level of theory in use
_VALUE = re.compile(r"\d[ \t]*[A-Za-z]")  # of a setting, with its unit
_SIGNS_APART = 2.5  # how much further one sign must reach than the other to show which means bound


@dataclass(frozen=True, eq=False)
class EnergyScale:
    """Orbital energies and how they were come by.

    Attributes
    ----------
    energies_ev : (n_points,) float64 [eV]
        Negative = bound.
    unit, axis, reference : see SpectrumOptions
    is_unit_stated : bool
        Whether file or user named the unit.
    photon_energy_ev : float or None
        What was subtracted from.
    """

    energies_ev: np.ndarray
    unit: str
    axis: Axis
    reference: EnergyReference
    is_unit_stated: bool
    photon_energy_ev: float | None


def to_orbital_energies(
    x: np.ndarray,
    *,
    name: str,
    header_text: str,
    unit_shown: str | None,
    is_list: bool,
    options: SpectrumOptions,
    notes: list[str],
) -> EnergyScale:
    """Return the orbital energies of a column; what was assumed is added to the notes.

    Parameters
    ----------
    x : (n_points,) float64, finite
        As in the file.
    name, header_text : str
        Of the column, and what stands above it.
    unit_shown : str or None
        Where the column's content shows it.
    is_list : bool
        Levels, not a curve.

    Raises
    ------
    InputError
        If the axis is no electron energy.
    AmbiguousError
        If unit, sign, photon energy or zero stay open.
    """
    unit = _find_unit(name, header_text, shown=unit_shown, options=options)
    kinds = _kinds(name, header_text)
    if unit is None:
        if options.axis != "kinetic" and "kinetic" not in kinds and options.reference is None:
            _check_plausible(x, is_list=is_list)
        notes.append("no unit is given: energies are read as eV")
    energies = x * AXIS_UNITS_EV[unit or "eV"]
    if unit == "eV" and np.abs(x).max() < 3:
        notes.append("all energies lie within 3 of zero: are they in Hartree? They were read as eV")
    axis = _find_axis(
        energies, name, kinds, is_list=is_list, is_unit_stated=unit is not None, options=options, notes=notes
    )
    if options.axis is None and axis == "binding" and not is_list and not kinds:
        _check_not_kinetic(energies, photon_energies(header_text))
    photon: float | None = None
    if axis == "kinetic":
        photon = _find_photon_energy(header_text, options, notes)
        if energies.max() > photon + 1:
            raise InputError(
                f"kinetic energies must lie below the photon energy of {photon:g} eV, got up to {energies.max():g} eV"
            )
        notes.append(
            f"binding energy is {photon:g} eV, the photon energy, minus kinetic energy; no work function is taken off"
        )
        energies = energies - photon
    elif axis == "binding":
        energies = -energies
        photon = _photon_energy_told(header_text, options, notes)
    energies, reference = _to_vacuum(energies, name, header_text, options=options, notes=notes)
    return EnergyScale(energies, unit or "eV", axis, reference, unit is not None, photon)


def check_homo(levels_ev: np.ndarray, *, is_unit_stated: bool, options: SpectrumOptions) -> None:
    """Doubt a list whose highest occupied level lies where no molecule has it.

    Raises
    ------
    AmbiguousError
        If the unit, or else the zero, must be in doubt.
    """
    top = float(levels_ev.max())
    if top <= LOWEST_HOMO_EV or options.reference == "vacuum" or options.zero_ev is not None:
        return
    doubt = f"the highest level lies at {top:g} eV, and no molecule's HOMO does"
    if not is_unit_stated and options.unit is None:
        raise AmbiguousError(
            f"{doubt}: are they in Hartree, relative to the HOMO, or is an empty level among them? Choose the unit, "
            "or the reference vacuum to take the numbers as they are",
            option="unit",
            choices=("Hartree", "eV"),
        )
    raise AmbiguousError(
        f"{doubt}: are they relative to the HOMO or a Fermi level, or is an empty level among them? Choose the "
        "reference; vacuum takes the numbers as they are",
        option="reference",
        choices=REFERENCES,
    )


def _find_unit(name: str, header_text: str, *, shown: str | None, options: SpectrumOptions) -> str | None:
    """Return the unit that user, content, name or header give, None where they give none."""
    if options.unit is not None:
        known = {unit.casefold(): unit for unit in AXIS_UNITS_EV}
        unit = options.unit if options.unit in AXIS_UNITS_EV else known.get(options.unit.casefold())
        if unit is None:
            raise InputError(f"unit must be one of {', '.join(AXIS_UNITS_EV)}, got {options.unit[:40]!r}")
        return unit
    if shown:
        return shown
    unit = unit_named(name) if name else unit_above(header_text)
    if unit:
        return unit
    why = why_no_energy(name or header_text)
    if why:
        sentence = f"the energy axis must be in eV or Hartree, got {clean_id(name or header_text)[:60]!r}: {why}"
        if "1/cm" in why or "only eV" in why:
            raise AmbiguousError(
                f"{sentence}; if these are levels of electrons, choose the unit",
                option="unit",
                choices=tuple(AXIS_UNITS_EV),
            )
        raise InputError(sentence)
    return unit_above(header_text)


def unit_above(header_text: str) -> str | None:
    """Return the unit of energy that lines above the numbers name; another than eV not behind a number, "resolution 20 meV"."""
    unit = unit_named(header_text)
    if unit in (None, "eV"):
        return unit
    return unit_named("\n".join(line for line in header_text.split("\n") if not _VALUE.search(line)))


def _kinds(name: str, header_text: str) -> set[Kind]:
    """Return the kinds of electron energy that a column's name says, or else what stands above it."""
    stated = kind_stated(header_text)
    return kinds_named(name) - {"photon"} or ({stated} if stated else kinds_named(header_text) - {"photon"})


def _check_plausible(x: np.ndarray, *, is_list: bool) -> None:
    """Doubt energies without a unit that cannot well be eV of valence levels.

    Raises
    ------
    AmbiguousError
        If they reach too far, not far enough, or lie off the valence range.
    """
    low, high, least = float(x.min()), float(x.max()), float(np.abs(x).min())
    reach = max(abs(low), abs(high))
    span = f"{low:g} to {high:g}"
    if reach < 3 and not is_list:
        raise AmbiguousError(
            f"no unit is given and all energies lie within 3 of zero, {span}: are they in Hartree? Choose the unit",
            option="unit",
            choices=("Hartree", "eV"),
        )
    if reach > 1600 and not is_list:
        raise AmbiguousError(
            f"no unit is given and the energies reach from {span}: are they in meV or 1/cm? Choose the unit",
            option="unit",
            choices=("meV", "1/cm", "eV"),
        )
    if least > 600 and is_list:
        raise AmbiguousError(
            f"no unit is given and the levels reach from {span}: are they in meV, 1/cm or kJ/mol? Choose the unit",
            option="unit",
            choices=("meV", "1/cm", "kJ/mol", "eV"),
        )
    if least > 60 and not is_list:
        raise AmbiguousError(
            f"no unit is given and the energies reach from {span}, all far from valence levels: are they kinetic "
            "energies in eV, or of another unit? Choose the unit and the axis",
            option="unit",
            choices=("eV", "meV"),
        )


def _find_axis(
    x_ev: np.ndarray,
    name: str,
    kinds: set[Kind],
    *,
    is_list: bool,
    is_unit_stated: bool,
    options: SpectrumOptions,
    notes: list[str],
) -> Axis:
    """Return the kind of energy: as chosen, as named, else by the sign; photon energies are refused."""
    if options.axis is not None:
        if options.axis not in AXES:
            raise InputError(f"axis must be one of {', '.join(AXES)}, got {options.axis!r}")
        return options.axis
    if kinds_named(name) == {"photon"}:
        raise AmbiguousError(
            f"the energy axis must be of electrons, got {clean_id(name)[:60]!r}: photon energies of absorption are no "
            "levels; of a threshold photoelectron spectrum, choose the axis binding",
            option="axis",
            choices=AXES,
        )
    if {"kinetic", "binding"} <= kinds:
        raise AmbiguousError(
            "kinetic and binding energies are both named: choose the axis",
            option="axis",
            choices=("binding", "kinetic"),
        )
    if "kinetic" in kinds:
        return "kinetic"
    return _axis_by_sign(x_ev, kinds, is_list=is_list, is_unit_stated=is_unit_stated, notes=notes)


def _check_not_kinetic(x_ev: np.ndarray, photons: list[tuple[float, str]]) -> None:
    """Doubt a curve whose energies nothing names, measured with a lamp that is named, from where no molecule is ionised.

    Raises
    ------
    AmbiguousError
        If they may be kinetic as well.
    """
    low, high = float(x_ev.min()), float(x_ev.max())
    if len(photons) == 1 and 0 <= low < LEAST_IONISATION_EV and high < photons[0][0]:
        raise AmbiguousError(
            f"energies reach from {low:g} to {high:g} eV, below the photon energy of {photons[0][0]:g} eV, and nothing says "
            "whether they are binding or kinetic energies: choose the axis",
            option="axis",
            choices=("binding", "kinetic"),
        )


def _axis_by_sign(
    x_ev: np.ndarray, kinds: set[Kind], *, is_list: bool, is_unit_stated: bool, notes: list[str]
) -> Axis:  # fmt: skip
    """Tell binding energies (positive = bound) from orbital energies (negative = bound)."""
    low, high = float(x_ev.min()), float(x_ev.max())
    if kinds == {"binding"} and high > 0 and high >= -low:
        return "binding"
    if kinds == {"orbital"} and low < 0:
        return "orbital"
    if is_list and low < LOWEST_HOMO_EV and high > 0:
        axis: Axis = "orbital"
    elif low < 0 < high and max(-low, high) < _SIGNS_APART * min(-low, high):
        raise AmbiguousError(
            f"energies reach from {low:g} to {high:g} eV, and nothing says whether positive or negative is bound: "
            "choose the axis",
            option="axis",
            choices=("binding", "orbital"),
        )
    else:
        axis = "binding" if high > -low else "orbital"
    if axis == "binding" and low > 60 and not is_list and is_unit_stated and "binding" not in kinds:
        raise AmbiguousError(
            f"energies reach from {low:g} to {high:g} eV, all far from valence levels: are they kinetic? Choose the axis",
            option="axis",
            choices=AXES,
        )
    sign = "positive" if axis == "binding" else "negative"
    if kinds == {"binding"}:
        notes.append(f"called binding energies, yet mostly {sign}: read as {axis} energies, negative = bound")
    else:
        notes.append(f"energies are mostly {sign}: read as {axis} energies")
    return axis


def _find_photon_energy(header_text: str, options: SpectrumOptions, notes: list[str]) -> float:
    """Return the photon energy [eV] that the user or the header gives."""
    if options.photon_energy_ev is not None:
        if not 0 < options.photon_energy_ev < 1e5:
            raise InputError(f"photon energy must be > 0 eV, got {options.photon_energy_ev:g}")
        return float(options.photon_energy_ev)
    found = photon_energies(header_text)
    if len(found) == 1:
        notes.append(f"photon energy {found[0][0]:g} eV, from the header: {found[0][1]!r}")
        return found[0][0]
    several = f", and the header names several: {', '.join(f'{value:g}' for value, _ in found)} eV" if found else ""
    raise AmbiguousError(
        f"kinetic energies need the photon energy{several}; give it, or convert to binding energy first",
        option="photon_energy_ev",
        choices=tuple(f"{value:g}" for value, _ in found),
    )


def _photon_energy_told(header_text: str, options: SpectrumOptions, notes: list[str]) -> float | None:
    """Return the photon energy [eV] that binding energies were measured with, where one is given: cross-sections follow it."""
    if options.photon_energy_ev is None and len(photon_energies(header_text)) != 1:
        return None
    return _find_photon_energy(header_text, options, notes)


def _to_vacuum(
    energies: np.ndarray, name: str, header_text: str, *, options: SpectrumOptions, notes: list[str]
) -> tuple[np.ndarray, EnergyReference]:
    """Return energies whose zero is the vacuum, and what the zero of the file was."""
    if options.reference is not None and options.reference not in REFERENCES:
        raise InputError(f"reference must be one of {', '.join(REFERENCES)}, got {options.reference!r}")
    reference = options.reference or zero_named(name, header_text) or "vacuum"
    if options.zero_ev is not None:
        if not np.isfinite(options.zero_ev):
            raise InputError(f"the zero's energy must be a finite number of eV, got {options.zero_ev}")
        if reference != "vacuum" and options.zero_ev > 0:
            raise InputError(
                f"the zero lies below the vacuum: give minus its depth, {-options.zero_ev:g}, got {options.zero_ev:g} eV"
            )
        side = "below" if options.zero_ev < 0 else "above"
        notes.append(f"the zero of the axis is put {abs(options.zero_ev):g} eV {side} the vacuum, as given")
        return energies + options.zero_ev, reference
    if reference == "vacuum":
        return energies, reference
    what = "the Fermi level" if reference == "fermi" else "the HOMO"
    how = "minus the work function" if reference == "fermi" else "the HOMO's energy"
    option = "zero_ev" if options.reference else "reference"
    raise AmbiguousError(
        f"the zero of the energies is {what}, not the vacuum: give the energy of that zero ({how}), or choose the "
        "reference vacuum to take the numbers as they are",
        option=option,
        choices=() if options.reference else REFERENCES,
    )
