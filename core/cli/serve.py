"""dashboard: serve the pages."""

import os
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from threading import Thread
from typing import Annotated

import typer

from core.cli.common import exit_on_error, say
from core.errors import InputError

PORTS = (1, 65535)
EVERYWHERE = ("0.0.0.0", "::")  # addresses that no browser can be sent to


def dashboard(
    port: Annotated[int, typer.Option(min=PORTS[0], max=PORTS[1], help="Port to listen on.")] = 8501,
    address: Annotated[
        str, typer.Option(help="Address to listen on; 0.0.0.0 lets other machines in, and there is no password.")
    ] = "localhost",
) -> None:
    """Serve the pages to a browser until Ctrl-C."""
    with exit_on_error():
        app = find_app()
        check_port(port, address)
        from streamlit.web import cli as streamlit

        preload()
        say(f"Eigenscope on http://{'localhost' if address in EVERYWHERE else address}:{port}, Ctrl-C ends it")
        streamlit.main(["run", str(app), *flags(port, address)], standalone_mode=False)


def preload() -> Thread:
    """Import PyTorch, RDKit and the rest of the core in a thread: whoever opens a browser need not wait for it.

    Streamlit is left to the thread that serves: two threads that import modules of one circle get halves of them.
    """
    thread = Thread(target=import_module, args=("core.api",), name="eigenscope-preload", daemon=True)
    thread.start()
    return thread


def find_app() -> Path:
    """Return the script of the pages, in the checkout or the installed package; it is not loaded.

    Raises
    ------
    InputError
        If the package has none.
    """
    package = find_spec("dashboard")
    folders = list(package.submodule_search_locations or ()) if package else []
    for folder in folders:
        if (Path(folder) / "app.py").is_file():
            return Path(folder) / "app.py"
    raise InputError("the pages are not installed: no package `dashboard` with an app.py is found")


def check_port(port: int, address: str) -> None:
    """Raise InputError unless this machine can listen there."""
    import socket

    try:
        family, kind, protocol, _, place = socket.getaddrinfo(address, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as trial:
            if os.name == "posix":  # elsewhere the option lets two programs share a port
                trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            trial.bind(place)
    except OSError as error:
        raise InputError(f"cannot listen on {address}, port {port}: {error.strerror}; --port takes another") from error


def flags(port: int, address: str) -> list[str]:
    """Return Streamlit's options; looks and limits are in `dashboard/.streamlit/config.toml`, which it reads by itself.

    No browser is opened, nothing is sent to Streamlit's makers, and no outside host is asked for this machine's address,
    which Streamlit does for its own welcome.
    """
    options = {
        "server.port": port,
        "server.address": address,
        "server.headless": "true",
        "browser.gatherUsageStats": "false",
        "logger.hideWelcomeMessage": "true",
        "server.fileWatcherType": "none",
    }
    return [f"--{name}={value}" for name, value in options.items()]
