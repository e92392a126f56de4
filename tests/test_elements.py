"""The one table of elements: right by others' tables, and nowhere repeated."""

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from pyscf import gto
from rdkit import Chem

from core.elements import BY_NUMBER, ELEMENTS, ENGINE_SYMBOLS
from core.models.tight_binding.network import n_valence_levels
from core.structure.geometry import Geometry, count_core_levels, count_valence_levels

ROOT = Path(__file__).resolve().parents[1]
SYMBOLS = r"""["']?H["']?\s*,\s*["']?C["']?\s*,\s*["']?N["']?\s*,\s*["']?O\b"""
SPELT = r"\bH C N O F\b"
KEYED = r"(?s)\b1:(?:(?!\b\d+:).)*?\b6:(?:(?!\b\d+:).)*?\b7:(?:(?!\b\d+:).)*?\b8:"
NUMBERED = r"\b1,\s*6,\s*7,\s*8\b"
OF_CORES = r"numbers?\s*-\s*2\b"


@pytest.mark.parametrize("element", ELEMENTS, ids=lambda e: e.symbol)
def test_rows_are_those_of_rdkits_periodic_table(element):
    table = Chem.GetPeriodicTable()
    assert table.GetElementSymbol(element.number) == element.symbol
    assert table.GetRcovalent(element.number) == element.radius
    assert table.GetNOuterElecs(element.number) == element.n_valence_electrons


@pytest.mark.parametrize("symbol", ENGINE_SYMBOLS)
def test_the_engines_bases_are_there(symbol):
    number = next(e.number for e in ELEMENTS if e.symbol == symbol)
    atom = gto.M(atom=[(symbol, (0, 0, 0))], basis=BY_NUMBER[number].engine_basis, spin=None, verbose=0)
    assert atom.nao > BY_NUMBER[number].n_core_levels + BY_NUMBER[number].n_valence_electrons // 2


def test_order_is_that_of_the_atomic_numbers():
    numbers = [e.number for e in ELEMENTS]
    assert numbers == sorted(set(numbers))


def test_a_networks_training_starts_from_energies_of_every_element():
    assert all(e.onsite_ev[0] < 0 for e in ELEMENTS)


def test_what_qm9_holds_is_covered():
    assert all(e.is_covered for e in ELEMENTS if e.in_qm9)


@pytest.mark.parametrize(
    ("numbers", "n_valence"),
    [([8, 1, 1], 4), ([16, 1, 1], 4), ([14, 1, 1, 1, 1], 4), ([35, 1], 4), ([15, 1, 1, 1, 0, 0], 4)],
    ids=["H2O", "H2S", "SiH4", "HBr", "PH3, padded"],
)
def test_a_third_row_atom_has_as_many_valence_levels_as_a_second_row_one(numbers, n_valence):
    assert int(n_valence_levels(torch.tensor([numbers]))) == n_valence
    real = [z for z in numbers if z]
    geometry = Geometry(np.array(real), np.zeros((len(real), 3)))
    assert count_valence_levels(geometry) == n_valence
    assert count_core_levels(geometry) + n_valence == sum(real) // 2


@pytest.mark.parametrize(
    "text",
    [
        'ELEMENTS = ("H", "C", "N", "O", "F")',
        "of H, C, N, O, F",
        "of H C N O F",
        '{1: "H", 6: "C", 7: "N", 8: "O"}',
        "numbers - 2",
        "(1, 6, 7, 8)",
    ],
)
def test_the_walk_below_sees_what_it_looks_for(text):
    assert lists_of_elements(text)


def test_no_other_file_lists_elements():
    found = {}
    for folder in ("core", "dashboard"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            if path.name != "elements.py" and (hits := lists_of_elements(path.read_text())):
                found[str(path.relative_to(ROOT))] = hits
    assert not found, "elements are listed in core/elements.py alone: add one there"


def lists_of_elements(source: str) -> list[str]:
    patterns = (SYMBOLS, SPELT, KEYED, NUMBERED, OF_CORES)
    return [match[0][:60] for pattern in patterns for match in re.finditer(pattern, source)]


ONE_MORE = """
import sys, types
from pathlib import Path
path = Path("core/elements.py")
line = 'Element("S", 16, '
more = 'Element("Se", 34, 14, "sp", 1.20, core_below_ev=-52.0, onsite_ev=(-20.0, -9.0), in_qm9=True, is_covered=True), '
source = path.read_text()
assert source.count(line) == 1
module = types.ModuleType("core.elements")
sys.modules["core.elements"] = module
exec(compile(source.replace(line, more + line), str(path), "exec"), module.__dict__)

import numpy as np, torch
from core.features.mbtr import ManyBodyTensor
from core.models.batch import collate
from core.models.dtnn.network import DeepTensorConfig, DeepTensorNetwork
from core.models.tight_binding.network import TightBindingConfig, TightBindingNetwork
from core.structure.domain import check_geometry, check_molecule
from core.structure.embed import embed_geometry
from core.structure.molecule import parse_smiles

molecule = parse_smiles("C[SeH]")
check_molecule(molecule)
geometry = embed_geometry(molecule)
check_geometry(geometry)
levels, n_occupied = TightBindingNetwork(TightBindingConfig()).levels(collate([geometry]))
assert levels.shape == (1, 12) and n_occupied.tolist() == [7], (levels.shape, n_occupied)
assert np.isfinite(ManyBodyTensor()([geometry])).all()
DeepTensorNetwork(DeepTensorConfig(form="levels"))(collate([geometry]))
"""


def test_one_more_element_is_one_more_line():
    """Only the weights are missing: untrained networks, features and checks take it at once."""
    command = [sys.executable, "-c", ONE_MORE]
    result = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert result.returncode == 0, result.stderr
