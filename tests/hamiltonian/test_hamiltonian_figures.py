"""The measured table and its bars. Covers `core.evaluation.hamiltonian_fits`, `core.evaluation.hamiltonian_text`."""

import pytest

from core.errors import InputError
from core.evaluation.hamiltonian_fits import (
    bar_rows,
    load_hamiltonian_figures,
    ready_options,
    ready_shells,
    rows_of_fits,
)
from core.hamiltonian.reference import get_reference
from core.hamiltonian.results import load_fits


def test_every_figure_on_file_is_that_of_a_ready_fit() -> None:
    figures = load_hamiltonian_figures()
    known = {(row["reference"], row["n_shells"]): row for row in figures["fits"]}
    for row in rows_of_fits("585_5x5"):
        on_file = known[row["reference"], row["n_shells"]]
        assert row["held_out_mev"] == pytest.approx(on_file["held_out_mev"], rel=0.02)


def test_the_bars_are_those_of_the_kind_of_material() -> None:
    rows = {(row["what"], row["n_shells"]): row for row in bar_rows(load_hamiltonian_figures())}
    assert rows["pristine_1x1", 10]["bar_mev"] == 1
    assert rows["585_5x5", 10]["bar_mev"] == 4
    assert rows["585_5x5", 1]["bar_mev"] == 50
    for row in rows.values():
        assert (
            row["is_reached"] is None
            if row["bar_mev"] is None
            else row["is_reached"] == (row["held_out_mev"] <= row["bar_mev"])
        )


def test_an_error_above_its_bar_is_missed() -> None:
    fits = [
        {"reference": "585_5x5", "n_shells": n, "held_out_mev": error, "defect_correlation": correlation}
        for n, error, correlation in ((10, 4.1, 0.99), (5, 7.9, 0.90), (3, 1.0, 0.9))
    ]
    first, second = bar_rows({"fits": fits, "unseen": []})
    assert (first["is_reached"], first["is_density_reached"]) == (False, True)
    assert (second["is_reached"], second["is_density_reached"]) == (True, False)


def test_ready_fits_are_made_as_is_said() -> None:
    diamond = get_reference("diamond")
    assert ready_shells(diamond) == (1, 2, 3)
    assert sorted(load_fits("diamond").fits) == [1, 2, 3]
    assert ready_options(diamond, 2).density_weight == 0
    assert ready_options(get_reference("585_5x5"), 1).n_starts > ready_options(get_reference("585_5x5"), 5).n_starts


def test_without_figures_the_command_is_named(tmp_path) -> None:
    with pytest.raises(InputError, match="eigenscope compare hamiltonian"):
        load_hamiltonian_figures(tmp_path)
