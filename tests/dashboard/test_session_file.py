"""Sessions to a file and back, old files among them.

Covers `dashboard.session_schema`, `core.readers.bounded_parquet`.
"""

import io
import json
import tracemalloc
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from streamlit.testing.v1 import AppTest

from core.assets import HOME_LIBRARY
from core.errors import EigenscopeError, InputError
from core.library.store import load_library
from core.predict import predict_entries
from core.readers.structures import read_structures
from core.screening.filters import DensityFilter, GroupFilter, RangeFilter
from core.screening.scan import scan_library
from core.spectrum.target import target_from_levels
from core.structure.entry import CANCELLED
from dashboard import resources
from dashboard.scan_runs import stopped_scan
from dashboard.session_file import CONTENTS, MOLECULES, describe_session, estimate_mb, load_session, save_session
from dashboard.session_schema import check_setting
from dashboard.state import CHOICES, KEY, SETTING_DEFAULTS, Session
from dashboard.widgets.wording import LEVEL_LABELS, SCALE_LABELS

APP = str(Path(__file__).parents[2] / "dashboard" / "app.py")
FORMAT_2 = Path(__file__).parent / "sessions" / "format_2.zip"
OWN_FILE = b"name,SMILES,price\na,CCO,3\nb,CC[SeH],1\nc,c1ccoc1,2\nd,C1CC,5\ne,CC#N,0.5\n"
LISTS = ["numbers", "positions", "levels_ev"]
FORMAT_1 = Path(__file__).parent / "sessions" / "format_1.zip"  # saved by version 0.1, with every choice changed


@pytest.fixture
def filled() -> Session:
    """A session with a molecule, a target, filters and a changed control."""
    table = resources.example_table("tight_binding")
    state = Session(table=table, drawn=[0], focus=0)
    state.target = target_from_levels(table["levels_ev"][0][-16:], "its own levels")
    state.filters = [RangeFilter("homo_ev", None, -6.0), GroupFilter("ketone")]
    state.settings["sigma_ev"] = 0.3
    return state


TARGET = {
    "energies_ev": [-2.0, -1.0],
    "density": [1.0, 2.0],
    "levels_ev": None,
    "label": "x",
    "origin": "x",
    "n_levels": None,
}


def contents_of(data: bytes) -> dict:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return json.loads(archive.read(CONTENTS))


def with_contents(contents: dict) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(CONTENTS, json.dumps(contents))
    return packed.getvalue()


def test_session_goes_to_a_file_and_back(filled: Session) -> None:
    again = load_session(save_session(filled))
    assert {k: again.settings[k] for k in SETTING_DEFAULTS} == {k: filled.settings[k] for k in SETTING_DEFAULTS}
    assert again.table["smiles"].tolist() == filled.table["smiles"].tolist()
    np.testing.assert_allclose(again.table["levels_ev"][0], filled.table["levels_ev"][0])
    np.testing.assert_allclose(again.target.levels_ev, filled.target.levels_ev)
    assert again.drawn == filled.drawn
    assert again.filters == filled.filters


def test_a_file_holds_keys_and_no_wording(filled: Session) -> None:
    filled.settings |= {name: keys[-1] for name, keys in CHOICES.items()}
    contents = contents_of(save_session(filled))
    words = {*LEVEL_LABELS.values(), *SCALE_LABELS.values(), "All", "RangeFilter", "GroupFilter"}
    assert not words & {v for v in contents["settings"].values() if isinstance(v, str)}
    assert [f["kind"] for f in contents["filters"]] == ["range", "group"]


def test_every_choice_is_known_by_default() -> None:
    assert all(SETTING_DEFAULTS[name] in keys for name, keys in CHOICES.items())


def test_a_file_with_the_wording_of_old_pages_is_read() -> None:
    data = FORMAT_1.read_bytes()
    assert contents_of(data)["settings"]["n_levels"] == "All valence"
    state = load_session(data)
    assert {name: state.settings[name] for name in CHOICES} == {
        "axis": "binding",
        "n_levels": "valence",
        "normalise": "area_one",
        "status_shown": "refused",
        "measured_intensities": "he1",  # not known to it
        "photoelectrons": "density",
        "measured_baseline": "constant",
        "rank_conformers": "best",
        "measured_conformers": "average",
        "own_unit": "",
        "own_energies": "orbital",
    }
    assert state.settings["sigma_ev"] == 0.3
    assert state.filters == [RangeFilter("homo_ev", None, -6.0), GroupFilter("ketone")]
    assert state.table["id"].tolist() == ["2-oxocyclohexane carbaldehyde"]


def test_a_file_from_before_it_held_scans_is_read() -> None:
    """Saved by version 0.2, of format 2."""
    assert contents_of(FORMAT_2.read_bytes())["format"] == 2
    state = load_session(FORMAT_2.read_bytes())
    assert state.filters == [RangeFilter("input_price", None, 9.0), GroupFilter("ketone")]
    assert (state.settings["sigma_ev"], state.settings["axis"], state.focus) == (0.3, "binding", 0)
    assert state.target.label == "its own levels"
    assert (state.scan, state.selected, state.picks) == (None, [], {})


@pytest.fixture
def scanned(filled: Session) -> Session:
    """The same with a scan of an own file, some rows refused, and all that was made of it."""
    entries = read_structures(OWN_FILE, "own.csv")
    filled.scan = predict_entries(entries, resources.get_model("tight_binding"), geometry="fast")
    filled.scan_key, filled.scan_seconds = "own.csv #1 SMILES name fast | tight_binding", 1.5
    filled.filters, filled.brush = [RangeFilter("input_price", 1.0, None)], DensityFilter(-12.0, -10.0, 1.0)
    filled.selected, filled.picks, filled.hit = [2, 0], {"home": [5]}, 1
    filled.settings |= {"rank_filtered": False, "rank_top": 10, "sort_by": "gap_ev", "target_kind": "library"}
    filled.target_mark = f"library {filled.scan_key} 2"
    return filled


def test_a_scan_comes_back_as_it_was_left(scanned: Session) -> None:
    again = load_session(save_session(scanned))
    pd.testing.assert_frame_equal(again.scan.drop(columns=LISTS), scanned.scan.drop(columns=LISTS), check_dtype=False)
    for column in LISTS:
        for there, here in zip(again.scan[column], scanned.scan[column], strict=True):
            np.testing.assert_array_equal(there, here)
    for name in ("scan_key", "scan_seconds", "filters", "brush", "selected", "picks", "hit", "target_mark"):
        assert getattr(again, name) == getattr(scanned, name), name
    assert again.settings["rank_top"] == 10
    assert again.stopped is None
    assert describe_session(again) == "1 molecule, 5 scanned rows, 1 filter, 2 picks, a target"


def test_the_size_of_a_file_is_foreseen_and_said(text_of) -> None:
    scan = scan_library(load_library(HOME_LIBRARY).iloc[::25], resources.get_model("tight_binding"))
    state = Session(scan=scan, scan_key="home | tight_binding")
    assert estimate_mb(state) == pytest.approx(len(save_session(state)) / 1e6, rel=0.3)
    page = AppTest.from_file(APP, default_timeout=120)
    page.session_state[KEY] = state
    page.run()
    page.switch_page("app_pages/about/page.py").run()
    assert f"in about {estimate_mb(state):.1f} MB" in text_of(page)
    assert not page.warning
    state.scan = scan.assign(n_atoms=10_000)
    page.run()
    assert "cannot be loaded here again" in page.warning[0].value


def test_pages_show_what_comes_back(scanned: Session, text_of) -> None:
    page = AppTest.from_file(APP, default_timeout=120)
    page.session_state[KEY] = load_session(save_session(scanned))
    page.run()
    page.switch_page("app_pages/scan/page.py").run()
    assert not page.exception
    assert "own.csv" in text_of(page)
    assert "3 predicted, 1 refused, 1 failed" in text_of(page)
    assert "2 selected" in text_of(page)
    assert "2 left" in page.button(key="filter_0").label
    page.switch_page("app_pages/rank/page.py").run()
    assert not page.exception
    assert page.session_state[KEY].target.label == "its own levels"
    assert page.session_state[KEY].filters == scanned.filters


def test_a_cancelled_scan_comes_back_and_can_go_on(scanned: Session, open_page) -> None:
    whole, model = scanned.scan, resources.get_model("tight_binding")
    home = scan_library(resources.shipped_library("home"), model)
    rest = {"status": CANCELLED, "reason": CANCELLED, "levels_ev": None, "homo_ev": np.nan}
    partial = home.copy()
    for column, value in rest.items():
        partial[column] = [value if k >= 40 else x for k, x in enumerate(home[column])]
    scanned.stopped = stopped_scan("home | tight_binding", partial, 2.0)
    again = load_session(save_session(scanned))
    assert again.stopped.counts == (40, 60)
    assert again.scan_key == scanned.scan_key
    page = AppTest.from_file(APP, default_timeout=120)
    page.session_state[KEY] = again
    page.run()
    page.switch_page("app_pages/scan/page.py").run()
    page.button(key="scan_go_on").click().run()
    while (ticket := again.jobs.get("scan")) is not None:
        ticket.wait(60)
        page.run()
    assert (again.scan["status"] == "ok").all()
    assert again.scan["levels_ev"][3].tolist() == home["levels_ev"][3].tolist()
    assert again.picks == {"own.csv #1 SMILES name fast": [2, 0]}
    assert again.selected == [5], "what was picked of the home library before"
    assert len(whole) == 5


def test_a_cancelled_scan_of_an_own_file_goes_on_when_the_file_is_there(scanned: Session) -> None:
    scanned.scan = scanned.scan.assign(status=[*scanned.scan["status"][:-1], CANCELLED])
    again = load_session(save_session(scanned))
    assert again.stopped.run.key == scanned.scan_key
    assert again.stopped.table is again.scan
    with pytest.raises(EigenscopeError, match="upload it on Scan and press Run"):
        again.stopped.run.start(again.scan, 1.5)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"selected": [-1]}, "selected.0: Input should be greater than or equal to 0"),
        ({"selected": [True]}, "selected.0: Input should be a valid integer"),
        ({"picks": {"home": "all"}}, "picks.home: Input should be a valid array"),
        ({"scan": {"key": 1, "seconds": 1.0}}, "scan.key: Input should be a valid string"),
        ({"scan": {"key": "x", "seconds": -1.0}}, "scan.seconds: Input should be greater than or equal to 0"),
        ({"brush": {"kind": "range"}}, "its range filter: column: Field required"),
        ({"hit": "first"}, "hit: Input should be a valid integer"),
    ],
)
def test_what_a_scan_in_a_file_must_not_be_is_named(change: dict, said: str) -> None:
    with pytest.raises(InputError, match=said):
        load_session(with_contents(contents_of(save_session(Session())) | change))


def test_a_scan_with_cells_that_are_no_values_is_refused(scanned: Session) -> None:
    scanned.scan = scanned.scan.assign(input_price=[[1], [2], [3], [4], [5]])
    with pytest.raises(InputError, match="scanned molecules' 'input_price' must be texts or numbers"):
        load_session(save_session(scanned))


def test_picks_beyond_the_scan_are_left_out(scanned: Session) -> None:
    scanned.selected = [4, 5, 19_999]
    assert load_session(save_session(scanned)).selected == [4]


@pytest.mark.parametrize("data", [b"", b"not a zip", save_session(Session())[:-30]], ids=["empty", "text", "cut"])
def test_a_file_that_is_no_session_is_refused(data: bytes) -> None:
    with pytest.raises(InputError, match="session"):
        load_session(data)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"format": 4}, "a newer version wrote it"),
        ({"settings": {"n_levels": "Band of 17"}}, "n_levels must be one of band, valence, got 'Band of 17'"),
        ({"filters": [{"kind": "RangeFilter", "column": "homo_ev", "low": 1}]}, "a filter must be one of range, "),
        ({"settings": []}, "must be a session"),
        ({"settings": {"sigma_ev": "wide"}}, "sigma_ev must be of the kind of 0.5, got 'wide'"),
        ({"settings": {"sigma_ev": float("nan")}}, "sigma_ev must be of the kind of 0.5, got nan"),
        ({"settings": {"window_ev": [1]}}, "window_ev must be of the kind of"),
        ({"settings": {"show_error": 1}}, "show_error must be of the kind of True"),
        ({"settings": {"overlaid": [1]}}, "overlaid must be of the kind of"),
        (
            {"settings": {"shape": "square"}},
            "shape must be one of gaussian, lorentzian, pseudo-voigt, asymmetric, got 'square'",
        ),
        ({"settings": {"n_levels": ["band"]}}, "n_levels must be one of band, valence"),
        ({"drawn": "all"}, "drawn: Input should be a valid array"),
        ({"drawn": [0.5]}, "drawn.0: Input should be a valid integer"),
        ({"filters": {}}, "filters: Input should be a valid array"),
        ({"filters": [1]}, "filters.0: Input should be an object"),
        ({"filters": [{"kind": ["range"]}]}, "a filter must be one of range"),
        ({"filters": [{"kind": "range", "column": ["a"], "low": 1}]}, "its range filter: column: Input should be"),
        ({"filters": [{"kind": "smarts", "smarts": "[["}]}, "its smarts filter: SMARTS cannot be read"),
        ({"target": {"label": "x"}}, "target.energies_ev: Field required"),
        ({"target": TARGET | {"density": [1.0]}}, "target: 2 energies and 1 values of density"),
        ({"target": TARGET | {"density": ["a", "b"]}}, "target.density.0: Input should be a valid number"),
        ({"target": TARGET | {"density": [1.0, float("inf")]}}, "target.density.1: Input should be a finite number"),
    ],
)
def test_what_a_file_must_not_hold_is_named(change: dict, said: str) -> None:
    with pytest.raises(InputError, match=said):
        load_session(with_contents(contents_of(save_session(Session())) | change))


def with_molecules(molecules: bytes, contents: bytes | None = None) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(CONTENTS, json.dumps(contents_of(save_session(Session()))) if contents is None else contents)
        archive.writestr(MOLECULES, molecules)
    return packed.getvalue()


def parquet(table: pd.DataFrame | pa.Table, **options: Any) -> bytes:
    buffer = io.BytesIO()
    pq.write_table(table if isinstance(table, pa.Table) else pa.Table.from_pandas(table), buffer, **options)
    return buffer.getvalue()


LONG_TEXT = pa.DictionaryArray.from_arrays(pa.array(np.zeros(20_000, np.int32)), ["x" * 200_000])
BOMBS = {
    "one text, many times": parquet(pa.table({"id": LONG_TEXT}), store_schema=False),
    "a category, many times": parquet(pa.table({"id": LONG_TEXT})),
    "many rows": parquet(pa.table({"id": np.zeros(30_000_000, np.int8)})),
    "one long list": parquet(pa.table({"numbers": pa.array([np.zeros(60_000_000, np.uint8)])})),
    "many columns": parquet(pa.table({f"c{k}": [0] for k in range(2000)})),
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_file_that_unpacks_to_too_much_is_refused_before_it_does(name: str) -> None:
    data = with_molecules(BOMBS[name])
    assert len(data) < 20e6
    pool = pa.default_memory_pool()
    before = pool.bytes_allocated()
    tracemalloc.start()
    with pytest.raises(InputError, match=r"at most [\d,]+ (MB unpacked|rows|columns)"):
        load_session(data)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 300e6
    assert pool.bytes_allocated() - before < 300e6


def test_nested_json_is_refused() -> None:
    with pytest.raises(InputError, match="must be a session"):
        load_session(with_molecules(b"", b"[" * 1_000_000))
    nested = (
        json.dumps({"format": 2, "settings": {}})
        .encode()
        .replace(b"{}", b'{"axis":' + b"[" * 5000 + b"]" * 5000 + b"}")
    )
    with pytest.raises(InputError, match="must be a session"):
        load_session(with_contents_bytes(nested))


def with_contents_bytes(contents: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(CONTENTS, contents)
    return packed.getvalue()


def test_a_contents_file_of_many_megabytes_is_refused() -> None:
    with pytest.raises(InputError, match="at most 40 MB, got 60 MB"):
        load_session(with_molecules(b"", b" " * 60_000_000))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"status": "fine"}, "status must be one of ok, refused, failed, cancelled, got 'fine'"),
        ({"smiles": 1}, "smiles must be text"),
        ({"homo_ev": "low"}, "homo_ev must be numbers"),
        ({"lumo_error_ev": "small"}, "lumo_error_ev must be numbers"),
        ({"levels_ev": None}, "must have atoms, their positions and levels"),
        ({"levels_ev": "deep"}, "must have atoms, their positions and levels"),
        ({"numbers": [[1, 1]]}, "must have atoms, their positions and levels"),
    ],
)
def test_molecules_of_another_kind_are_named(change: dict, said: str, filled: Session) -> None:
    table = filled.table.assign(**change)
    with pytest.raises(InputError, match=said):
        load_session(with_molecules(parquet(table)))
    with pytest.raises(InputError, match="lack the columns reason"):
        load_session(with_molecules(parquet(filled.table.drop(columns="reason"))))


def test_a_number_beyond_all_floats_is_refused() -> None:
    for value in (10**400, float("inf"), float("nan")):
        with pytest.raises(InputError, match="its rank_top must be of the kind of"):
            check_setting("rank_top", value)


def test_a_number_beyond_its_controls_ends_is_brought_inside(filled: Session) -> None:
    """A file may come from a version with other ends; Streamlit would not show the page."""
    filled.settings |= {"sigma_ev": 0.0, "window_ev": (3.0, -1e3), "rank_top": -7, "photoelectron_background": -1.0}
    page = AppTest.from_file(APP, default_timeout=120)
    page.session_state[KEY] = load_session(save_session(filled))
    page.run()
    assert not page.exception
    assert page.session_state[KEY].settings["sigma_ev"] == 0.05
    assert page.session_state[KEY].settings["window_ev"] == (-30.0, 0.0)
    page.switch_page("app_pages/rank/page.py").run()
    assert not page.exception
    assert page.session_state[KEY].settings["rank_top"] == 5
