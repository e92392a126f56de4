"""Cheaper geometries of labels: the same conformer, relaxed two ways, or left out."""

import numpy as np

from core.assets import QM9_PBE
from core.campaigns.cheaper_geometries import FARTHEST_ANGSTROM, relax_labelled
from core.labels.label_set import load_labels


def test_labels_are_relaxed_to_the_same_conformer() -> None:
    labels = load_labels(QM9_PBE)
    few = labels.select(np.arange(len(labels)) < 3)
    seen: list[int] = []
    made = relax_labelled(few, n_workers=0, progress=lambda done, _: seen.append(done))
    assert seen == [1, 2, 3]
    assert set(made["geometry"]) == {"MMFF94", "GFN2-xTB"}
    own = dict(zip(few.table["id"], few.table["positions"], strict=True))
    for row in made.itertuples():
        moved = np.asarray(row.positions).reshape(-1, 3)
        before = np.asarray(own[row.id]).reshape(-1, 3)
        change = np.linalg.norm(moved[:, None] - moved[None], axis=-1) - np.linalg.norm(
            before[:, None] - before[None], axis=-1
        )
        assert 1e-3 < np.abs(change).max() < 4 * FARTHEST_ANGSTROM
