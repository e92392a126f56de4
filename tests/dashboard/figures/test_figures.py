"""Figures of spectra, levels and distributions: data in, figure out."""

import numpy as np
import plotly.graph_objects as go
import pytest

from dashboard.figures.levels import level_name, spread_degenerate
from dashboard.figures.library import histogram_figure
from dashboard.figures.log_axis import log_axis_ticks
from dashboard.figures.spectra import Curve, spectrum_figure
from dashboard.figures.theme import LIGHT


def test_binding_energy_turns_the_axis() -> None:
    curve = Curve("x", np.array([-10.0, -9.0]), np.ones(2))
    figure = spectrum_figure([curve], theme=LIGHT, unit="states/eV", axis="binding", window_ev=(-20, 0))
    assert list(figure.data[-1].x) == [10.0, 9.0]
    assert tuple(figure.layout.xaxis.range) == (20.0, 0.0)


def test_level_names_count_from_the_homo() -> None:
    assert [level_name(k, 3) for k in range(4)] == ["HOMO\u22122", "HOMO\u22121", "HOMO", "LUMO"]


def test_degenerate_levels_stand_side_by_side() -> None:
    offsets = spread_degenerate(np.array([-14.0, -10.01, -10.0, -5.0]))
    assert offsets[0] == offsets[3] == 0
    assert offsets[1] == -offsets[2] != 0


def test_histogram_counts_every_known_value() -> None:
    values = np.array([1.0, 2.0, np.nan, 3.0, 3.0])
    figure = histogram_figure(
        values, theme=LIGHT, title="Gap / eV", selected=np.array([True, False, True, True, False])
    )
    assert sum(figure.data[0].y) == 4
    assert sum(figure.data[1].y) == 2


@pytest.mark.parametrize(
    ("values", "ticks"), [((0.26, 0.46), (0.3, 0.4, 0.5, 0.6)), ((0.05, 0.9), (0.05, 0.1, 0.2, 0.5, 1.0))]
)
def test_a_short_logarithmic_axis_has_ticks_too(values, ticks) -> None:
    figure = go.Figure()
    log_axis_ticks(figure, "y", values)
    assert figure.layout.yaxis.tickvals == ticks
