"""Spectra and lists of levels in: two-column text, one-column text, JCAMP-DX."""

import re
from dataclasses import dataclass
from typing import Literal

import numpy as np

from core.errors import InputError
from core.readers.columns import parse_numbers, pick_columns
from core.readers.jcamp_dx import MAX_POINTS, parse_blocks, read_block
from core.readers.records import clean_id
from core.readers.text import check_size, decode_text
from core.spectrum.broaden import GRID_EV, Spectrum, broaden
from core.units import HARTREE_EV

SPECTRUM_EXTENSIONS = ("csv", "tsv", "txt", "xy", "dat", "jdx", "dx", "jcamp")
MAX_LEVELS = 1_000

# the unit of an energy axis, or why an axis is none: (pattern, unit or None, what to say)
_AXES = (
    (r"kinetic", None, "kinetic energies need the photon energy; convert to binding energy first"),
    (r"hartree|\bha\b|\beh\b|energy\W{0,3}a\.?u\b", "Hartree", ""),  # a.u. alone may be the intensity's
    (r"(?:\b|_)ev\b|electron\s?-?volt", "eV", ""),
    (r"cm\s*\^?\s*-\s*1|cm⁻¹|1\s*/\s*cm|cm\*\*-1|wave\s?number", None, "1/cm is a vibrational scale"),
    (r"wave\s?length|nanomet|micromet|\bnm\b|\bum\b|µm", None, "a wavelength is an excitation, not a level"),
    (r"m/z|\bppm\b|hertz|\bhz\b|seconds|minutes|kelvin|2\s?theta|chemical shift", None, "it is no energy"),
    (r"\bkev\b|\bmev\b|kcal|kj|\bry\b|rydberg", None, "only eV and Hartree are read"),
)
_OTHER_SPECTRA = r"INFRARED|RAMAN|NMR|MASS\s+SPEC|UV[/-]?VIS|CHROMATOGRAM"


@dataclass(frozen=True, eq=False)
class ReadSpectrum:
    """A spectrum or a list of levels as read, and what was decided on the way.

    Attributes
    ----------
    spectrum : Spectrum
        Ascending orbital energy [eV]; of levels, their broadened density on GRID_EV [states/eV].
    kind : "spectrum" | "levels"
    levels_ev : (n_levels,) float64 [eV], ascending, or None
        Orbital energies of a list of levels.
    axis : "binding" | "orbital"
        What the file's energies were; binding energies have been negated.
    x_unit : str
        The file's unit, "eV" or "Hartree".
    notes : tuple of str
        Sentences for the user: what was assumed, dropped or changed.
    """

    spectrum: Spectrum
    kind: Literal["spectrum", "levels"]
    levels_ev: np.ndarray | None
    axis: Literal["binding", "orbital"]
    x_unit: str
    notes: tuple[str, ...] = ()


def read_spectrum(data: bytes, filename: str) -> ReadSpectrum:
    """Return the spectrum or the levels of a file; the content, not the extension, decides how it is read.

    Raises
    ------
    InputError
        If it is empty, binary, no table of numbers, or its axis is no electron energy (1/cm, nm, kinetic energy).
    """
    check_size(data)
    text = decode_text(data)
    label = clean_id(re.split(r"[/\\]", filename)[-1])
    if re.search(r"^\s*##\s*(TITLE|JCAMP-?\s?DX)\s*=", text[:5_000], re.IGNORECASE | re.MULTILINE):
        return _read_jcamp(text, label)
    table = parse_numbers(text)
    picked = pick_columns(table)
    notes = [*table.notes, *picked.notes]
    unit = _find_unit(picked.axis_text or table.header_text, notes)
    hint = f"{picked.axis_text} {table.header_text}"
    if picked.y is None:
        return _finish_levels(picked.x, unit=unit, hint=hint, label=label, notes=notes)
    return _finish_spectrum(picked.x, picked.y, unit=unit, hint=hint, label=label, notes=notes)


def _read_jcamp(text: str, label: str) -> ReadSpectrum:
    blocks = [block for block in parse_blocks(text) if block.table]
    if not blocks:
        raise InputError("nothing was read: the JCAMP-DX file has no XYDATA, XYPOINTS or PEAK TABLE")
    block, labels = blocks[0], blocks[0].labels
    title = clean_id(labels.get("TITLE", "").split("\n")[0]) or label
    notes = [f"the file holds {len(blocks)} spectra, the first is read ({title})"] if len(blocks) > 1 else []
    data_type = labels.get("DATATYPE", "")
    if re.search(_OTHER_SPECTRA, data_type, re.IGNORECASE):
        raise InputError(f"the spectrum must be of electron energies, got DATA TYPE {clean_id(data_type)!r}")
    x_unit_text = labels.get("XUNITS", "")
    unit = _find_unit(x_unit_text, notes)
    x, y = read_block(block)
    hint = f"{x_unit_text} {labels.get('$AXIS', '')} {labels.get('XLABEL', '')} {title}"
    if block.table == "PEAKTABLE":
        notes.append("the peaks of the table are taken as levels, their heights are not used")
        return _finish_levels(x, unit=unit, hint=hint, label=title, notes=notes)
    return _finish_spectrum(x, y, unit=unit, hint=hint, label=title, notes=notes)


def _find_unit(axis_text: str, notes: list[str]) -> str:
    """Return "eV" or "Hartree", or raise InputError when the axis says that it is something else."""
    for pattern, unit, why in _AXES:
        if re.search(pattern, axis_text, re.IGNORECASE):
            if unit is None:
                raise InputError(f"the energy axis must be in eV or Hartree, got {clean_id(axis_text)[:60]!r}: {why}")
            return unit
    notes.append("no unit is given: energies are read as eV")
    return "eV"


def _find_axis(x: np.ndarray, hint: str, notes: list[str]) -> Literal["binding", "orbital"]:
    """Tell binding energies (positive = bound) from orbital energies (negative = bound)."""
    is_binding = bool(re.search(r"binding|ioni[sz]ation", hint, re.IGNORECASE))
    is_orbital = bool(re.search(r"orbital|eigenvalue|kohn", hint, re.IGNORECASE))
    if is_binding and not is_orbital and x.max() > 0:
        return "binding"
    if is_orbital and not is_binding and x.min() < 0:
        return "orbital"
    axis: Literal["binding", "orbital"] = "binding" if x.max() > -x.min() else "orbital"
    sign = "positive" if axis == "binding" else "negative"
    notes.append(f"energies are mostly {sign}: read as {axis} energies")
    return axis


def _finish_spectrum(
    x: np.ndarray, y: np.ndarray, *, unit: str, hint: str, label: str, notes: list[str]
) -> ReadSpectrum:
    """Check, convert and order the points of a spectrum."""
    x, y = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    finite = np.isfinite(x) & np.isfinite(y)
    if not finite.all():
        notes.append(f"{int((~finite).sum())} of {len(x)} points are no finite numbers and were left out")
        x, y = x[finite], y[finite]
    if len(x) > MAX_POINTS:
        raise InputError(f"a spectrum may have at most {MAX_POINTS:,} points, got {len(x):,}")
    if len(np.unique(x)) < 2:
        raise InputError(f"a spectrum needs at least 2 points at different energies, got {len(np.unique(x))}")
    if not (y > 0).any():
        raise InputError("intensities must be above 0 somewhere, got none")
    if (y < 0).any():
        notes.append(f"{int((y < 0).sum())} intensities are below 0 and were kept as they are")
    axis = _find_axis(x, hint, notes)
    energies = _to_ev(x, axis=axis, unit=unit, notes=notes)
    steps = np.diff(energies)
    if not ((steps >= 0).all() or (steps <= 0).all()):
        notes.append("the energies were not in order and have been sorted")
    grid, where = np.unique(energies, return_inverse=True)
    counts = np.bincount(where)
    if (counts > 1).any():
        notes.append(f"{int((counts > 1).sum())} energies occur more than once: their intensities were averaged")
    spectrum = Spectrum(grid, np.bincount(where, weights=y) / counts, label)
    return ReadSpectrum(spectrum, "spectrum", None, axis, unit, tuple(notes))


def _finish_levels(x: np.ndarray, *, unit: str, hint: str, label: str, notes: list[str]) -> ReadSpectrum:
    """Check, convert and order a list of levels; empty levels above the vacuum zero are left out."""
    x = np.asarray(x, dtype=np.float64)
    if not np.isfinite(x).all():
        notes.append(f"{int((~np.isfinite(x)).sum())} of {len(x)} levels are no finite numbers and were left out")
        x = x[np.isfinite(x)]
    if not 1 <= len(x) <= MAX_LEVELS:
        raise InputError(f"a list of levels must have 1 to {MAX_LEVELS:,}, got {len(x):,}")
    if not x.any():
        raise InputError("levels must not all be 0")
    axis = _find_axis(x, hint, notes)
    levels = np.sort(_to_ev(x, axis=axis, unit=unit, notes=notes))
    empty = int((levels >= 0).sum())
    if empty:
        notes.append(f"{empty} levels at or above 0 eV are not occupied and were left out")
        levels = levels[levels < 0]
    if not (levels >= GRID_EV[0]).any():
        raise InputError(f"one level at least must lie between {GRID_EV[0]:g} and 0 eV, got none")
    spectrum = Spectrum(GRID_EV, broaden(levels), label)
    return ReadSpectrum(spectrum, "levels", levels, axis, unit, tuple(notes))


def _to_ev(x: np.ndarray, *, axis: str, unit: str, notes: list[str]) -> np.ndarray:
    if unit == "eV" and np.abs(x).max() < 3:
        notes.append("all energies lie within 3 of zero: are they in Hartree? They were read as eV")
    return x * (-1.0 if axis == "binding" else 1.0) * (HARTREE_EV if unit == "Hartree" else 1.0)
