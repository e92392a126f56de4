"""Sessions to a file and back, old files among them."""

import io
import json
import zipfile
from pathlib import Path

import numpy as np
import pytest

from core.errors import InputError
from core.screening.filters import GroupFilter, RangeFilter
from core.spectrum.target import target_from_levels
from dashboard import resources
from dashboard.session_file import CONTENTS, load_session, save_session
from dashboard.state import CHOICES, SETTING_DEFAULTS, Session
from dashboard.widgets.wording import LEVEL_LABELS, SCALE_LABELS

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
        "target_levels_compared": "band",
        "measured_intensities": "he1",  # not known to it
    }
    assert state.settings["sigma_ev"] == 0.3
    assert state.filters == [RangeFilter("homo_ev", None, -6.0), GroupFilter("ketone")]
    assert state.table["id"].tolist() == ["2-oxocyclohexane carbaldehyde"]


@pytest.mark.parametrize("data", [b"", b"not a zip", save_session(Session())[:-30]], ids=["empty", "text", "cut"])
def test_a_file_that_is_no_session_is_refused(data: bytes) -> None:
    with pytest.raises(InputError, match="session"):
        load_session(data)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"format": 3}, "a newer version wrote it"),
        ({"settings": {"n_levels": "Band of 17"}}, "n_levels must be one of band, valence, got 'Band of 17'"),
        ({"filters": [{"kind": "RangeFilter", "column": "homo_ev", "low": 1}]}, "a filter must be one of range, "),
        ({"settings": []}, "must be a session"),
    ],
)
def test_what_a_file_must_not_hold_is_named(change: dict, said: str) -> None:
    with pytest.raises(InputError, match=said):
        load_session(with_contents(contents_of(save_session(Session())) | change))
