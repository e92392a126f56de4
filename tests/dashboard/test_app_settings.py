"""What the app is configured with."""

import tomllib
from pathlib import Path

from core.readers.records import MAX_FILE_MB

ROOT = Path(__file__).parents[2]


def test_upload_limit_is_the_readers() -> None:
    config = tomllib.loads((ROOT / "dashboard" / ".streamlit" / "config.toml").read_text())
    assert config["server"]["maxUploadSize"] == MAX_FILE_MB
    assert config["browser"]["gatherUsageStats"] is False


def test_no_garbage_is_collected_after_every_rerun() -> None:
    """Streamlit does by default: 0.2 s with the interpreter locked, every 0.4 s in each session that waits for a scan."""
    from streamlit import config

    settings = tomllib.loads((ROOT / "dashboard" / ".streamlit" / "config.toml").read_text())
    assert settings["runner"]["postScriptGC"] is False
    assert {
        f"{section}.{name}" for section in ("browser", "client", "server", "runner") for name in settings[section]
    } <= set(config.get_config_options())
