"""Figures of spectra, levels and distributions: data in, figure out."""

import numpy as np
import plotly.graph_objects as go
import pytest

from core.quantities import QUANTITIES
from dashboard.figures.levels import Ladder, level_figure, level_name, spread_degenerate
from dashboard.figures.library import histogram_figure
from dashboard.figures.log_axis import log_axis_ticks
from dashboard.figures.spectra import Curve, deepest_shown, spectrum_figure
from dashboard.figures.strata import reliability_figure
from dashboard.figures.theme import CURVE_SYMBOLS, LIGHT, MAX_DRAWN, MOLECULE_COLOURS, RESIDUAL
from dashboard.widgets.figure import describe_axes


def test_binding_energy_turns_the_axis() -> None:
    curve = Curve("x", np.array([-10.0, -9.0]), np.ones(2))
    figure = spectrum_figure([curve], theme=LIGHT, height_of=QUANTITIES["density"], axis="binding", window_ev=(-20, 0))
    assert list(figure.data[-1].x) == [10.0, 9.0]
    assert tuple(figure.layout.xaxis.range) == (10.0, 0.0)


@pytest.mark.parametrize(
    ("deepest_ev", "window_ev", "shown_ev"),
    [
        (-12.2, (-30, 0), -15),
        (-26.0, (-30, 0), -30),
        (-12.2, (-13, 0), -13),
        (-6.0, (-12, -8), -12),
        (-6.0, (-30, -5), -10),
    ],
)
def test_a_window_is_shown_as_far_as_something_is_there(deepest_ev, window_ev, shown_ev) -> None:
    grid = np.arange(-30.0, 0.01, 0.05)
    line = Curve("x", grid, np.exp(-(((grid - deepest_ev - 0.2) / 0.05) ** 2)), levels_ev=np.array([deepest_ev + 0.2]))
    assert deepest_shown([line], window_ev) == shown_ev
    shallow = Curve("y", grid, np.exp(-(((grid + 4) / 0.05) ** 2)))
    assert deepest_shown([shallow, line], window_ev) == shown_ev  # the deepest of all


def test_nothing_drawn_leaves_the_window_as_it_is() -> None:
    assert deepest_shown([Curve("x", np.array([-10.0, -9.0]), np.zeros(2))], (-30, 0)) == -30


def curve_of(order: int) -> Curve:
    return Curve(f"molecule {order}", np.array([-10.0, -9.0]), np.ones(2), order=order)


def test_several_curves_and_their_residuals_carry_their_own_symbol() -> None:
    curves = [curve_of(k) for k in range(MAX_DRAWN)]
    figure = spectrum_figure(curves, theme=LIGHT, height_of=QUANTITIES["density"], residuals=curves)
    drawn = [t for t in figure.data if t.mode == "lines+markers"]
    lines, residuals = drawn[:MAX_DRAWN], drawn[MAX_DRAWN:]
    assert [t.marker.symbol for t in lines] == [t.marker.symbol for t in residuals] == list(CURVE_SYMBOLS)
    assert {t.line.color for t in residuals} == {RESIDUAL}
    assert len({t.line.dash for t in residuals}) == MAX_DRAWN
    assert {t.yaxis for t in residuals}.isdisjoint({t.yaxis for t in lines})  # a panel of their own
    assert RESIDUAL not in MOLECULE_COLOURS


def test_one_curve_needs_no_symbol() -> None:
    figure = spectrum_figure([curve_of(0)], theme=LIGHT, height_of=QUANTITIES["density"], residuals=[curve_of(0)])
    assert {t.mode for t in figure.data} == {"lines"}


def test_what_a_screen_reader_hears_of_a_figure_are_its_axes() -> None:
    figure = spectrum_figure([curve_of(0)], theme=LIGHT, height_of=QUANTITIES["density"])
    assert describe_axes(figure) == "Figure: Density of states / states/eV against Orbital energy / eV"
    assert describe_axes(go.Figure()) == "Figure: "


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


def test_a_stick_says_what_is_expected_of_it() -> None:
    ladder = Ladder("x", np.array([-12.0, -8.0]), -1.0, errors_ev=np.array([0.043, np.nan]))
    (sticks,) = level_figure([ladder], theme=LIGHT).data
    assert [said for *_, said in sticks.customdata] == [" \u00b1 0.04", "", ""]
    assert "customdata[2]" in sticks.hovertemplate


def test_curves_against_the_diagonal_are_told_apart_however_many_there_are() -> None:
    fifths = {f"set {k}": [{"expected_rmse_ev": 0.1 * k, "rmse_ev": 0.1}] for k in range(1, 9)}
    looks = [
        (c.line.color, c.line.dash, c.marker.symbol) for c in reliability_figure(fifths, theme=LIGHT).data if c.name
    ]
    assert len(set(looks)) == len(looks) == 8
