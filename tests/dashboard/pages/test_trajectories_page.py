"""Trajectories, by widget key.

Covers `dashboard.app_pages.trajectories.*`.
"""

import io
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from page_states import settle, state_of
from streamlit.testing.v1 import AppTest

from core.readers.trajectories import read_trajectory
from core.structure.dynamics import DynamicsOptions
from core.trajectories.export import frames_extxyz
from dashboard.app_pages.trajectories.source import EXAMPLE_FILE, FOLLOWING

WATER = "3\n\nO 0 0 0.12\nH 0 0.76 -0.48\nH 0 -0.76 -0.48"
STRETCHED = WATER.replace("0.12", "0.14")


def run_briefly(page: AppTest, smiles: str) -> AppTest:
    page.text_input(key="trajectory_smiles").set_value(smiles)
    page.number_input(key="trajectory_length_ps").set_value(0.04)
    page.number_input(key="trajectory_every_fs").set_value(2.0)
    page.number_input(key="trajectory_equilibration_ps").set_value(0.01)
    return page.button(key="trajectory_run").click().run()


def test_it_opens_with_an_example_and_says_what_it_is(open_page, text_of: Callable[[AppTest], str]) -> None:
    page = open_page("trajectories")
    found = state_of(page).trajectory
    assert found.n_used == found.trajectory.n_frames > 100
    said = text_of(page)
    for words in (
        "C7H10O2 · 19 atoms",
        "300 K",
        "10 fs apart",
        "zero-point motion",
        "relaxed with GFN2-xTB",
        "expected error",
        "frames at 300 K of 30 test molecules",
    ):
        assert words in said, words
    assert "HOMO and " in said, "the strongest motion is described"


def test_a_dynamics_is_run_beside_the_page(open_page, text_of: Callable[[AppTest], str]) -> None:
    page = settle(run_briefly(open_page("trajectories"), "CO methanol"), FOLLOWING)
    state = state_of(page)
    assert state.trajectory_name == "methanol"
    assert state.trajectory.trajectory.n_frames == 20
    assert "Langevin thermostat at 300 K" in text_of(page)
    page.slider(key="trajectory_frame").set_value(7).run()
    assert "Frame 7 of 20" in text_of(page)
    assert not page.exception


def test_what_cannot_be_run_is_said(open_page) -> None:
    page = settle(run_briefly(open_page("trajectories"), "C[NH3+]"), FOLLOWING)
    assert any("charge" in str(e.value) for e in page.error)
    assert state_of(page).trajectory is not None, "the one before stays"
    page.number_input(key="trajectory_every_fs").set_value(500.0).run()
    assert any("every\\_fs must be" in str(w.value) for w in page.warning)


def test_a_row_of_predict_can_be_set_moving(open_page) -> None:
    page = open_page("trajectories")
    box = page.selectbox(key="trajectory_from")
    assert [o for o in box.options if o.startswith("Predict: ")]
    page.selectbox(key="trajectory_from").set_value(next(k for k in keys_of(page) if k.startswith("predict"))).run()
    assert not page.exception
    assert not [t for t in page.text_input if t.key == "trajectory_smiles"]


def keys_of(page: AppTest) -> list[str]:
    table = state_of(page).table
    return [f"predict {k} {name}" for k, name in table["id"].items()]


def test_a_file_is_read_thinned_and_predicted(open_page, text_of: Callable[[AppTest], str]) -> None:
    page = open_page("trajectories")
    page.session_state["trajectory_tab"] = "Upload"
    page.run()
    frames = "\n".join([WATER, STRETCHED] * 8).encode()
    page.file_uploader(key="trajectory_upload").upload("water.xyz", frames, "chemical/x-xyz").run()
    page.number_input(key="trajectory_spacing_fs").set_value(5.0)
    page.number_input(key="trajectory_skip").set_value(2)
    page.button(key="trajectory_predict").click().run()
    settle(page, FOLLOWING)
    found = state_of(page).trajectory
    assert found.trajectory.n_frames == 14
    assert found.trajectory.spacing_fs == 5.0
    said = text_of(page)
    assert "2 before them left out as equilibration" in said
    assert "the first frame: the file says no other" in said


def test_peaks_and_levels_can_be_looked_into(open_page, text_of: Callable[[AppTest], str]) -> None:
    page = open_page("trajectories")
    for target, words in (("peak 0", "Peak at"), ("level 2", "HOMO−2 and "), ("level -1", "LUMO and ")):
        page.selectbox(key="trajectory_target").set_value(target).run()
        assert not page.exception
        assert words in text_of(page)


@pytest.mark.usefixtures("several_learners")
def test_another_learner_predicts_the_same_frames(open_page) -> None:
    page = open_page("trajectories")
    before = state_of(page).trajectory
    page.selectbox(key="model").set_value("mlp_levels").run()
    settle(page, FOLLOWING)
    after = state_of(page).trajectory
    assert after.model == "mlp_levels"
    np.testing.assert_array_equal(after.trajectory.positions, before.trajectory.positions)
    page.run()
    assert not page.exception


def test_what_is_saved_reads_back(open_page) -> None:
    found = state_of(open_page("trajectories")).trajectory
    again = read_trajectory(frames_extxyz(found), "frames.extxyz")
    np.testing.assert_allclose(again.positions, found.trajectory.positions, atol=1e-5)
    assert again.static is not None
    table = pd.read_csv(io.StringIO(found.table().drop(columns="levels_ev").to_csv(index=False)))
    assert table["homo_ev"].notna().all()


def test_the_example_is_a_dynamics_of_the_defaults() -> None:
    whole = read_trajectory(EXAMPLE_FILE.read_bytes(), EXAMPLE_FILE.name)
    options = DynamicsOptions()
    assert (whole.n_frames, whole.spacing_fs, whole.temperature_k) == (options.n_frames, options.every_fs, 300.0)


def test_motions_of_ionisation_energies_have_the_sign_that_is_drawn(
    open_page, text_of: Callable[[AppTest], str]
) -> None:
    page = open_page("trajectories")
    levels = page.dataframe(key="trajectory_motions").value
    page.segmented_control(key="energies_orbital").set_value("ionisation").run()
    settle(page, FOLLOWING)
    assert state_of(page).trajectory.model == "ionisation"
    assert "First ionisation energy 9." in text_of(page)
    drawn, raw = page.dataframe(key="trajectory_motions").value, state_of(page).trajectory.motions(0)
    has_sign = np.isfinite(raw["slope_ev"]).to_numpy()
    np.testing.assert_allclose(drawn["correlation"], np.where(has_sign, -1, 1) * raw["correlation"])
    assert list(drawn.columns) == list(levels.columns)
