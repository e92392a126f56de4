"""Workbench, by widget key: labels in, a learner out, what to label next.

Covers `dashboard.app_pages.workbench.*`.
"""

import io
from collections.abc import Callable

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from page_states import settle, state_of
from streamlit.testing.v1 import AppTest

from core.assets import HOME_LIBRARY
from core.errors import InputError
from core.library.store import load_library
from core.models.own import add_own_model, own_model_keys, remove_own_model
from core.models.registry import model_keys
from dashboard.app_pages.workbench.labels import EXAMPLE_LABELS, LEARNING, read_labels
from dashboard.app_pages.workbench.own_models import packed
from dashboard.app_pages.workbench.suggestions import SUGGESTING

N_LABELS = 26
TABLE = pd.read_csv(EXAMPLE_LABELS, dtype=str).head(N_LABELS).to_csv(index=False)


@pytest.fixture(autouse=True)
def without_own_models() -> None:
    for key in own_model_keys():
        remove_own_model(key)


def upload(page: AppTest, name: str, text: str) -> AppTest:
    return page.file_uploader(key="workbench_labels").upload(name, text.encode(), "text/csv").run()


@pytest.fixture
def trained(open_page) -> AppTest:
    page = upload(open_page("workbench"), "mine.csv", TABLE)
    page.text_input(key="workbench_name_mine").set_value("PBE of mine").run()
    page = page.button(key="workbench_train").click().run()
    return settle(page, LEARNING).run()


def test_labels_become_a_learner_of_every_page(trained: AppTest, text_of: Callable[[AppTest], str]) -> None:
    state = state_of(trained)
    [key] = own_model_keys()
    assert key.startswith("pbe-of-mine-")
    assert key in model_keys()
    assert state.own_learner.study.n_molecules == N_LABELS
    said = text_of(trained)
    assert f"{N_LABELS} labels of {N_LABELS} molecules" in said
    values = {metric.label: metric.value for metric in trained.metric}
    assert values["MAE of the band"].endswith("eV")
    assert 0.03 < float(values["MAE of the band"].split()[0]) < 0.2
    trained.button(key=f"workbench_use_{key}").click().run()
    trained.switch_page("app_pages/predict/page.py").run()
    settle(trained)
    assert set(state_of(trained).table["model"]) <= {key, "tight_binding"}
    assert "CAM-B3LYP/def2-TZVP" in text_of(trained)


def test_what_to_label_next_comes_from_the_library(trained: AppTest) -> None:
    trained.number_input(key="own_n_next").set_value(5).run()
    page = settle(trained.button(key="workbench_suggest").click().run(), SUGGESTING).run()
    found = state_of(page).suggested
    assert len(found) == 5
    assert found["id"].is_unique
    assert (found["doubt_ev"] > 0).all()


def test_a_learner_is_saved_deleted_and_opened_again(trained: AppTest, tmp_path) -> None:
    [key] = own_model_keys()
    path = tmp_path / "learner.eigenscope.zip"
    path.write_bytes(packed(key))
    trained.button(key=f"workbench_delete_{key}").click().run()
    assert not own_model_keys()
    page = trained.file_uploader(key="workbench_open").upload(path.name, path.read_bytes(), "application/zip").run()
    page.button(key="workbench_open_use").click().run()
    assert own_model_keys() == [key] == [add_own_model(path)]


def test_a_table_of_ids_takes_its_structures_from_the_library_or_a_file_beside() -> None:
    name = load_library(HOME_LIBRARY)["id"][0]
    labels = read_labels("ids.csv", f"id,levels_ev\n{name},{'-10 ' * 25}\n".encode(), None, None)
    assert len(labels.table["numbers"][0]) == 19
    beside = ("own.xyz", b"3\nwater\nO 0 0 0.12\nH 0 0.76 -0.48\nH 0 -0.76 -0.48\n")
    labels = read_labels("ids.csv", b"id,levels_ev\nwater,-26 -13 -9 -7\nnobody,-9\n", beside, None)
    assert labels.table["numbers"][0].tolist() == [8, 1, 1]
    assert labels.left_out["reason"].tolist() == ["no structure has the id 'nobody'"]


def test_labels_that_unpack_to_gigabytes_are_not_read() -> None:
    table = pa.table({name: pa.array(["x" * 100_000] * 19_000).dictionary_encode() for name in ("id", "levels_ev")})
    buffer = io.BytesIO()
    pq.write_table(table, buffer, compression="zstd")
    assert len(buffer.getvalue()) < 100_000
    with pytest.raises(InputError, match="nothing was read: at most"):
        read_labels("small.parquet", buffer.getvalue(), None, None)


def test_what_cannot_be_labels_is_said(open_page, text_of: Callable[[AppTest], str]) -> None:
    page = upload(open_page("workbench"), "mine.csv", "id,smiles\nwater,O\n")
    assert "levels must be given once" in " ".join(error.value for error in page.error)
    page = upload(page, "few.csv", "\n".join(TABLE.split("\n", 1)[:1]) + "\n")
    assert page.error
    assert "workbench_train" not in [button.key for button in page.button]


def test_a_name_with_markup_is_refused(open_page) -> None:
    page = upload(open_page("workbench"), "mine.csv", TABLE)
    page.text_input(key="workbench_name_mine").set_value("<b>x</b>").run()
    assert page.button(key="workbench_train").disabled
    assert "plain letters" in page.warning[0].value
