"""The wheel, installed by itself and used outside the checkout.

The environment is new and holds nothing but the wheel: its `core`, `dashboard` and `eigenscope` are the wheel's own, which is
tested. What Eigenscope depends on is not downloaded again: a .pth file lets the new environment see the packages of the one
that runs the tests, behind its own. Python obeys no .pth file found on such a path, so the editable install there stays out.
"""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import sysconfig
import time
import urllib.request
import venv
import zipfile
from pathlib import Path

import pandas as pd
import pytest

from core import __version__
from core.assets import HOME_LIBRARY
from core.library.store import load_library

ROOT = Path(__file__).parents[2]
SOURCES = ("setup.py", "pyproject.toml", "README.md", "LICENSE", "eigenscope.py", "core", "dashboard", "assets")
N_SCANNED = 200
START_S = 60
BIN, SUFFIX = ("Scripts", ".exe") if os.name == "nt" else ("bin", "")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    """The wheel, built from a copy: a build leaves folders behind."""
    source, out = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    unwanted = shutil.ignore_patterns("__pycache__", "screenshots")
    for name in SOURCES:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, source / name, ignore=unwanted)
        else:
            shutil.copy(ROOT / name, source / name)
    pip = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--quiet",
        "--no-deps",
        "--no-build-isolation",
        "--wheel-dir",
        str(out),
    ]
    subprocess.run([*pip, str(source)], check=True)
    (found,) = out.glob("*.whl")
    return found


@pytest.fixture(scope="module")
def environment(wheel, tmp_path_factory) -> Path:
    """A new environment with the wheel alone, which sees the dependencies of this one."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=False)
    python = folder / BIN / f"python{SUFFIX}"
    pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", "--no-deps", "--no-index"]
    subprocess.run([*pip, str(wheel)], check=True)
    ask = [str(python), "-c", "import sysconfig; print(sysconfig.get_paths()['purelib'])"]
    own = Path(subprocess.run(ask, check=True, capture_output=True, text=True).stdout.strip())
    others = dict.fromkeys(sysconfig.get_paths()[name] for name in ("purelib", "platlib"))
    (own / "dependencies.pth").write_text("\n".join(others))
    return folder


@pytest.fixture(scope="module")
def run(environment, tmp_path_factory):
    """A function that runs a program of the environment in an empty folder; the folder is its `here`."""
    here = tmp_path_factory.mktemp("elsewhere")

    def run_program(program: str, *arguments: object, code: int = 0) -> subprocess.CompletedProcess:
        command = [str(environment / BIN / f"{program}{SUFFIX}"), *map(str, arguments)]
        done = subprocess.run(command, cwd=here, env=clean_environment(), capture_output=True, text=True, check=False)
        assert done.returncode == code, done.stdout + done.stderr
        return done

    run_program.here = here
    return run_program


def clean_environment() -> dict[str, str]:
    """This process's variables, but for those that say where modules are."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}


def test_it_carries_all_code_and_what_the_program_needs_and_no_labels(wheel) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    code = {p.relative_to(ROOT).as_posix() for room in ("core", "dashboard") for p in (ROOT / room).rglob("*.py")}
    assert code | {"eigenscope.py", "dashboard/icon.png", "dashboard/.streamlit/config.toml"} <= names
    carried = {name.removeprefix("eigenscope_assets/") for name in names if name.startswith("eigenscope_assets/")}
    assets = ROOT / "assets"
    there = {
        p.relative_to(assets).as_posix() for p in assets.rglob("*") if p.is_file() and p.parts[-2] != "screenshots"
    }
    labels = {name for name in there if name.startswith("reference/") and not name.endswith(".txt")}
    assert carried == there - labels - {"README.md"}
    assert {name.partition("/")[0] for name in names} == {
        "core", "dashboard", "eigenscope.py", "eigenscope_assets", f"eigenscope-{__version__}.dist-info",
    }  # fmt: skip


def test_its_own_code_is_what_runs(run, environment) -> None:
    code = (
        "import core.assets, dashboard, eigenscope; print(dashboard.__file__, eigenscope.__file__, core.assets.ASSETS)"
    )
    places = run("python", "-c", code).stdout.split()
    assert all(Path(place).is_relative_to(environment) for place in places), places


def test_version(run) -> None:
    assert run("eigenscope", "--version").stdout.strip() == f"eigenscope {__version__}"


def test_predict_scan_and_rank(run) -> None:
    (run.here / "in.csv").write_text("name,smiles\nethanol,CCO\nketone,O=C1CCCCCO1\n")
    run("eigenscope", "predict", "in.csv", "--out", "predicted.parquet")
    assert pd.read_parquet(run.here / "predicted.parquet")["status"].tolist() == ["ok", "ok"]
    load_library(HOME_LIBRARY).head(N_SCANNED).to_parquet(run.here / "library.parquet")
    run("eigenscope", "scan", "library.parquet", "--out", "scan.parquet")
    scan = pd.read_parquet(run.here / "scan.parquet")
    assert len(scan) == N_SCANNED
    run("eigenscope", "rank", "scan.parquet", "--target", scan["id"][7], "--top", 3, "--out", "best.csv")
    assert pd.read_csv(run.here / "best.csv")["id"][0] == scan["id"][7]


def test_python(run) -> None:
    code = "import eigenscope; print(eigenscope.predict(['CCO'])['status'].tolist(), len(eigenscope.read('in.csv')))"
    (run.here / "in.csv").write_text("name,smiles\nethanol,CCO\n")
    assert run("python", "-c", code).stdout.strip() == "['ok'] 1"


def test_what_needs_labels_says_where_they_are(run) -> None:
    said = " ".join(run("eigenscope", "evaluate", code=2).stderr.split())
    assert "labels are not part of the installed package" in said
    assert "--labels" in said


def test_notebook(run) -> None:
    cells = json.loads((ROOT / "docs" / "quickstart.ipynb").read_text(encoding="utf-8"))["cells"]
    assert not any(cell.get("outputs") or cell.get("execution_count") for cell in cells), "clear the notebook's outputs"
    shutil.copy(ROOT / "docs" / "quickstart.ipynb", run.here)
    done = run("python", Path(__file__).with_name("run_notebook.py"), "quickstart.ipynb")
    assert done.stdout.strip() == "notebook done"


def test_dashboard_serves_until_it_is_interrupted(environment, run) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [str(environment / BIN / f"eigenscope{SUFFIX}"), "dashboard", "--port", str(port)]
    server = subprocess.Popen(
        command, cwd=run.here, env=clean_environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    try:
        assert ask_until_served(f"http://localhost:{port}/_stcore/health", server) == "ok"
        assert "<html" in ask_until_served(f"http://localhost:{port}/scan", server)
        server.send_signal(signal.SIGINT)
        said, _ = server.communicate(timeout=30)
    finally:
        server.kill()
        server.wait()
    assert server.returncode == 0
    assert f"http://localhost:{port}" in said
    assert "Traceback" not in said


def ask_until_served(address: str, server: subprocess.Popen) -> str:
    """Return what the address serves, once the server does."""
    for _ in range(START_S * 4):
        assert server.poll() is None, server.stdout.read() if server.stdout else ""
        try:
            with urllib.request.urlopen(address, timeout=5) as page:
                return page.read().decode()
        except OSError:
            time.sleep(0.25)
    raise AssertionError(f"nothing was served at {address} within {START_S} s")
