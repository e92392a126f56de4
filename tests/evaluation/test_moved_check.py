"""Whether moving atoms carries over to molecules that QM9 lacks, on the shipped labels."""

import json

import numpy as np
import pytest
from typer.testing import CliRunner

from core.assets import BROAD_B3LYP, BROAD_PBE, DRAWN_PBE
from core.cli import app
from core.elements import QM9_NUMBERS
from core.evaluation.moved_check import (
    MOVED_FILE,
    MOVED_MOLECULES,
    OTHER_MOLECULES,
    cheaper_geometries,
    distance_error,
    groups_of,
    measure_moved,
)
from core.labels.label_set import LabelSet, load_labels
from core.structure.constitution import constitution_key
from core.structure.geometry import XTB, Geometry


@pytest.fixture(scope="module")
def labels() -> LabelSet:
    return load_labels(BROAD_B3LYP)


def test_errors_are_measured_and_written(model, labels, tmp_path) -> None:
    few = labels.select(np.arange(len(labels)) < 12)
    found = measure_moved(model, few, out=tmp_path)
    assert found == json.loads((tmp_path / MOVED_FILE).read_text())
    whole, each = found["groups"][0], found["molecules"]
    assert (whole["group"], whole["n"]) == (MOVED_MOLECULES, 12)
    assert whole["rmse_at_best_ev"] < min(whole["rmse_as_made_ev"], whole["rmse_moved_ev"])
    assert found["heavy_atoms"][0] == 2
    assert whole["n_moved"] == sum(row["is_moved"] for row in each)
    for way in ("as_made", "moved", "at_best"):
        squares = [row[f"rmse_{way}_ev"] ** 2 for row in each]
        assert whole[f"rmse_{way}_ev"] == pytest.approx(np.sqrt(np.mean(squares)), abs=1e-4)


def test_the_command_prints_every_group(labels, tmp_path) -> None:
    ran = CliRunner().invoke(app, ["compare", "moved", "--out", str(tmp_path)])
    assert ran.exit_code == 0
    groups = json.loads((tmp_path / MOVED_FILE).read_text())["groups"]
    assert [line.split(":")[0] for line in ran.output.splitlines()] == [row["group"] for row in groups]


def test_molecules_of_other_elements_stay_as_made(model, labels, tmp_path) -> None:
    one = labels.select(np.arange(len(labels)) < 1)
    numbers, grains = np.array([17, 1], np.uint8), np.array([0, 0, 0, 0, 0, 1311], np.int16)
    table = one.table.assign(numbers=[numbers], positions=[grains / 1024], gfn2=[grains], smiles="Cl")
    table["levels_ev"] = [np.array([-300.0, -20.0, -11.0, -8.0, -8.0, -0.5])]
    chloride = LabelSet(table.assign(n_core=1, n_occupied=5))
    (group,) = measure_moved(model, chloride, out=tmp_path)["groups"]
    assert (group["group"], group["n"], group["n_moved"], group["share_nearer"]) == (OTHER_MOLECULES, 1, 0, None)
    assert group["rmse_as_made_ev"] == group["rmse_moved_ev"]


def test_a_distance_that_is_off_is_found() -> None:
    water = Geometry([8, 1, 1], [[0, 0, 0], [0, 0, 0.96], [0.93, 0, -0.24]])
    stretched = Geometry(water.numbers, 1.01 * water.positions)
    distances = [np.linalg.norm(water.positions[i] - water.positions[j]) for i, j in ((0, 1), (0, 2), (1, 2))]
    assert distance_error(stretched, water) == pytest.approx(0.01 * np.mean(distances))
    assert distance_error(water, water) == 0


def test_its_molecules_are_of_the_test_parts_and_the_same_conformer(labels) -> None:
    assert set(labels.table["split"]) == {"test"}
    sources = [load_labels(path).table.set_index("id") for path in (BROAD_PBE, DRAWN_PBE)]
    for row, made, relaxed in zip(
        labels.table.itertuples(), cheaper_geometries(labels), labels.geometries(), strict=True
    ):
        source = next(table for table in sources if row.id in table.index).loc[row.id]
        assert source["split"] == "test"
        given = Geometry(source["numbers"], source["positions"])
        assert distance_error(made, given) < 0.002
        assert constitution_key(made) == constitution_key(relaxed)
        assert distance_error(made, relaxed) < 0.1
        assert made.origin == XTB


def test_groups_are_of_molecules_that_are_moved(labels) -> None:
    is_known = np.array([set(z.tolist()) <= set(QM9_NUMBERS) for z in labels.table["numbers"]])
    groups = dict(groups_of(labels))
    np.testing.assert_array_equal(groups.pop(MOVED_MOLECULES), is_known)
    others = groups.pop(OTHER_MOLECULES, ~is_known)
    np.testing.assert_array_equal(others, ~is_known)
    assert groups
    assert all(mask.sum() >= 5 and not (mask & ~is_known).any() for mask in groups.values())
