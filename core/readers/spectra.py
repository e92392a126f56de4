"""Spectra and lists of levels in: columns of text, JCAMP-DX, VAMAS, Igor text, outputs of quantum chemistry programs.

No reading is a guess in silence: what was taken for granted stands in the result, and where two readings are possible
AmbiguousError asks for the option that settles it.
"""

import re
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from core.errors import InputError
from core.readers.column_roles import PickedColumns, pick_columns
from core.readers.columns import NumberTable
from core.readers.energy_axis import fold, why_no_energy
from core.readers.energy_scale import EnergyScale, check_homo, to_orbital_energies
from core.readers.jcamp_dx import MAX_POINTS
from core.readers.records import clean_id
from core.readers.regions import pick_region, read_regions
from core.readers.spectrum_options import AmbiguousError, Axis, SpectrumOptions
from core.spectrum.broaden import GRID_EV, Spectrum, broaden

SPECTRUM_EXTENSIONS = ("csv", "tsv", "txt", "xy", "dat", "jdx", "dx", "jcamp", "vms", "itx", "out", "log")
MAX_LEVELS = 1_000
FEW_POINTS = 16  # of a curve: fewer are likely sticks
_OPTICAL = r"absor|transmit|extinction|\bosc|fluoresc|luminesc|reflect|molar|raman|energy loss"
DEFAULT_OPTIONS = SpectrumOptions()


@dataclass(frozen=True)
class Dropped:
    """How many rows of a file are not in the result, and why."""

    count: int
    reason: str


@dataclass(frozen=True, eq=False)
class ReadSpectrum:
    """A spectrum or a list of levels as read, and what was decided on the way.

    Attributes
    ----------
    spectrum : Spectrum
        Ascending orbital energy [eV]; of levels, their broadened density on GRID_EV [states/eV].
    kind : "spectrum" | "levels"
    levels_ev : (n_levels,) float64 [eV], ascending, or None
        Orbital energies of a list of occupied levels.
    axis : "binding" | "orbital" | "kinetic"
        What the file's energies were; binding energies have been negated.
    x_unit : str
        The file's unit, a key of UNITS_EV.
    notes : tuple of str
        Sentences for the user: what was assumed, dropped or changed.
    reading : SpectrumOptions
        The reading as options: given back to `read_spectrum`, they lead to the same result.
    dropped : tuple of Dropped
    """

    spectrum: Spectrum
    kind: Literal["spectrum", "levels"]
    levels_ev: np.ndarray | None
    axis: Axis
    x_unit: str
    notes: tuple[str, ...] = ()
    reading: SpectrumOptions = DEFAULT_OPTIONS
    dropped: tuple[Dropped, ...] = ()


def read_spectrum(data: bytes, filename: str, *, options: SpectrumOptions = DEFAULT_OPTIONS) -> ReadSpectrum:
    """Return the spectrum or the levels of a file; the content, not the extension, decides how it is read.

    Raises
    ------
    InputError
        If it is empty, binary, no table of numbers, or its axis is no electron energy (1/cm, nm).
    AmbiguousError
        If columns, unit, sign, photon energy, zero, region or decimal mark stay open and no option says them.
    """
    notes: list[str] = []
    table = pick_region(read_regions(data, options=options), options, notes)
    return read_number_table(table, label=clean_id(re.split(r"[/\\]", filename)[-1]), options=options, notes=notes)


def read_number_table(table: NumberTable, *, label: str, options: SpectrumOptions, notes: list[str]) -> ReadSpectrum:
    """Return the spectrum or the levels of one table of numbers; errors as in `read_spectrum`."""
    picked = _whole_list(table) if table.is_list else pick_columns(table, options)
    notes = [*notes, *table.notes, *picked.notes]
    _check_not_optical(picked)
    _check_count(len(picked.x), is_list=picked.y is None)
    x, y, dropped = _drop_gaps(picked, notes)
    if picked.y is None and not x.any():
        raise InputError("levels must not all be 0")
    scale = to_orbital_energies(
        x,
        name=picked.name,
        header_text=table.header_text,
        unit_shown=picked.unit,
        is_list=picked.y is None,
        options=options,
        notes=notes,
    )
    reading = replace(
        options,
        energy_column=picked.energy_column or None,
        intensity_column=picked.intensity_column or None,
        unit=scale.unit,
        axis=scale.axis,
        photon_energy_ev=scale.photon_energy_ev,
        reference=scale.reference,
        region=options.region if options.region is not None else table.name or None,
    )
    title = table.name if table.name and not table.name.startswith("region ") else label
    if y is None:
        levels = _occupied_levels(scale, picked.occupations is not None, options=options, notes=notes, dropped=dropped)
        spectrum = Spectrum(GRID_EV, broaden(levels), title)
        return ReadSpectrum(spectrum, "levels", levels, scale.axis, scale.unit, tuple(notes), reading, tuple(dropped))
    if len(x) < FEW_POINTS:
        notes.append(
            f"only {len(x)} points: read as a curve, straight from one to the next; if they are the energies of levels, give the "
            "energies alone"
        )
    spectrum = _ordered(scale.energies_ev, y, label=title, notes=notes)
    return ReadSpectrum(spectrum, "spectrum", None, scale.axis, scale.unit, tuple(notes), reading, tuple(dropped))


def _whole_list(table: NumberTable) -> PickedColumns:
    name = table.names[0]
    return PickedColumns(table.values[:, 0], None, None, None, name, name or "1", "", None, ())


def _check_not_optical(picked: PickedColumns) -> None:
    """Raise InputError for a spectrum of light."""
    text = fold(f"{picked.name} {picked.intensity_column}").lower()
    if re.search(_OPTICAL, text) and not why_no_energy(picked.name):
        raise InputError(
            f"the spectrum must be of electron energies, got {clean_id(text)[:60]!r}: an absorption or emission spectrum "
            "shows excitations, not levels"
        )


def _check_count(count: int, *, is_list: bool) -> None:
    if is_list and not 1 <= count <= 10 * MAX_LEVELS:
        raise InputError(f"a list of levels must have 1 to {MAX_LEVELS:,}, got {count:,}")
    if count > MAX_POINTS:
        raise InputError(f"a spectrum may have at most {MAX_POINTS:,} points, got {count:,}")


def _drop_gaps(picked: PickedColumns, notes: list[str]) -> tuple[np.ndarray, np.ndarray | None, list[Dropped]]:
    """Return energies and intensities where both are finite, of occupied levels alone, and what was dropped."""
    x, y = picked.x, picked.y
    dropped: list[Dropped] = []
    what = "points" if y is not None else "levels"
    finite = np.isfinite(x) & (np.isfinite(y) if y is not None else True)
    if not finite.all():
        dropped.append(Dropped(int((~finite).sum()), "no finite number"))
        notes.append(f"{dropped[-1].count} of {len(x)} {what} are no finite numbers and were left out")
    if y is None and picked.occupations is not None:
        kept = finite & _are_occupied(picked.occupations[finite], picked.occupations)
        empty = int((finite & ~kept).sum())
        if empty:
            dropped.append(Dropped(empty, "not occupied"))
            notes.append(f"{empty} of {len(x)} levels are not occupied and were left out")
        whole = _without_gap(kept, picked.index, notes)
        if (kept & ~whole).any():
            dropped.append(Dropped(int((kept & ~whole).sum()), "below levels that are missing"))
        return x[whole], None, dropped
    if y is None:
        if finite.sum() > MAX_LEVELS or not finite.any():
            raise InputError(f"a list of levels must have 1 to {MAX_LEVELS:,}, got {int(finite.sum()):,}")
        return x[finite], None, dropped
    x, y = x[finite], y[finite]
    if len(np.unique(x)) < 2:
        raise InputError(f"a spectrum needs at least 2 points at different energies, got {len(np.unique(x))}")
    if not (y > 0).any():
        raise InputError("intensities must be above 0 somewhere, got none")
    return x, y, dropped


def _are_occupied(finite: np.ndarray, occupations: np.ndarray) -> np.ndarray:
    """Return which levels hold two electrons; InputError for an open shell or no electrons at all."""
    most = float(finite.max()) if len(finite) else 0.0
    if most <= 0:
        raise InputError("a list of levels must hold occupied ones, all occupations are 0")
    if most > 2.01 or finite.min() < -0.01:
        raise InputError(f"occupations must lie between 0 and 2, got {finite.min():g} to {most:g}")
    full = occupations > 0.98 * most
    if (~full & (occupations > 0.02)).any():
        raise InputError("levels must be of a closed shell, some are partly occupied")
    return full


def _without_gap(kept: np.ndarray, index: np.ndarray | None, notes: list[str]) -> np.ndarray:
    """Leave out the levels below a gap in their numbers: what lies between was not printed."""
    if index is None:
        return kept
    places = np.flatnonzero(kept & np.isfinite(index))
    gaps = np.flatnonzero(np.diff(index[places]) != 1)
    if not len(gaps):
        return kept
    out = kept.copy()
    out[places[: gaps[-1] + 1]] = False
    below, above = index[places[gaps[-1]]], index[places[gaps[-1] + 1]]
    notes.append(f"levels are missing between numbers {below:g} and {above:g}: those below were left out")
    return out


def _occupied_levels(
    scale: EnergyScale, is_occupied: bool, *, options: SpectrumOptions, notes: list[str], dropped: list[Dropped]
) -> np.ndarray:
    """Return the levels below the vacuum zero, ascending."""
    levels = np.sort(scale.energies_ev)
    if len(levels) > MAX_LEVELS:
        raise InputError(f"a list of levels must have 1 to {MAX_LEVELS:,}, got {len(levels):,}")
    empty = int((levels >= 0).sum())
    if empty == 1 and levels[-1] == 0 and not is_occupied and len(levels) > 1:
        check_homo(levels, is_unit_stated=scale.is_unit_stated, options=options)  # a HOMO at zero
    if empty:
        dropped.append(Dropped(empty, "at or above 0 eV"))
        notes.append(f"{empty} levels at or above 0 eV are not occupied and were left out")
        levels = levels[levels < 0]
    if not (levels >= GRID_EV[0]).any():
        raise InputError(f"one level at least must lie between {GRID_EV[0]:g} and 0 eV, got none")
    check_homo(levels, is_unit_stated=scale.is_unit_stated, options=options)
    return levels


def _ordered(energies: np.ndarray, y: np.ndarray, *, label: str, notes: list[str]) -> Spectrum:
    """Return the points in order of energy, equal energies averaged."""
    if (y < 0).mean() > 0.5:
        raise AmbiguousError(
            f"{int((y < 0).sum())} of {len(y)} intensities are below 0: choose the columns of energy and intensity",
            option="intensity_column",
        )
    if len(y) < 4:
        notes.append(f"only {len(y)} points: peaks are read as a curve; a list of levels has one column")
    if (y < 0).any():
        notes.append(f"{int((y < 0).sum())} intensities are below 0 and were kept as they are")
    steps = np.diff(energies)
    if not ((steps >= 0).all() or (steps <= 0).all()):
        notes.append("the energies were not in order and have been sorted")
    grid, where = np.unique(energies, return_inverse=True)
    counts = np.bincount(where)
    if (counts > 1).any():
        notes.append(f"{int((counts > 1).sum())} energies occur more than once: their intensities were averaged")
    return Spectrum(grid, np.bincount(where, weights=y) / counts, label)
