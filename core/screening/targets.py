"""What candidates are ranked against, from anything that can stand for it: a name, a row, levels, a curve or a file."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from core.errors import InputError
from core.models.registry import predicts_ionisation
from core.readers.spectra import DEFAULT_OPTIONS, ReadSpectrum, read_spectrum
from core.readers.spectrum_options import SpectrumOptions
from core.readers.text import read_file
from core.spectrum.broaden import Spectrum
from core.spectrum.levels import N_BAND, Levels
from core.spectrum.target import Target, target_from_levels, target_from_row, target_from_spectrum
from core.table_conformers import weighed_levels


def make_target(
    table: pd.DataFrame,
    target: Any,
    *,
    band: bool,
    is_measured: bool | None = None,
    reading: SpectrumOptions = DEFAULT_OPTIONS,
) -> Target:
    """Return what candidates are ranked against, from anything that `core.api.rank` takes.

    Parameters
    ----------
    table : prediction table
        In which a name (str) is looked up.
    band : bool
        Whether a curve stands for the 16 highest levels only.
    is_measured : bool or None
        Whether a curve or a list is of ionisation energies; when left out, a file's is if it is of binding energies and not
        of the 16 highest levels. Numbers that are said to be may be positive.
    reading : SpectrumOptions
        How a file is to be read.

    Raises
    ------
    EigenscopeError
        If it is none of these, cannot be read, or there is nothing to compare with.
    """
    n_levels = N_BAND if band else None
    if isinstance(target, Target):
        return target
    if isinstance(target, str | int):
        return target_of_prediction(find_row(table, str(target)))
    if isinstance(target, PathLike):
        return target_from_file(Path(target), n_levels=n_levels, is_measured=is_measured, reading=reading)
    if isinstance(target, Spectrum):
        return target_from_spectrum(target, n_levels=n_levels, is_measured=bool(is_measured))
    if isinstance(target, Levels):
        return target_from_levels(known_levels(target), "levels", is_measured=bool(is_measured))
    if is_row(target):
        return target_of_prediction(target)
    if is_curve(target):
        energies, density = (numbers_of(values, "energies and density") for values in target)
        curve = Spectrum(energies, density, "spectrum")
        return target_from_spectrum(curve, n_levels=n_levels, is_measured=bool(is_measured))
    numbers = numbers_of(target, "target")
    if is_measured and (numbers > 0).any():
        if not (numbers > 0).all():
            raise InputError("ionisation energies must be all positive, or all negative as levels are, got both signs")
        numbers = -numbers
    return target_from_levels(numbers, "levels", is_measured=bool(is_measured))


def target_of_prediction(row: Mapping[str, Any] | pd.Series) -> Target:
    """Return a row of a prediction table as the target, see `core.spectrum.target.target_from_row`, and what its levels are."""
    target = replace(target_from_row(row), of_ionisation=predicts_ionisation(str(row.get("model") or "")))
    weighed = weighed_levels(row)
    if weighed is None:
        return target
    levels, weights = weighed
    return replace(target, conformers_ev=levels[:, -(target.n_levels or 0) :], conformer_weights=weights)


def find_row(table: pd.DataFrame, name: str) -> pd.Series:
    """Return the table's row of that id, else its first of that InChIKey.

    Raises
    ------
    InputError
        If there is none, or more than one of that id.
    """
    for column in ("id", "inchikey"):
        rows = table[table[column].astype(str) == name] if column in table else table.iloc[:0]
        if len(rows) > 1 and column == "id":
            raise InputError(
                f"the target's id must be of one row, {len(rows)} rows are called {name!r}: name its InChIKey"
            )
        if len(rows):
            return rows.iloc[0]
    is_file = len(name) < 1000 and Path(name).is_file()
    hint = ": a file is given as a Path" if is_file else ""
    raise InputError(f"target must be a file, or an id or InChIKey of the scan, got {name!r}{hint}")


def target_from_file(
    path: Path,
    *,
    n_levels: int | None,
    is_measured: bool | None = None,
    reading: SpectrumOptions = DEFAULT_OPTIONS,
) -> Target:
    """Return the spectrum or the levels in a file as the target; raises InputError where it cannot be read."""
    read = read_spectrum(read_file(path), path.name, options=reading)
    return target_of_read(read, label=path.stem, n_levels=n_levels, is_measured=is_measured)


def target_of_read(
    found: ReadSpectrum, *, label: str, n_levels: int | None = None, is_measured: bool | None = None
) -> Target:
    """Return what a reader found as the target.

    Binding or kinetic energies are measured ones, unless they stand for `n_levels` highest levels: then they are Kohn-Sham
    levels, or a density of them, with the sign turned.

    Parameters
    ----------
    label : str
        The name of a list of levels; a curve has its own.
    n_levels : int or None
        How many of a candidate's highest levels a curve stands for; None = all valence levels.
    is_measured : bool or None
        What the user says, where he says it.
    """
    if is_measured is None:
        is_measured = found.axis in ("binding", "kinetic") and n_levels is None
    if found.levels_ev is not None:
        return target_from_levels(found.levels_ev, label, is_measured=is_measured)
    curve = target_from_spectrum(found.spectrum, n_levels=n_levels, is_measured=is_measured)
    return replace(curve, photon_energy_ev=found.reading.photon_energy_ev)


def is_row(thing: Any) -> bool:
    """Return whether a thing is a row of a prediction table."""
    return isinstance(thing, Mapping | pd.Series) and "levels_ev" in thing and "status" in thing


def is_curve(thing: Any) -> bool:
    """Return whether a thing is a pair of sequences, as energies and density are."""
    return (
        isinstance(thing, Sequence | np.ndarray) and len(thing) == 2 and all(np.ndim(values) == 1 for values in thing)
    )


def known_levels(levels: Levels) -> np.ndarray:
    """Return the valence levels that are known, ascending [eV]."""
    known: np.ndarray = levels.valence_ev[np.isfinite(levels.valence_ev)]
    return known


def numbers_of(values: Any, what: str) -> np.ndarray:
    """Return one row of finite numbers as float64.

    Raises
    ------
    InputError
        If it is anything else.
    """
    try:
        array = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise InputError(f"{what} must be numbers [eV], got {type(values).__name__}") from error
    if array.ndim != 1 or not len(array):
        raise InputError(f"{what} must be one row of finite numbers [eV], got the shape {array.shape}")
    if not np.isfinite(array).all():
        raise InputError(f"{what} must be finite numbers [eV], got {array[~np.isfinite(array)][0]}")
    return array
