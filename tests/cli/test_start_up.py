"""What is loaded before anything is asked for, and what options can be."""

import json
import subprocess
import sys

import pytest

from core.campaigns.drawn_sets import DRAWN_SETS
from core.campaigns.labellers import LABELLERS
from core.cli.choices import AxisKind, DrawnSet, Format, GeometryChoice, MetricKey, TheoryKey, ZeroKind
from core.readers.spectrum_options import AXES, REFERENCES
from core.screening.comparison import METRICS
from core.structure.place import GEOMETRY_MODES

HEAVY = ("torch", "sklearn", "scipy", "streamlit", "plotly", "pyscf", "rdkit", "pandas", "numpy", "pyarrow", "dscribe")
BUILD = "from core.cli import app; import typer.main; typer.main.get_command(app)"


@pytest.mark.parametrize("code", ["import eigenscope", BUILD], ids=["import", "command line"])
def test_nothing_heavy_is_loaded_at_start_up(code: str) -> None:
    script = f"{code}\nimport json, sys\nprint(json.dumps(sorted(sys.modules)))"
    loaded = json.loads(subprocess.run([sys.executable, "-c", script], check=True, capture_output=True).stdout)
    assert [name for name in HEAVY if name in loaded] == []


def test_options_are_what_there_is() -> None:
    assert list(GeometryChoice) == list(GEOMETRY_MODES)
    assert list(MetricKey) == list(METRICS)
    assert list(DrawnSet) == list(DRAWN_SETS)
    assert list(AxisKind) == list(AXES)
    assert list(ZeroKind) == list(REFERENCES)
    assert list(TheoryKey) == list(LABELLERS)
    assert list(Format) == ["parquet", "csv", "json", "sdf"]
