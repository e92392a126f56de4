"""What the app is configured with."""

import tomllib
from pathlib import Path

from core.readers.records import MAX_FILE_MB

ROOT = Path(__file__).parents[2]


def test_upload_limit_is_the_readers() -> None:
    config = tomllib.loads((ROOT / "dashboard" / ".streamlit" / "config.toml").read_text())
    assert config["server"]["maxUploadSize"] == MAX_FILE_MB
    assert config["browser"]["gatherUsageStats"] is False
