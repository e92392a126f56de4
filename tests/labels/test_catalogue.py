"""The sets that come with the program: counts and distributions are those of their files."""

import numpy as np
import pandas as pd
import pytest

from core.assets import QM9_PBE
from core.errors import InputError
from core.labels.catalogue import (
    ALL,
    OTHER,
    DataSet,
    count_rows,
    element_shares,
    find_molecules,
    homo_edges,
    homo_shares,
    load_geometry,
    present_sets,
    size_shares,
    summarise_set,
)
from core.labels.label_set import load_labels


@pytest.fixture(scope="module")
def qm9() -> DataSet:
    return next(s for s in present_sets() if s.path == QM9_PBE)


@pytest.fixture(scope="module")
def summary(qm9: DataSet) -> pd.DataFrame:
    return summarise_set(qm9)


def test_every_label_file_is_a_set_with_a_description() -> None:
    for dataset in present_sets():
        assert "without a description" not in dataset.what, f"{dataset.path.name} is not described"


def test_summary_is_that_of_the_labels(summary: pd.DataFrame) -> None:
    labels = load_labels(QM9_PBE)
    assert summary["id"].tolist() == labels.table["id"].tolist()
    np.testing.assert_allclose(summary["homo_ev"], [x.homo_ev for x in labels.levels()], atol=1e-6)
    np.testing.assert_array_equal(summary["n_heavy"], labels.table["n_core"])


def test_counts_add_up(summary: pd.DataFrame) -> None:
    counts = count_rows(summary, ("dft", "mmff"))
    assert counts[ALL].sum() == len(summary)
    assert counts.loc["test", "dft"] == (summary["split"] == "test").sum()
    assert counts[OTHER].sum() == (summary["geometry"] == "rattled").sum()


def test_shares_add_up_to_one(summary: pd.DataFrame) -> None:
    edges = homo_edges([summary, summary.head(10)])
    assert homo_shares(summary, edges).sum() == pytest.approx(1)
    assert homo_shares(summary.head(10), edges).sum() == pytest.approx(1)
    assert size_shares(summary).sum() == pytest.approx(1)
    shares = element_shares(summary)
    assert shares[6] == pytest.approx(np.mean(["C" in s or "c" in s for s in summary["smiles"]]), abs=1e-9)
    assert shares.max() <= 1


def test_a_set_without_levels_has_no_homo() -> None:
    library = next(s for s in present_sets() if s.key == "c7h10o2")
    summary = summarise_set(library)
    assert summary["homo_ev"].isna().all()
    assert not len(homo_edges([summary]))
    assert set(summary["elements"]) == {(1, 6, 8)}


def test_molecules_are_found_by_id_and_by_smiles(qm9: DataSet, summary: pd.DataFrame) -> None:
    name = summary["id"].iloc[17]
    assert find_molecules(summary, name)["id"].tolist() == [name]
    assert find_molecules(summary, summary["smiles"].iloc[17])["id"].str.startswith("qm9").all()
    assert find_molecules(summary, "nonsense").empty
    assert len(find_molecules(summary, "", limit=7)) == 7
    geometry = load_geometry(qm9, name)
    assert geometry.n_atoms == summary["n_atoms"].iloc[17]
    with pytest.raises(InputError, match="QM9 labels has no molecule 'nonsense'"):
        load_geometry(qm9, "nonsense")


@pytest.mark.parametrize(
    ("table", "said"),
    [({"id": ["a"]}, "needs the column numbers"), ({"numbers": pd.Series([], dtype=object)}, "holds no molecule")],
)
def test_files_of_something_else_are_refused(tmp_path, table: dict, said: str) -> None:
    path = tmp_path / "x.parquet"
    pd.DataFrame(table).to_parquet(path)
    with pytest.raises(InputError, match=said):
        summarise_set(DataSet("x", "X", path, "", "", ""))
    path.write_bytes(b"nothing")
    with pytest.raises(InputError, match="readable Parquet"):
        summarise_set(DataSet("x", "X", path, "", "", ""))
