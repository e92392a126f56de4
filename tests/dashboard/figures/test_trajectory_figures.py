"""Figures of trajectories: axes with units, binding energies, what is marked.

Covers `dashboard.figures.trajectories`.
"""

import numpy as np
import pytest

from core.trajectories.spectra import average_spectrum, convergence_of, spectrogram
from dashboard.figures.theme import LIGHT
from dashboard.figures.trajectories import (
    average_figure,
    convergence_figure,
    levels_in_time_figure,
    motion_figure,
    spectrogram_figure,
)
from dashboard.widgets.figure import describe_axes


@pytest.fixture
def levels(rng: np.random.Generator) -> np.ndarray:
    return np.array([-12.0, -8.0]) + rng.normal(0, 0.1, (50, 2))


@pytest.mark.parametrize(("axis", "sign"), [("orbital", 1.0), ("binding", -1.0)])
def test_the_average_stands_beside_the_static_spectrum(levels: np.ndarray, axis: str, sign: float) -> None:
    average = average_spectrum(levels, np.array([-12.0, -8.0]))
    figure = average_figure(average, theme=LIGHT, axis=axis, marked_ev=(-9.0, -7.0))
    band, static, mean = figure.data
    np.testing.assert_array_equal(mean.x, sign * average.energies_ev)
    assert (static.line.dash, mean.line.dash) == ("dash", None)
    assert np.asarray(band.y).min() >= 0
    assert sorted((figure.layout.shapes[0].x0, figure.layout.shapes[0].x1)) == sorted((sign * -9.0, sign * -7.0))
    assert describe_axes(figure).endswith("energy / eV" if axis == "orbital" else "energy (−orbital energy) / eV")
    low, high = figure.layout.xaxis.range
    assert (low < high) == (axis == "orbital")


def test_time_has_its_unit_or_is_the_frame(levels: np.ndarray) -> None:
    times, densities = spectrogram(levels, np.arange(50.0), grid_ev=np.arange(-14.0, -6.0, 0.1))
    figure = spectrogram_figure(times, np.arange(-14.0, -6.0, 0.1), densities, theme=LIGHT, is_timed=False)
    assert figure.layout.xaxis.title.text == "Frame"
    assert np.asarray(figure.data[0].z).shape == (80, 50)
    lines = levels_in_time_figure(times, levels, ["HOMO−1", "HOMO"], theme=LIGHT, marked="HOMO")
    assert lines.layout.xaxis.title.text == "Time / ps"
    assert lines.data[1].line.width > lines.data[0].line.width


def test_the_end_of_a_convergence_is_not_drawn_as_a_value(levels: np.ndarray) -> None:
    figure = convergence_figure(convergence_of(levels), theme=LIGHT)
    assert np.isnan(figure.data[0].y[-1]), "it is 0 by construction"
    assert figure.data[1].y[-1] > 0


def test_a_motion_carries_its_unit(levels: np.ndarray) -> None:
    figure = motion_figure(
        np.linspace(1.2, 1.3, 50), levels[:, 1], motion="C1–O2", unit="Å", target="HOMO", theme=LIGHT
    )
    assert describe_axes(figure) == "Figure: HOMO / eV against C1–O2 / Å"
