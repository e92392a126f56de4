"""Ticks of logarithmic axes and colour bars."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

MIN_TICKS = 3  # of a logarithmic axis


def log_ticks(top: int) -> dict[str, Any]:
    """Return the ticks of a colour bar whose values are log10 of counts up to `top`."""
    ticks = [n for n in (1, 3, 10, 30, 100, 300, 1000, 3000) if n <= top]
    return {"tickvals": np.log10(ticks).tolist(), "ticktext": [f"{n:,}" for n in ticks]}


def log_axis_ticks(figure: go.Figure, axis: str, values: Sequence[float]) -> None:
    """Fit a logarithmic axis to positive values, ticks at round numbers: Plotly's own leave it bare.

    They are 1, 2 and 5 times the powers of ten; all digits where that gives fewer than three.
    """
    low, high = np.log10(min(values)) - 0.08, np.log10(max(values)) + 0.12
    shown: list[float] = []
    for digits in ((1, 2, 5), range(1, 10)):
        ticks = [float(f"{m}e{p}") for p in range(int(np.floor(low)), int(np.ceil(high)) + 1) for m in digits]
        shown = [t for t in ticks if low <= np.log10(t) <= high]
        if len(shown) >= MIN_TICKS:
            break
    figure.update_layout(
        {f"{axis}axis": {"range": [low, high], "tickvals": shown, "ticktext": [f"{t:,g}" for t in shown]}}
    )
