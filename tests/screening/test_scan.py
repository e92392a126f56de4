from collections.abc import Sequence

import numpy as np
import pandas as pd
import pytest
from reference_scan import (
    XtbModel,
    labels,
    small_library,
)

from core.errors import EigenscopeError, InputError
from core.reference.xtb import xtb_levels
from core.screening.scan import scan_library
from core.screening.spectra import spectra_of
from core.spectrum.levels import Levels
from core.structure.domain import MODEL_DOMAIN, check_geometry, geometry_violations
from core.structure.entry import CANCELLED
from core.structure.geometry import Geometry


def test_a_scan_answers_every_row_in_order() -> None:
    library = small_library(12)
    library["numbers"], library["positions"] = library["numbers"].astype(object), library["positions"].astype(object)
    selenium = library["numbers"][2].copy()
    selenium[0] = 34
    library.at[2, "numbers"] = selenium
    library.at[4, "positions"] = np.full_like(library["positions"][4], np.nan)
    library.at[6, "positions"] = library["positions"][6][:-1]
    library.at[7, "positions"] = None
    apart = library["positions"][9].copy()
    apart[-3:] += 40.0
    library.at[9, "positions"] = apart
    seen: list[tuple[int, int]] = []
    scan = scan_library(library, XtbModel(), progress=lambda done, total: seen.append((done, total)))
    assert scan["id"].tolist() == library["id"].tolist()
    assert scan["row"].tolist() == list(range(1, 13))
    bad = {2: "refused", 4: "failed", 6: "failed", 7: "failed", 9: "refused"}
    assert scan["status"].tolist() == [bad.get(k, "ok") for k in range(12)]
    for k, reason in {2: "found Se", 4: "finite", 6: "one position an atom", 7: "no geometry", 9: "2"}.items():
        assert reason in scan["reason"][k]
    assert seen[-1] == (12, 12)
    for k in (0, 5, 11):
        alone = xtb_levels(Geometry(library["numbers"][k], library["positions"][k]))
        np.testing.assert_allclose(scan["levels_ev"][k], alone[: len(scan["levels_ev"][k])], atol=1e-4)
        assert scan["homo_ev"][k] == pytest.approx(scan["levels_ev"][k][-1], abs=1e-5)
        assert scan["gap_ev"][k] == pytest.approx(scan["lumo_ev"][k] - scan["homo_ev"][k])
    np.testing.assert_array_equal(scan["logp"], library["logp"])
    assert scan["model"].unique().tolist() == ["gfn2-xtb"]


def test_an_ion_is_refused_though_its_geometry_would_do() -> None:
    library = small_library(3).assign(smiles=["[O-]C(=O)C(=O)[O-]", "C[N+](C)(C)[O-]", ""])
    scan = scan_library(library, XtbModel())
    assert scan["status"].tolist() == ["refused", "ok", "ok"]
    assert scan["reason"][0] == "total charge must be 0, found -2"


def test_a_cancelled_scan_keeps_what_it_has(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.predict.SMALLEST_PIECE", 4)
    monkeypatch.setattr("core.predict.LARGEST_PIECE", 4)
    model = XtbModel()
    scan = scan_library(small_library(10), model, should_cancel=lambda: len(model.calls) >= 2)
    assert model.calls == [4, 4]
    assert (scan["status"] == "ok").sum() == 8
    rest = scan[scan["status"] != "ok"]
    assert rest["status"].unique().tolist() == [CANCELLED]
    assert rest["reason"].unique().tolist() == ["cancelled"]
    assert np.isfinite(spectra_of(scan, n_levels=None)[:, 0]).sum() == 8


def test_a_cancelled_scan_goes_on_from_the_rows_it_has(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.predict.SMALLEST_PIECE", 4)
    monkeypatch.setattr("core.predict.LARGEST_PIECE", 4)
    library = small_library(10).drop(columns="id")
    whole = scan_library(library, XtbModel())
    model = XtbModel()
    part = scan_library(library, model, should_cancel=lambda: len(model.calls) >= 2)
    model.calls.clear()
    seen: list[tuple[int, int]] = []
    again = scan_library(library, model, known=part, progress=lambda done, total: seen.append((done, total)))
    assert model.calls == [2]
    assert seen == [(8, 10), (10, 10)]
    pd.testing.assert_frame_equal(again, whole, rtol=1e-4)
    with pytest.raises(EigenscopeError, match="as many rows as it had, 10; got 9"):
        scan_library(library.head(9), model, known=part)


def test_pieces_grow_for_a_fast_learner(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cancel is asked about every second: at four molecules a second, every four molecules."""
    clock = [0.0]

    class Paced(XtbModel):
        def predict_levels(self, geometries: Sequence[Geometry], *, weights: bool = False) -> list[Levels]:
            clock[0] += len(geometries) / 4
            return super().predict_levels(geometries, weights=weights)

    monkeypatch.setattr("core.predict.SMALLEST_PIECE", 2)
    monkeypatch.setattr("core.predict.time.monotonic", lambda: clock[0])
    model = Paced()
    scan = scan_library(small_library(11), model)
    assert model.calls == [2, 4, 4, 1]
    assert (scan["status"] == "ok").all()


def test_one_bad_molecule_does_not_sink_its_batch() -> None:
    class Fragile(XtbModel):
        def predict_levels(self, geometries: Sequence[Geometry], *, weights: bool = False) -> list[Levels]:
            if any(g.n_atoms == sizes[3] for g in geometries):
                raise EigenscopeError("no convergence")
            return super().predict_levels(geometries, weights=weights)

    library = small_library(8)
    sizes = [len(z) for z in library["numbers"]]
    scan = scan_library(library, Fragile())
    expected = ["failed" if n == sizes[3] else "ok" for n in sizes]
    assert scan["status"].tolist() == expected
    assert "no convergence" in scan["reason"][3]


def test_a_library_needs_geometries() -> None:
    with pytest.raises(InputError, match="positions not found"):
        scan_library(small_library(2).drop(columns="positions"), XtbModel())


def test_the_quick_check_lets_nothing_pass_that_the_slow_one_stops() -> None:
    table = labels(400)
    rng = np.random.default_rng(3)
    geometries = []
    for k, (numbers, positions) in enumerate(zip(table["numbers"], table["positions"], strict=True)):
        shape = positions.reshape(-1, 3) * rng.uniform(0.3, 3.0) if k % 2 else positions
        geometries.append(Geometry(np.append(numbers[1:], 6 + k % 3) if k % 5 == 0 else numbers, shape))

    def is_stopped(geometry: Geometry) -> bool:
        try:
            check_geometry(geometry)
        except EigenscopeError:
            return True
        return False

    expected = [is_stopped(g) for g in geometries]
    assert 50 < sum(expected) < 350
    assert [v is not None for v in geometry_violations(geometries, MODEL_DOMAIN)] == expected
