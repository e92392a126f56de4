"""Lines that a kill cut off do not count, and writing goes on behind whole ones."""

import pytest

from core.errors import InputError
from core.json_lines import append_line, open_to_append, read_json_lines

RECORDS = [{"id": "a", "x": [1.5]}, {"id": "ä"}]


def written(path, records=RECORDS):
    with open_to_append(path) as sink:
        for record in records:
            append_line(sink, record)
    return path


def read(path):
    return [record for _, record in read_json_lines(path)]


def test_what_is_written_is_read(tmp_path):
    path = written(tmp_path / "new" / "x.jsonl")
    assert list(read_json_lines(path)) == [(1, RECORDS[0]), (2, RECORDS[1])]


def test_a_kill_at_any_byte_costs_the_last_line_at_most(tmp_path):
    path = written(tmp_path / "x.jsonl")
    whole = path.read_bytes()
    ends = [k + 1 for k, byte in enumerate(whole) if byte == ord("\n")]
    for size in range(len(whole) + 1):
        path.write_bytes(whole[:size])
        kept = RECORDS[: sum(end <= size for end in ends)]
        assert read(path) == kept
        assert read(written(path, [{"id": "next"}])) == [*kept, {"id": "next"}]


@pytest.mark.parametrize("line", ["{broken}", "[1]", "7"])
def test_a_whole_line_that_is_no_record_is_named(tmp_path, line):
    path = tmp_path / "x.jsonl"
    path.write_text(f'{{"id": 1}}\n{line}\n')
    with pytest.raises(InputError, match=r"x\.jsonl must hold one JSON record a line, line 2"):
        read(path)
