"""The examples in docstrings do what they say."""

import doctest
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SOURCES = [ROOT / "eigenscope.py", *sorted((ROOT / "core").rglob("*.py"))]
MODULES = [
    ".".join(path.relative_to(ROOT).with_suffix("").parts) for path in SOURCES if ">>>" in path.read_text("utf-8")
]

# What a stranger meets first has an example in its docstring
SHOWN_BY_EXAMPLE = {
    "core.api": ["predict", "scan", "rank", "spectrum", "read"],
    "core.features.coulomb_matrix": ["SortedCoulombMatrix", "coulomb_matrices"],
    "core.quantities": ["quantity_of"],
    "core.readers.structures": ["entries_from_text"],
    "core.screening.filters": ["RangeFilter"],
    "core.spectrum.broaden": ["Spectrum", "broaden"],
    "core.spectrum.levels": ["Levels"],
    "core.spectrum.metrics": ["rmse", "rse", "wasserstein_ev"],
    "core.spectrum.target": ["target_from_levels"],
    "core.structure.bonds": ["bonded_pairs"],
    "core.structure.constitution": ["constitution_key"],
    "core.structure.domain": ["check_geometry"],
    "core.structure.geometry": ["Geometry", "count_valence_levels"],
    "core.structure.identity": ["geometry_key"],
    "core.structure.molecule": ["parse_smiles", "parse_inchi"],
    "core.structure.stereochemistry": ["enumerate_stereoisomers"],
    "core.writers.spectra": ["spectrum_to_jcamp"],
    "core.writers.tables": ["table_to_csv"],
}


def without_example(shown: dict[str, list[str]]) -> list[str]:
    def has_example(module: str, name: str) -> bool:
        return ">>>" in (getattr(import_module(module), name).__doc__ or "")

    return [f"{module}.{name}" for module, names in shown.items() for name in names if not has_example(module, name)]


@pytest.mark.parametrize("name", MODULES)
def test_examples(name):
    failed, tried = doctest.testmod(import_module(name))
    assert tried > 0
    assert failed == 0


def test_what_a_stranger_meets_has_an_example():
    assert without_example(SHOWN_BY_EXAMPLE) == []
