"""The benchmark's figures, on molecules that take no time.

Covers `core.benchmark.screening`, `core.machine.timing`.
"""

import json

import numpy as np
import pandas as pd
import pytest
from reference_scan import XtbModel, small_library

from core.benchmark import Part
from core.benchmark.engine import HYDROGEN, differences, draw, engine_table, measure_engine, summary
from core.benchmark.run import run_benchmark
from core.errors import InputError
from core.labels.label_set import LabelSet
from core.reference.dft import build_molecule, reference_levels, run_pyscf
from core.structure.geometry import Geometry, count_core_levels
from core.units import HARTREE_EV

WATER = Geometry(np.array([8, 1, 1]), np.array([[0, 0, 0.119], [0, 0.763, -0.477], [0, -0.763, -0.477]]))


@pytest.fixture(scope="module")
def labels() -> LabelSet:
    """Return water's and hydrogen's labels as PySCF's own solver makes them with the same protocol."""
    rows = []
    for name, geometry in (("water", WATER), ("hydrogen", HYDROGEN)):
        mol = build_molecule(geometry)
        facts = {"id": name, "numbers": geometry.numbers, "positions": geometry.positions.ravel()}
        n_occupied, n_core = mol.nelectron // 2, count_core_levels(geometry)
        levels_ev = run_pyscf(mol)[0].levels_ha[: n_occupied + 1] * HARTREE_EV
        rows.append(facts | {"n_core": n_core, "n_occupied": n_occupied, "levels_ev": levels_ev})
    return LabelSet(pd.DataFrame(rows).assign(split=["test", "train"]))


def test_the_table_and_the_json_below_it_hold_the_same_run(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"N_MATRICES": 50, "N_RANKINGS": 2, "N_XTB": 3}.items():
        monkeypatch.setattr(f"core.benchmark.screening.{name}", value)
    text = run_benchmark(XtbModel(), Part.SCREENING, library=small_library(12))
    table, braces = text.split("\n\n{", 1)
    result = json.loads("{" + braces)
    assert list(result) == ["screening"]
    result = result["screening"]
    assert result["library"] == {"n_molecules": 12, "n_predicted": 12}
    assert result["machine"]["cores"] <= 2
    scan = result["scan"]
    assert scan["total_s"] == pytest.approx(scan["levels_s"] + scan["spectra_s"])
    assert scan["molecules_per_s"] == pytest.approx(12 / scan["total_s"])
    assert set(result["rank_ms"]) > {"rse", "rse, shift fitted", "wasserstein", "levels"}
    assert 0.05 < result["ratios"]["scan to GFN2-xTB single point"] < 20  # the model here is GFN2-xTB itself
    assert f"{scan['total_s']:.2f} s" in table
    assert "12 of 12 molecules" in table


def test_a_library_that_cannot_be_predicted_is_no_benchmark() -> None:
    library = small_library(3)
    library["positions"] = [None] * 3
    with pytest.raises(InputError, match="none of the 3 could be predicted"):
        run_benchmark(XtbModel(), Part.SCREENING, library=library)


def test_engine_figures_of_small_molecules(tmp_path, labels: LabelSet) -> None:
    row = {"id": "water", "smiles": "O", "numbers": WATER.numbers, "positions": WATER.positions.ravel()}
    pd.DataFrame([row]).to_parquet(tmp_path / "library.parquet")
    told: list[tuple[int, int]] = []
    result = measure_engine(
        library=tmp_path / "library.parquet", labels=labels, progress=lambda done, total: told.append((done, total))
    )
    assert told == [(k, 7) for k in range(1, 8)]
    assert result["machine"]["cores"] == 1
    (one,), (pair,) = result["time"]["molecules"], result["ratio"]["molecules"]
    assert result["time"]["median_cpu_s"] == one["cpu_s"] == pair["engine_cpu_s"] > 0
    assert result["ratio"]["median"] == pytest.approx(pair["pyscf_cpu_s"] / pair["engine_cpu_s"])
    assert pair["pyscf_converged"]
    agreement, noise, shipped = (result[key] for key in ("agreement", "noise", "shipped"))
    assert agreement["n_molecules"] == 1
    assert agreement["molecules"][0]["id"] == labels.table["id"][0]
    assert 1e-3 < agreement["rms_mev"] < agreement["bar_mev"]  # fitting and grid do show
    assert noise["max_mev"] < agreement["rms_mev"]
    assert shipped["n_molecules"] == 2
    assert shipped["max_mev"] < shipped["bar_mev"]
    table = engine_table(result)
    assert f"{agreement['rms_mev']:.2f} meV    bar 5 meV" in table
    assert json.loads(json.dumps(result)) == result


def test_differences_keep_cores_and_empty_levels_apart() -> None:
    own = reference_levels(WATER)
    other = own.levels_ev.copy()
    other[0] += 0.5  # the core
    other[2] -= 0.003
    other[own.n_occupied + 1 :] = 99  # above the LUMO
    found = differences(own, other)
    assert found["n_levels"] == 5
    assert found["cores_max_mev"] == pytest.approx(500)
    assert found["max_mev"] == pytest.approx(3)
    assert found["rms_mev"] == pytest.approx(3 / np.sqrt(5))


def test_the_rms_of_all_levels_weighs_molecules_by_their_levels() -> None:
    small = {"n_levels": 1, "rms_mev": 4.0, "max_mev": 4.0, "cores_max_mev": 0.0}
    large = {"n_levels": 15, "rms_mev": 0.0, "max_mev": 0.0, "cores_max_mev": 7.0}
    figures = summary([small, large])
    assert figures["rms_mev"] == pytest.approx(1.0)
    assert (figures["max_mev"], figures["median_max_mev"], figures["cores_max_mev"]) == (4.0, 2.0, 7.0)


def test_draws_are_seeded_and_without_repeats() -> None:
    labels = LabelSet(pd.DataFrame({"id": [str(k) for k in range(100)]}))
    chosen = draw(labels, 20).table["id"].tolist()
    assert chosen == draw(labels, 20).table["id"].tolist()
    assert len(set(chosen)) == 20
    assert chosen != [str(k) for k in range(20)]


def test_another_threshold_of_pyscf_is_refused(monkeypatch: pytest.MonkeyPatch, labels: LabelSet) -> None:
    monkeypatch.setattr("pyscf.scf.hf.overlap_zero_eigenvalue_threshold", 1e-8)
    with pytest.raises(InputError, match="below 1e-06 as the engine does, got 1e-08"):
        measure_engine(labels=labels)
