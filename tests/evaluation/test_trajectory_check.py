"""Levels along dynamics against references, on the shipped frames.

Covers `core.evaluation.trajectory_check`, `core.campaigns.thermal_set`.
"""

import json

import numpy as np
import pytest

from core.assets import TRAJECTORIES_PBE
from core.campaigns.thermal_set import (
    FRAMES_EACH,
    MOST_HEAVY,
    N_MOLECULES,
    THERMAL_SOURCES,
    molecules_of_part,
    thermal_rows,
)
from core.errors import GeometryError
from core.evaluation.trajectory_check import TRAJECTORY_FILE, measure_trajectories, time_frames
from core.labels.label_set import LabelSet, load_labels
from core.labels.splits import (
    TEST,
    TRAIN,
    is_broad_test,
    is_reserved,
    shipped_test_indices,
    shipped_test_keys,
)
from core.spectrum.levels import N_BAND
from core.structure.constitution import constitution_key
from core.structure.geometry import Geometry


@pytest.fixture(scope="module")
def frames() -> LabelSet:
    return load_labels(TRAJECTORIES_PBE)


def test_a_few_molecules_are_measured_and_written(frames: LabelSet, model, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("core.evaluation.trajectory_check.N_TIMED_FRAMES", 40)
    monkeypatch.setattr("core.evaluation.trajectory_check.time_frames", lambda m: time_frames(m, n_frames=40))
    names = frames.table["id"].str.rpartition("-t")[0]
    few = frames.select(names.isin(sorted(set(names))[::8]).to_numpy())
    found = measure_trajectories(model, few, out=tmp_path)
    assert found == json.loads((tmp_path / TRAJECTORY_FILE).read_text())
    assert found["n_frames"] == found["n"] * FRAMES_EACH
    assert found["rmse_ev"] < 0.2
    assert found["spread_ev"] > found["change_rmse_ev"], "predicting no change at all would be worse"
    assert sum(x["n"] for x in found["by_source"].values()) == len(found["by_molecule"]) == found["n"]
    assert found["speed"]["n_atoms"] == 19


def test_every_molecule_is_of_a_test_part_and_none_is_reserved(frames: LabelSet) -> None:
    table = frames.table
    assert set(table["split"]) == {TEST}
    at_rest = table["id"].str.endswith("-t0").to_numpy()
    assert at_rest.sum() == N_MOLECULES
    assert len(table) == N_MOLECULES * (FRAMES_EACH + 1)
    for geometry, index in zip(frames.select(at_rest).geometries(), table["qm9_index"][at_rest], strict=True):
        key = constitution_key(geometry)
        assert not is_reserved(key)
        assert index in shipped_test_keys() if index >= 0 else is_broad_test(key) or key in shipped_test_keys()
        assert (geometry.numbers > 1).sum() <= MOST_HEAVY
    assert all(levels.n_known >= N_BAND for levels in frames.levels())


def test_the_shipped_molecules_are_the_first_of_the_recipe(frames: LabelSet) -> None:
    shipped = set(frames.table["id"].str.rpartition("-t")[0])
    for source in THERMAL_SOURCES:
        rows = molecules_of_part(source, TEST)
        first = [next(rows)["id"] for _ in range(N_MOLECULES // len(THERMAL_SOURCES))]
        assert len(shipped & set(first)) >= len(first) - 3, "all but those that changed on the way"


def test_a_molecule_that_xtb_cannot_keep_is_passed_over(frames: LabelSet) -> None:
    row = next(molecules_of_part(THERMAL_SOURCES[0], TEST))
    torn = np.asarray(row["positions"], float) * 1.6
    with pytest.raises(GeometryError):
        thermal_rows({**row, "positions": torn}, THERMAL_SOURCES[0])


def test_frames_to_train_on_are_of_training_molecules() -> None:
    for source in THERMAL_SOURCES:
        rows = molecules_of_part(source, TRAIN)
        for row in (next(rows) for _ in range(5)):
            assert row["split"] == TRAIN
            key = constitution_key(Geometry(row["numbers"], row["positions"]))
            assert key not in shipped_test_keys()
            assert row["qm9_index"] not in shipped_test_indices()
