"""Broad test molecules at B3LYP geometries: which, in which order, and what is kept of each."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from core.campaigns import b3lyp_geometries
from core.campaigns.b3lyp_geometries import (
    AT_B3LYP,
    MOST_HEAVY_ATOMS,
    b3lyp_jobs,
    label_at_b3lyp,
    with_gfn2,
    xtb_test_rows,
)
from core.campaigns.cheaper_geometries import GFN2
from core.campaigns.jobs import LabelJob
from core.cli import app
from core.elements import QM9_NUMBERS
from core.errors import GeometryError
from core.labels.archives.qm9 import STRUCTURE_COLUMNS
from core.labels.label_set import load_labels
from core.models.geometry.fit import POSITION_GRAIN
from core.reference.b3lyp import LAST_ELEMENT, relax_with_b3lyp

WATER = LabelJob(
    "w", -1, "test", AT_B3LYP, "O", np.array([8, 1, 1]), np.array([[0, 0, 0], [0, 0, 0.96], [0.93, 0, -0.24]])
)


@pytest.fixture
def qm9_of(monkeypatch):
    """What makes QM9 hold the molecules with these SMILES, of those that are drawn from."""

    def patch(*smiles: str) -> None:
        rows = [row for row in xtb_test_rows() if row["smiles"] in smiles]
        table = pd.DataFrame([(0, row["smiles"], row, None) for row in rows], columns=list(STRUCTURE_COLUMNS))
        monkeypatch.setattr(b3lyp_geometries, "load_qm9pack", lambda _: table)
        monkeypatch.setattr(
            b3lyp_geometries, "qm9pack_atoms", lambda row, _: (row["numbers"], row["positions"].reshape(-1, 3))
        )

    return patch


def test_molecules_of_qm9s_elements_come_first_and_those_of_qm9_not_at_all(qm9_of) -> None:
    qm9_of("C=C")
    jobs = b3lyp_jobs(Path())
    assert "C=C" not in {job.smiles for job in jobs}
    assert len({job.id for job in jobs}) == len(jobs) > 100
    is_known = [set(job.numbers.tolist()) <= set(QM9_NUMBERS) for job in jobs]
    assert is_known == sorted(is_known, reverse=True)
    assert 20 < sum(is_known) < len(jobs)
    sizes = [int((job.numbers > 1).sum()) for job, known in zip(jobs, is_known, strict=True) if known]
    assert sizes == sorted(sizes)
    assert max(sizes) == MOST_HEAVY_ATOMS
    assert max(job.numbers.max() for job in jobs) <= LAST_ELEMENT


def test_a_molecule_is_labelled_where_b3lyp_puts_its_atoms(monkeypatch) -> None:
    record = label_at_b3lyp(WATER)
    positions = np.array(record["positions"])
    np.testing.assert_allclose(np.linalg.norm(positions[1:] - positions[0], axis=1), 0.962, atol=0.002)
    assert (record["id"], record["geometry"], record["converged"]) == ("w", "B3LYP/6-31G(2df,p)", True)
    assert -9 < record["levels"][record["n_occ"] - 1] < -5


def test_another_molecule_is_an_error(monkeypatch) -> None:
    import core.reference.b3lyp

    def stretch(given):
        return type(given)(given.numbers, 2 * given.positions)

    monkeypatch.setattr(core.reference.b3lyp, relax_with_b3lyp.__name__, stretch)
    with pytest.raises(GeometryError, match="relaxing changed the molecule"):
        label_at_b3lyp(WATER)


def test_rows_come_in_the_order_of_the_jobs_with_where_they_began() -> None:
    others = [
        LabelJob(name, -1, "test", AT_B3LYP, "O", WATER.numbers, WATER.positions + k) for k, name in enumerate("abc")
    ]
    table = with_gfn2(pd.DataFrame({"id": ["c", "a"]}), others)
    assert table["id"].tolist() == ["a", "c"]
    began = table[GFN2][0].reshape(-1, 3) * POSITION_GRAIN
    np.testing.assert_allclose(began, WATER.positions - WATER.positions.mean(0), atol=POSITION_GRAIN)


def test_the_command_writes_labels_and_goes_on_where_it_stopped(monkeypatch, tmp_path) -> None:
    monkeypatch.setattr(b3lyp_geometries, "b3lyp_jobs", lambda _: [WATER])
    out = tmp_path / "some.parquet"
    command = [
        "geometry",
        "relax-dft",
        "--qm9",
        "unused",
        "--out",
        str(out),
        "--work",
        str(tmp_path / "work"),
        "--workers",
        "1",
    ]
    first = CliRunner().invoke(app, command)
    assert "1 relaxed and 0 failed, 0 there before; 1 in" in first.output
    (row,) = load_labels(out).table.to_dict("records")
    assert (row["id"], row["geometry"], row[GFN2].dtype) == ("w", AT_B3LYP, np.int16)
    assert "0 relaxed and 0 failed, 1 there before; 1 in" in CliRunner().invoke(app, command).output
    elsewhere = [*command[:-3], str(tmp_path / "other"), *command[-2:]]
    assert "0 relaxed and 0 failed, 1 there before; 1 in" in CliRunner().invoke(app, elsewhere).output
    np.testing.assert_array_equal(load_labels(out).table[GFN2][0], row[GFN2])
