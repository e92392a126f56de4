"""The table of quantities, and that it is the only place where a unit is written beside a name."""

import ast
import re
from pathlib import Path

import numpy as np
import pytest

from core.quantities import QUANTITIES, Quantity, offered, quantity_of
from core.screening.comparison import METRICS
from core.screening.filters import RangeFilter
from core.table import COLUMNS

ROOT = Path(__file__).parents[1]
UNITS = re.compile(r" / (" + "|".join(sorted({re.escape(q.unit) for q in QUANTITIES.values() if q.unit})) + r")(\s|$)")


def test_keys_are_columns_and_every_number_of_a_prediction_is_known() -> None:
    assert all(key == quantity.key for key, quantity in QUANTITIES.items())
    lists = {"levels_ev", "level_errors_ev", "conformer_levels_ev", "conformer_energies_ev"}
    assert {c for c in COLUMNS if c.endswith("_ev")} - lists <= set(QUANTITIES)


def test_the_unit_stands_in_headers_and_at_numbers() -> None:
    homo, rse, speed = (QUANTITIES[k] for k in ("homo_ev", "rse", "relative_speed"))
    assert homo.header == "HOMO / eV"
    assert homo.titled("Reference HOMO") == "Reference HOMO / eV"
    assert homo.text(-6.214) == "−6.21 eV"
    assert homo.hover("x") == "%{x:.2f} eV"
    assert rse.header == "RSE / %"
    assert rse.text(0.0164) == "1.64%"
    np.testing.assert_allclose(rse.shown(np.array([0.01, 0.5])), [1, 50])
    assert rse.stored(rse.shown(0.0164)) == pytest.approx(0.0164)
    assert speed.header == "Speed"
    assert speed.printf == "%.2f×"


def test_a_column_is_found_by_either_name_and_any_other_by_what_its_name_says() -> None:
    assert quantity_of("rse_percent") is QUANTITIES["rse"]
    assert quantity_of("sulphur_1s_ev").header == "sulphur 1s / eV"
    assert quantity_of("n_rings").header == "n rings"


def test_metrics_say_which_way_is_better_as_the_table_does() -> None:
    assert {key for key, metric in METRICS.items() if metric.lower_is_better} == {"rse", "wasserstein", "levels"}
    assert all(metric.quantity.better for metric in METRICS.values())


def test_a_filter_says_its_range_in_the_unit_that_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(QUANTITIES, "fraction_sp3", Quantity("fraction_sp3", "Saturated carbons", "%", factor=100))
    assert RangeFilter("fraction_sp3", low=0.5).describe() == "saturated carbons at least 50 %"


def test_what_a_view_offers_stands_in_the_order_of_the_table() -> None:
    assert [q.key for q in offered("histogram")] == ["homo_ev", "gap_ev", "states"]


@pytest.mark.parametrize(
    "path", sorted(p.relative_to(ROOT) for d in ("core", "dashboard") for p in (ROOT / d).rglob("*.py")), ids=str
)
def test_no_other_file_writes_a_unit_beside_a_name(path: Path) -> None:
    if path == Path("core/quantities.py"):
        return
    tree = ast.parse((ROOT / path).read_text())
    documentation = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and isinstance(node.body[0], ast.Expr)
    }
    texts = [n for n in ast.walk(tree) if isinstance(n, ast.Constant) and isinstance(n.value, str)]
    written = [n.value for n in texts if id(n) not in documentation and UNITS.search(n.value)]
    assert not written, f"{path}: core.quantities knows the units of {written}"
