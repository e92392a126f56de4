"""The real dashboard on a free port, and a headless Chromium that shows WebGL without a network."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# WebGL in a headless browser needs the software renderer by name, and no --disable-gpu
ARGUMENTS = (
    "--no-sandbox",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--ignore-gpu-blocklist",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
START_S = 90


def find_chromium() -> str | None:
    """Return the browser to drive: $EIGENSCOPE_CHROMIUM, else the system's; None = Playwright's own."""
    named = os.environ.get("EIGENSCOPE_CHROMIUM")
    return named or next((path for name in NAMES if (path := shutil.which(name))), None)


# the dashboard with another file in place of the home library
WITH_LIBRARY = """
import sys
from pathlib import Path
import core.assets
core.assets.HOME_LIBRARY = Path(sys.argv.pop(1))
from streamlit.web.cli import main
main()
"""


@contextmanager
def serve_dashboard(log: Path, *, library: Path | None = None) -> Iterator[str]:
    """Yield the address of a running dashboard; its output goes to `log`, a `library` stands for the home library."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    start = ["-m", "streamlit"] if library is None else ["-c", WITH_LIBRARY, str(library)]
    command = [sys.executable, *start, "run", "dashboard/app.py"]
    options = ["--server.port", str(port), "--server.address", "127.0.0.1", "--server.headless", "true"]
    with log.open("wb") as output:
        server = subprocess.Popen([*command, *options], cwd=ROOT, stdout=output, stderr=subprocess.STDOUT)
        try:
            wait_until_healthy(f"http://127.0.0.1:{port}", server)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()
            server.wait(20)


def wait_until_healthy(address: str, server: subprocess.Popen) -> None:
    """Return once the server answers.

    Raises
    ------
    RuntimeError
        If it ends, or does not answer within START_S.
    """
    for _ in range(START_S * 4):
        if server.poll() is not None:
            raise RuntimeError(f"the dashboard ended with {server.returncode} before it answered")
        try:
            with urllib.request.urlopen(f"{address}/_stcore/health", timeout=2):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.25)
    raise RuntimeError(f"the dashboard did not answer within {START_S} s")


@contextmanager
def open_browser() -> Iterator[Browser]:
    """Yield a headless Chromium."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=list(ARGUMENTS))
        try:
            yield browser
        finally:
            browser.close()


# the script has stopped, and what it sent has been drawn: the number of elements is the same as at the five looks before
IS_IDLE = """() => {
    const app = document.querySelector('[data-testid=stApp]');
    const stopped = app && app.getAttribute('data-test-script-state') !== 'running'
        && !document.querySelector('[data-testid=stSpinner]');
    const count = stopped ? document.querySelectorAll('*').length : -1;
    window.counts = [...(window.counts || []), count].slice(-6);
    return stopped && window.counts.length === 6 && window.counts.every(n => n === count);
}"""


def wait_until_idle(page: Page, *, timeout_ms: float = 120_000) -> None:
    """Return once the app's script has stopped running and the browser has drawn what it sent."""
    page.wait_for_timeout(400)  # a click takes a moment to reach the server
    page.evaluate("window.counts = []")
    page.wait_for_function(IS_IDLE, timeout=timeout_ms, polling=100)


def go_to(page: Page, name: str) -> None:
    """Follow a link of the navigation."""
    page.get_by_role("link", name=name, exact=True).first.click()
    wait_until_idle(page)


def open_tab(page: Page, name: str) -> None:
    """Open a tab of a page."""
    page.get_by_role("tab", name=name).click()
    wait_until_idle(page)
