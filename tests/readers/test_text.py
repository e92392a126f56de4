"""Bytes to text."""

import pytest

from core.errors import InputError
from core.readers.text import check_file_size, decode_text


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "latin-1"])
def test_encodings(encoding: str) -> None:
    assert decode_text("Äthanol é".encode(encoding)) == "Äthanol é"


@pytest.mark.parametrize(
    ("data", "match"),
    [
        (b"PK\x03\x04", "ZIP archive or an Excel"),
        (b"\x1f\x8b\x08", "gzip"),
        (b"%PDF-1.7", "PDF"),
        (b"CCO\x00CC", "binary"),
        (bytes(range(256)), "binary"),
        (b"\xff\xfe\x00\xd8\x00", "binary"),
    ],
)
def test_what_is_no_text(data: bytes, match: str) -> None:
    with pytest.raises(InputError, match=match):
        decode_text(data)


@pytest.mark.parametrize("data", [b"", b" \r\n\t"])
def test_empty(data: bytes) -> None:
    with pytest.raises(InputError, match="empty"):
        check_file_size(data)
