"""`eigenscope dashboard`, without serving; that it serves is tested with the wheel."""

import socket
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from core import __version__
from core.cli import app
from core.cli.serve import find_app, flags
from core.errors import InputError


def test_version() -> None:
    result = CliRunner().invoke(app, ["--version"])
    assert result.exit_code == 0
    assert result.output.strip() == f"eigenscope {__version__}"


def test_the_pages_are_found_with_their_settings() -> None:
    script = find_app()
    assert script.name == "app.py"
    assert (script.parent / ".streamlit" / "config.toml").is_file()


def test_without_the_pages_it_is_a_sentence(monkeypatch) -> None:
    monkeypatch.setattr("core.cli.serve.find_spec", lambda name: None)
    with pytest.raises(InputError, match="the pages are not installed"):
        find_app()


def test_a_port_in_use_is_a_sentence() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        result = CliRunner().invoke(app, ["dashboard", "--port", str(port), "--address", "127.0.0.1"])
    assert result.exit_code == 2
    assert f"cannot listen on 127.0.0.1, port {port}" in result.output


def test_streamlit_is_told_to_listen_here_and_to_send_nothing(monkeypatch) -> None:
    told: list[list[str]] = []
    monkeypatch.setattr("streamlit.web.cli.main", lambda words, standalone_mode: told.append(words))
    monkeypatch.setattr("core.cli.serve.check_port", lambda port, address: None)
    result = CliRunner().invoke(app, ["dashboard", "--port", "8765"])
    assert result.exit_code == 0
    assert "http://localhost:8765" in result.output
    (words,) = told
    assert words[:2] == ["run", str(find_app())]
    assert Path(words[1]).is_file()
    assert {"--server.address=localhost", "--server.port=8765", "--browser.gatherUsageStats=false"} <= set(words)


def test_the_core_is_loaded_while_no_browser_is_there_yet_and_streamlit_is_not() -> None:
    code = "import sys; from core.cli.serve import preload; preload().join(); print(*sorted(sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.split()
    assert {"torch", "rdkit", "core.predict"} <= set(loaded)
    assert "streamlit" not in loaded


def test_every_option_is_one_of_streamlits() -> None:
    from streamlit import config

    known = config.get_config_options()
    assert [word for word in flags(8501, "localhost") if word.removeprefix("--").partition("=")[0] not in known] == []
