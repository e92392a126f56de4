import numpy as np
import pandas as pd
from archive_files import some_labels, write_qm9pack
from typer.testing import CliRunner

from core.assets import QM9_GFN2
from core.campaigns.pretraining import label_qm9_xtb
from core.cli import app
from core.labels.label_set import LabelSet, load_labels
from core.reference.xtb import xtb_levels
from core.structure.geometry import Geometry


def test_water_has_six_orbitals_and_the_published_homo():
    """One s on each H; s and three p on O. GFN2-xTB's HOMO of water is -12.1 eV (xtb 6, --gfn 2)."""
    levels = xtb_levels(Geometry([8, 1, 1], [[0, 0, 0.119], [0, 0.763, -0.477], [0, -0.763, -0.477]]))
    assert len(levels) == 6
    assert (np.diff(levels) >= 0).all()
    np.testing.assert_allclose(levels[3], -12.1, atol=0.15)


def test_shipped_levels_are_made_again():
    shipped = load_labels(QM9_GFN2).select(np.arange(30_000) % 6000 == 0)
    for geometry, stored in zip(shipped.geometries(), shipped.table["levels_ev"], strict=True):
        np.testing.assert_allclose(xtb_levels(geometry)[: len(stored)], stored, atol=2e-4)


def test_pretraining_never_sees_a_test_molecule(tmp_path):
    both = LabelSet(pd.concat([some_labels(4, split=s).table for s in ("test", "train")], ignore_index=True))
    folder, out = write_qm9pack(tmp_path / "pack", both), tmp_path / "levels.parquet"
    result = CliRunner().invoke(app, ["pretraining", "--qm9", str(folder), "--out", str(out), "--molecules", "10"])
    assert result.exit_code == 0, result.output
    made = load_labels(out)
    assert set(made.table["qm9_index"]) == set(some_labels(4, split="train").table["qm9_index"])
    assert made.table["geometry"].tolist() == ["dft", "rattled", "dft", "rattled"]
    assert made.provenance.level_of_theory == "GFN2-xTB"
    again = label_qm9_xtb(folder, n_molecules=2)
    assert again["id"].tolist() == made.table["id"].tolist()[:2]
