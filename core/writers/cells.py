"""Cells of tables as text that reads back and that no spreadsheet runs."""

import math
import re
from typing import Any

import numpy as np
import pandas as pd

_FORMULA_STARTS = "=+-@\uff1d\uff0b\uff0d\uff20\ufe66\ufe62\ufe63\ufe6b"  # as they are, full-width and small
_INVISIBLE = "\x00\u200b\u200c\u200d\u2060\ufeff"  # no blanks to Python, and passed over like them
_PLAIN_NUMBER = re.compile(r"[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?")


def _is_list(value: Any) -> bool:
    return isinstance(value, np.ndarray | list | tuple) and len(value) > 0


def _cell(value: Any) -> str:
    """Return a value as text: lists joined by ";", floats at their own precision, nothing for NaN and None."""
    if isinstance(value, np.ndarray | list | tuple):
        return ";".join(np.asarray(value).astype(str).tolist())
    if value is None or (isinstance(value, float | np.floating) and math.isnan(value)) or value is pd.NA:
        return ""
    return str(value)


def _plain(value: Any) -> Any:
    """Return a value as JSON has it."""
    if isinstance(value, np.ndarray | list | tuple):
        return [_plain(item) for item in np.asarray(value).tolist()]
    if isinstance(value, np.generic):
        value = value.item()
    if value is pd.NA or (isinstance(value, float) and not math.isfinite(value)):
        return None
    return value if isinstance(value, str | int | float | bool | None) else str(value)


def inert_cell(value: Any) -> str:
    """Return a value as text for a spreadsheet; of a list each item by itself, since ";" cuts cells in some."""
    if isinstance(value, np.ndarray | list | tuple):
        items = np.asarray(value)
        return ";".join(map(inert_text, items.tolist())) if items.dtype.kind in "UO" else _cell(items)
    return inert_text(value) if isinstance(value, str) else _cell(value)


def inert_text(text: str) -> str:
    """Keep a spreadsheet from running text: a cell that begins as a formula does gets an apostrophe before it.

    So do =, +, -, @ and their full-width forms, behind blanks, tabs, line ends and invisible signs as well, which spreadsheets
    pass over; and a tab or return at the start. Plain numbers stay.
    """
    visible = re.sub(rf"^[\s{_INVISIBLE}\"]+", "", text)
    starts = bool(visible) and visible[0] in _FORMULA_STARTS and not _PLAIN_NUMBER.fullmatch(text)
    text = f"'{text}" if starts or text[:1] in ("\t", "\r", "\n") else text
    return text.replace("\r\n", "\n").replace("\r", "\n")  # a bare return is not quoted and would end the row


def _one_line(text: str) -> str:
    line = " ".join(text.split())
    return f" {line}" if line.startswith(("$$$$", ">")) else line
