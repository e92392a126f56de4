import numpy as np
import pandas as pd
import pytest
from reference_scan import N, without_prediction
from sklearn.manifold import trustworthiness

from core.assets import HOME_LIBRARY
from core.errors import InputError
from core.library.store import find_libraries, load_library
from core.screening.spectra import spectra_of
from core.screening.spectrum_map import BY_COMPONENTS, BY_NEIGHBOURS, kept_map, map_path, save_map, spectrum_map


def test_neighbours_are_kept_and_the_map_is_deterministic(scan: pd.DataFrame) -> None:
    table = pd.concat([without_prediction(scan, 4, reason="broken"), scan.iloc[[7]]], ignore_index=True)
    found = spectrum_map(table)
    assert found.method == BY_NEIGHBOURS
    np.testing.assert_array_equal(found.places, spectrum_map(table.copy()).places)
    assert np.isnan(found.places[4]).all()
    known = np.isfinite(found.places).all(axis=1)
    spectra = spectra_of(table)[known].astype(float)
    plain = spectrum_map(table, at_most=0).places[known]
    kept, before = (trustworthiness(spectra, places, n_neighbors=10) for places in (found.places[known], plain))
    assert kept > before


def test_too_many_are_laid_out_by_their_components_and_it_is_said(scan: pd.DataFrame) -> None:
    found = spectrum_map(scan, at_most=N - 1)
    assert found.method == f"{BY_COMPONENTS}: {N} molecules take too long to lay out by neighbours"
    spectra = spectra_of(scan).astype(float)
    for i, j in [(0, 1), (7, 30), (50, 99)]:
        apart = np.linalg.norm(found.places[i] - found.places[j])
        assert apart <= np.linalg.norm(spectra[i] - spectra[j]) + 1e-6
    assert spectrum_map(scan.iloc[:1]).places.tolist() == [[0.0, 0.0]]
    assert spectrum_map(scan.iloc[:5]).method == BY_COMPONENTS


def test_a_map_is_kept_beside_its_library(scan: pd.DataFrame, tmp_path) -> None:
    library = tmp_path / "some.parquet"
    table = scan.head(40).assign(id=[f"m{k}" for k in range(40)], model="tight_binding")
    assert save_map(library, table) == map_path(library)
    some = table["id"].iloc[[7, 3]]
    found = kept_map(library, some)
    assert found is not None
    np.testing.assert_allclose(found.places, spectrum_map(table, n_steps=750).places[[7, 3]], rtol=1e-6)
    assert found.method == f"{BY_NEIGHBOURS}, of the spectra that tight_binding predicts"
    assert kept_map(library, pd.Series(["m1", "another"])) is None
    map_path(library).write_bytes(b"PAR1 damaged")
    assert kept_map(library, some) is None
    assert kept_map(tmp_path / "absent.parquet", some) is None
    with pytest.raises(InputError, match="ids differ"):
        save_map(library, table.assign(id="one"))


def test_the_home_library_has_its_map() -> None:
    ids = load_library(HOME_LIBRARY)["id"]
    found = kept_map(HOME_LIBRARY, ids)
    assert found is not None
    assert found.places.shape == (len(ids), 2)
    assert map_path(HOME_LIBRARY).stem not in find_libraries()
    assert map_path(HOME_LIBRARY).stat().st_size < 300_000
