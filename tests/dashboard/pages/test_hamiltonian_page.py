"""Hamiltonian, by widget key.

Covers `dashboard.app_pages.hamiltonian.*`, `dashboard.figures.hamiltonian`.
"""

import json
import time

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from core.hamiltonian.exports import from_json
from core.hamiltonian.kpoints import general_points
from core.hamiltonian.results import load_fits
from core.hamiltonian.sheets import graphene
from dashboard.state import KEY


@pytest.fixture
def page(open_page) -> AppTest:
    return open_page("hamiltonian")


def traces(page: AppTest, place: int) -> list[dict]:
    return json.loads(page.get("plotly_chart")[place].proto.spec)["data"]


def metric(page: AppTest, label: str) -> str:
    return next(m.value for m in page.metric if m.label.startswith(label))


def run_until_done(page: AppTest, name: str) -> AppTest:
    ended = time.monotonic() + 60
    while name in page.session_state[KEY].jobs and time.monotonic() < ended:
        page.session_state[KEY].jobs[name].wait(1)
        page.run()
    assert not page.exception
    return page


def test_it_opens_with_a_ready_result(page, text_of) -> None:
    fit = load_fits("flower_5x5").fits[5]
    assert metric(page, "Band error") == f"{fit.agreement.held_out_mev:.2f} meV"
    assert metric(page, "Free parameters") == str(len(fit.parameters))
    assert "Ready result" in text_of(page)
    assert "GPAW" in text_of(page)
    names = {t.get("name") for t in traces(page, 1)}
    assert names == {"model", "reference"}
    assert {"neighbours 1", "neighbours 2", "neighbours 3", "atoms"} <= {t.get("name") for t in traces(page, 0)}


def test_other_choices_show_their_own_fit(page, text_of) -> None:
    page.selectbox(key="hamiltonian_material").set_value("585").run()
    page.slider(key="hamiltonian_shells").set_value(2).run()
    assert not page.exception
    assert metric(page, "Free parameters") == str(len(load_fits("585_5x5").fits[2].parameters))
    page.slider(key="hamiltonian_density_weight").set_value(0.0).run()
    assert "press Fit for yours" in text_of(page)
    page.selectbox(key="hamiltonian_material").set_value("diamond").run()
    assert not page.exception
    assert metric(page, "Free parameters") == "13"


@pytest.mark.parametrize("tab", ["Hoppings", "Matrix", "Densities", "States", "Transmission", "Larger cells", "Export"])
def test_each_tab_opens(tab, page) -> None:
    page.session_state["hamiltonian_tab"] = tab
    page.run()
    assert not page.exception
    assert not page.error


def test_a_fit_made_here_is_shown_and_kept(page, text_of, table_with) -> None:
    page.selectbox(key="hamiltonian_material").set_value("pristine").run()
    page.slider(key="hamiltonian_shells").set_value(2).run()
    page.slider(key="hamiltonian_starts").set_value(2).run()
    page.button(key="fit_hamiltonian").click().run()
    run_until_done(page, "hamiltonian")
    assert "Fitted here" in text_of(page)
    page.session_state["hamiltonian_tab"] = "Hoppings"
    page.run()
    table = table_with(page, "mean_ev")
    assert table["neighbours"].tolist() == [0, 1, 2]
    assert "spread_ev" in table
    assert "equally good fits differ" in text_of(page)
    page.slider(key="hamiltonian_shells").set_value(3).run()
    assert "Fitted here" not in text_of(page)
    page.slider(key="hamiltonian_shells").set_value(2).run()
    assert "Fitted here" in text_of(page)


def test_transmission_is_computed_on_request(page) -> None:
    page.slider(key="hamiltonian_shells").set_value(1).run()
    page.session_state["hamiltonian_tab"] = "Transmission"
    page.run()
    page.button(key="compute_transmission").click().run()
    run_until_done(page, "transmission")
    across = next(t for t in traces(page, 2) if t["name"] == "across the defect")
    assert across["x"]["bdata"]


def test_own_bands_are_read_and_fitted(page, text_of) -> None:
    page.selectbox(key="hamiltonian_material").set_value("own").run()
    kpts = np.array([1 / 3, 1 / 3, 0]) + 0.2 * general_points(graphene(), 30)
    energies = load_fits("pristine_1x1").fits[5].hamiltonian.bands(kpts)
    bands = "\n".join(" ".join(map(str, row)) for row in np.hstack([kpts, energies]))
    sheet = '2\nLattice="2.46 0 0 -1.23 2.1304225 0 0 0 12" pbc="T T F"\nC 0 0 6\nC 0 1.4202817 6\n'
    page.file_uploader(key="own_structure").set_value(("sheet.extxyz", sheet.encode(), "text/plain"))
    page.file_uploader(key="own_bands").set_value(("bands.txt", bands.encode(), "text/plain")).run()
    assert "give the Fermi level" in text_of(page)
    page.number_input(key="own_fermi_ev").set_value(0.0).run()
    assert not page.exception
    assert "one p_z orbital an atom, 30 k-points" in text_of(page).replace("\\", "")
    page.button(key="fit_hamiltonian").click().run()
    run_until_done(page, "hamiltonian")
    assert float(metric(page, "Band error").split()[0]) < 10


def test_the_matrix_of_the_page_is_the_one_exported(page) -> None:
    fit = load_fits("flower_5x5").fits[5]
    from core.hamiltonian.exports import to_json

    np.testing.assert_array_equal(from_json(to_json(fit.hamiltonian)).values, fit.hamiltonian.values)
    page.session_state["hamiltonian_tab"] = "Matrix"
    page.run()
    assert traces(page, 2)[0]["type"] == "heatmap"
