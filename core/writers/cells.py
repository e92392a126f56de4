"""Cells of tables as text that reads back and that no spreadsheet runs."""

import math
import re
from typing import Any

import numpy as np
import pandas as pd

_PLAIN_NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?")


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


def _inert(text: str) -> str:
    """Keep a spreadsheet from running text: =, +, -, @, tab and return get an apostrophe before them."""
    runs = text[:1] in ("=", "+", "-", "@", "\t", "\r") and not _PLAIN_NUMBER.fullmatch(text)
    text = f"'{text}" if runs else text
    return text.replace("\r\n", "\n").replace("\r", "\n")  # a bare return is not quoted and would end the row


def _one_line(text: str) -> str:
    line = " ".join(text.split())
    return f" {line}" if line.startswith(("$$$$", ">")) else line
