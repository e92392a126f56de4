"""Data, by widget key.

Covers `dashboard.app_pages.data.*`, `dashboard.figures.representations`, `dashboard.figures.sets`.
"""

import json
from dataclasses import replace

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from core.labels import catalogue
from core.labels.catalogue import present_sets


def open_tab(page: AppTest, tab: str) -> AppTest:
    page.session_state["data_tab"] = tab
    page.run()
    assert not page.exception
    return page


@pytest.fixture
def representations(open_page) -> AppTest:
    return open_tab(open_page("data"), "One molecule's representations")


def test_every_set_is_described_with_its_counts(open_page, table_with) -> None:
    page = open_page("data")
    table = table_with(page, "Licence").set_index("Set")
    for dataset in present_sets():
        assert table.loc[dataset.name, "Rows"] == len(pd.read_parquet(dataset.path, columns=["id"]))
        assert table.loc[dataset.name, "Licence"]
    counts = table_with(page, "Split")
    qm9 = counts[counts["Set"] == "QM9 labels"]
    assert qm9["All"].sum() == table.loc["QM9 labels", "Rows"]
    assert (qm9["All"] == qm9[["Relaxed (B3LYP)", "MMFF94", "Rattled", "Other"]].sum(axis=1)).all()


def test_without_labels_the_page_says_where_they_are(open_page, text_of, table_with, monkeypatch, tmp_path) -> None:
    sets = [replace(s, path=tmp_path / s.path.name) if s.level_of_theory else s for s in catalogue.KNOWN_SETS]
    monkeypatch.setattr(catalogue, "KNOWN_SETS", tuple(sets))
    monkeypatch.setattr(catalogue, "REFERENCE", tmp_path)
    page = open_page("data")
    assert list(table_with(page, "Licence")["Set"]) == ["Home library"]
    (note,) = [i.value for i in page.info]
    assert "Labels are not part of the installed package" in note
    assert "QM9 labels" in note
    assert "assets/reference" in note


def test_distributions_are_of_the_sets_chosen(open_page, text_of) -> None:
    page = open_page("data")
    page.multiselect(key="data_sets").set_value(["c7h10o2"]).run()
    assert not page.exception
    assert "No reference levels: Home library" in text_of(page)
    assert len(page.get("plotly_chart")) == 2  # size and elements, no HOMO
    page.multiselect(key="data_sets").set_value(["qm9_pbe", "c7h10o2"]).run()
    assert len(page.get("plotly_chart")) == 3


def test_a_typed_molecule_has_a_matrix_and_three_terms(representations, text_of) -> None:
    representations.text_input(key="represented_text").set_value("OCC#N").run()
    assert not representations.exception
    assert "Coulomb matrix" in text_of(representations)
    assert "C2H3NO" in text_of(representations)
    charts = [c.proto.spec for c in representations.get("plotly_chart")]
    assert len(charts) == 4
    assert '"O4","N1","C2","C3"' in charts[0]  # by falling norm, numbered as in the canonical SMILES
    assert '"O-C"' in charts[2] or '"C-O"' in charts[2]


def test_the_coulomb_matrix_has_three_forms(representations, text_of) -> None:
    representations.text_input(key="represented_text").set_value("OCC#N").run()

    def shown(form: str) -> str:
        representations.segmented_control(key="represented_form").set_value(form).run()
        assert not representations.exception
        return representations.get("plotly_chart")[0].proto.spec

    by_norm, values = shown("sorted"), json.loads(shown("eigenvalues"))
    drawn = {shown("random")}
    for draw in range(2, 9):
        drawn.add(
            representations.number_input(key="represented_draw").set_value(draw).run().get("plotly_chart")[0].proto.spec
        )
    assert len(drawn | {by_norm}) > 2, "the noise changes the order, in one way or another"
    eigenvalues = [x for trace in values["data"] for x in trace["customdata"]]
    assert len(eigenvalues) == 7
    n_hydrogens, charges = 3, (8, 6, 6, 7)
    trace = 0.5 * (n_hydrogens + sum(z**2.4 for z in charges))
    assert sum(eigenvalues) == pytest.approx(trace, rel=1e-4)


@pytest.mark.parametrize(("text", "said"), [("C1CC", "SMILES"), ("CC[SeH]", "found Se"), ("[NH4+]", "charge")])
def test_what_cannot_be_shown_says_why(representations, text: str, said: str) -> None:
    representations.text_input(key="represented_text").set_value(text).run()
    assert not representations.exception
    assert any(said in e.value for e in representations.error)


def test_a_molecule_of_a_set_is_shown_at_its_own_geometry(representations, text_of) -> None:
    representations.selectbox(key="represented_from").set_value("qm9_pbe").run()
    representations.text_input(key="represented_query").set_value("qm9-1899-dft").run()
    assert not representations.exception
    assert "QM9 labels, qm9-1899-dft" in text_of(representations)
    representations.text_input(key="represented_query").set_value("no such molecule").run()
    assert any("no molecule of QM9 labels" in e.value for e in representations.error)


def test_two_atoms_have_no_triples(representations, text_of) -> None:
    representations.text_input(key="represented_text").set_value("N#N").run()
    assert not representations.exception
    assert text_of(representations).count("Too few atoms for this term") == 1
