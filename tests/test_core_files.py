"""A file is whole or the old one; one sentence where it cannot be written, before the work where one asks."""

import numpy as np
import pandas as pd
import pytest

from core.errors import InputError
from core.features.memory import remembered_features
from core.files import check_writable, whole_file, write_bytes, write_text


def test_file_and_folder_are_made(tmp_path):
    path = tmp_path / "new" / "folder" / "x.txt"
    write_text(path, "ä")
    assert path.read_bytes() == "ä".encode()
    assert [p.name for p in path.parent.iterdir()] == ["x.txt"]


@pytest.mark.parametrize("error", [RuntimeError, OSError, KeyboardInterrupt])
def test_old_file_stays_and_no_draft_is_left_when_writing_fails(tmp_path, error):
    path = tmp_path / "x.txt"
    path.write_text("old")
    with pytest.raises(InputError if error is OSError else error), whole_file(path) as draft:  # noqa: PT012
        draft.write_text("half")
        raise error("disk full")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def unwritable(tmp_path, kind):
    if kind == "a folder":
        return tmp_path
    (tmp_path / "file").write_text("")
    return tmp_path / "file" / "x.parquet"


@pytest.mark.parametrize("kind", ["a folder", "in a file"])
@pytest.mark.parametrize("write", [check_writable, lambda path: write_bytes(path, b"x")], ids=["before", "then"])
def test_unwritable_is_one_sentence(tmp_path, kind, write):
    path = unwritable(tmp_path, kind)
    before = sorted(tmp_path.iterdir())
    with pytest.raises(InputError, match="output must be writable: ") as raised:
        write(path)
    assert "\n" not in str(raised.value)
    assert sorted(tmp_path.iterdir())[: len(before)] == before


def test_a_check_changes_nothing(tmp_path):
    path = tmp_path / "x.txt"
    check_writable(path)
    assert not list(tmp_path.iterdir())
    path.write_text("old")
    check_writable(path)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_result_table_never_takes_an_older_one_with_it(tmp_path, monkeypatch):
    from core.cli import output

    out = tmp_path / "result.csv"
    out.write_text("old")

    def fail(table):
        raise MemoryError

    monkeypatch.setattr("core.writers.tables.table_to_csv", fail)
    with pytest.raises(MemoryError):
        output.write_table(pd.DataFrame(), out, None)
    assert out.read_text() == "old"


def test_features_are_kept_under_the_name_given(tmp_path):
    class Nothing:
        n_features = 1

        def __call__(self, geometries):
            return np.zeros((len(geometries), 1), np.float32)

    from core.structure.geometry import Geometry

    remembered_features(Nothing(), [Geometry([1], [[0, 0, 0]])], tmp_path / "features.npz")
    assert [p.name for p in tmp_path.iterdir()] == ["features.npz"]
