import json

import pytest
from reference_scan import XtbModel, small_library

from core.benchmark import run_benchmark
from core.errors import InputError


def test_the_table_and_the_json_below_it_hold_the_same_run(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"N_MATRICES": 50, "N_RANKINGS": 2, "N_XTB": 3}.items():
        monkeypatch.setattr(f"core.benchmark.{name}", value)
    text = run_benchmark(XtbModel(), library=small_library(12))
    table, braces = text.split("\n\n{", 1)
    result = json.loads("{" + braces)
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
        run_benchmark(XtbModel(), library=library)
