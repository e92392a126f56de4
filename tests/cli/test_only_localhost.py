"""The running dashboard listens on this machine alone, and calls no other: what `ss` would show, and every connection tried."""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
from websockets.sync.client import connect

sys.path.insert(0, str(Path(__file__).parents[1] / "load"))
from sessions import DashboardSession

ROOT = Path(__file__).resolve().parents[2]
START_S = 120
AUDIT = '''
import os
import sys


def note(event, arguments):
    """Write down whom a program connects to, sends to, or asks the address of."""
    if event in ("socket.connect", "socket.sendto", "socket.getaddrinfo", "socket.gethostbyname"):
        place = arguments[1] if event in ("socket.connect", "socket.sendto") else arguments[0]
        with open(os.environ["AUDIT_LOG"], "a") as log:
            log.write(f"{event} {place!r}\\\\n")


sys.addaudithook(note)
'''
LISTEN = "0A"  # of /proc/net/tcp


def listening(pid: int) -> set[str]:
    """Return the addresses, with ports, on which a process listens, as /proc/net/tcp and tcp6 write them (Linux)."""
    inodes = set()
    for link in Path(f"/proc/{pid}/fd").iterdir():
        try:
            inodes.add(os.readlink(link))
        except OSError:
            continue
    found = set()
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == LISTEN and f"socket:[{fields[9]}]" in inodes:
                found.add(fields[1])
    return found


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_only_this_machine_can_reach_the_dashboard_and_it_reaches_for_no_other(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(AUDIT.replace("\\\\n", "\\n"))
    log = tmp_path / "connections.txt"
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(tmp_path), str(ROOT)]), "AUDIT_LOG": str(log)}
    command = [sys.executable, "-c", "from core.cli import app; app()", "dashboard", "--port", str(port)]
    server = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_until_healthy(port, server)
        with connect(f"ws://localhost:{port}/_stcore/stream", subprotocols=["streamlit"], max_size=None) as stream:
            page = DashboardSession(stream)
            page.send()
            page.listen(lambda: page.n_runs > 0)
        addresses = listening(server.pid)
    finally:
        server.terminate()
        server.wait(20)
    hexport = f":{port:04X}"
    loopback = {"0100007F" + hexport, "0" * 24 + "01000000" + hexport}
    assert addresses
    assert addresses <= loopback, "it listens elsewhere, too"
    assert set(log.read_text().splitlines()) == {"socket.getaddrinfo 'localhost'"}, "it asks for others, too"


def wait_until_healthy(port: int, server: subprocess.Popen) -> None:
    """Return once the server answers."""
    end = time.monotonic() + START_S
    while time.monotonic() < end:
        assert server.poll() is None, "the dashboard ended"
        try:
            with urllib.request.urlopen(f"http://localhost:{port}/_stcore/health", timeout=2):
                return
        except OSError:
            time.sleep(0.25)
    raise AssertionError("the dashboard did not answer")
