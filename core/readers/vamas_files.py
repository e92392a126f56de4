"""VAMAS files (ISO 14976) by the package `vamas`, each block checked against what the file says of itself.

The package reads regular scans with complete blocks; it prints and goes on where a file is anything else, so such
files are refused by name here.
"""

import contextlib
import io

import numpy as np

from core.errors import InputError
from core.readers.columns import NumberTable

_MARK = "VAMAS Surface Chemical Analysis Standard Data Transfer Format"
_WAY_ON = "export the spectrum as text with two columns"
_MISSING = 1e36  # the format writes 1e37 where a value is not given


def is_vamas(text: str) -> bool:
    """Whether a text begins as the format demands."""
    return text.lstrip().startswith(_MARK)


def parse_vamas(text: str) -> list[NumberTable]:
    """Return the blocks of a VAMAS file, with the photon energy in their header text.

    Raises
    ------
    InputError
        If it is no file of regular scans that follows the format.
    """
    from vamas import Vamas  # only files of this format need it

    said = io.StringIO()
    try:
        with contextlib.redirect_stdout(said):
            file = Vamas("\n".join(text.lstrip().splitlines()).encode("utf-8") + b"\n")
    except Exception as error:
        raise InputError(
            f"the VAMAS file does not follow its format ({str(error)[:60] or 'it ends too early'}): {_WAY_ON}"
        ) from error
    if file.header.scan_mode != "REGULAR" or said.getvalue() or file.header.num_entries_inclusion_exclusion:
        raise InputError(f"a VAMAS file must hold regular scans with complete blocks, this one does not: {_WAY_ON}")
    tables = [_table(block) for block in file.blocks]
    if not tables:
        raise InputError("nothing was read: the VAMAS file holds no blocks")
    return tables


def _table(block: object) -> NumberTable:
    variables = block.corresponding_variables  # type: ignore[attr-defined]
    y = np.array([variable.y_values for variable in variables], dtype=np.float64)
    name = str(block.block_identifier)  # type: ignore[attr-defined]
    notes = tuple(
        f"the file says that {v.label} goes from {v.y_min:g} to {v.y_max:g}, it goes from {values.min():g} to {values.max():g}"
        for v, values in zip(variables, y, strict=True)
        if len(values) and max(abs(v.y_min), abs(v.y_max)) < _MISSING and v.y_min < v.y_max and not _agrees(values, v)
    )
    x = block.x_start + block.x_step * np.arange(y.shape[1])  # type: ignore[attr-defined]
    x_name = f"{block.x_label} ({block.x_units})"  # type: ignore[attr-defined]
    light = block.analysis_source_characteristic_energy  # type: ignore[attr-defined]
    text = f"technique: {block.technique}\nphoton energy: {light:g} eV" if 0 < light < _MISSING else ""  # type: ignore[attr-defined]
    names = [v.label if "trans" in v.label.lower() else f"{v.label} counts" for v in variables]
    return NumberTable(np.column_stack([x, y.T]), [x_name, *names], text, notes, name=name)


def _agrees(values: np.ndarray, variable: object) -> bool:
    low, high = variable.y_min, variable.y_max  # type: ignore[attr-defined]
    slack = 1e-3 * max(abs(low), abs(high), 1.0)
    return bool(abs(values.min() - low) <= slack and abs(values.max() - high) <= slack)
