"""Units: right by others' tables, and nowhere repeated."""

import re
from pathlib import Path

import pytest
from scipy.constants import physical_constants

from core.units import BOHR_ANGSTROM, HARTREE_EV

ROOT = Path(__file__).resolve().parents[1]


def test_constants_are_codatas():
    assert pytest.approx(physical_constants["Hartree energy in eV"][0], rel=1e-10) == HARTREE_EV
    assert pytest.approx(1e10 * physical_constants["Bohr radius"][0], rel=1e-8) == BOHR_ANGSTROM


def test_no_other_file_has_a_copy():
    copies = re.compile(r"27\.21|0\.5291|ase\.units|constants import")
    files = [path for folder in ("core", "dashboard") for path in sorted((ROOT / folder).rglob("*.py"))]
    found = [str(path.relative_to(ROOT)) for path in files if copies.search(path.read_text())]
    assert found == ["core/units.py"]
