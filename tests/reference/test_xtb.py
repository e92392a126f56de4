import numpy as np
import pandas as pd
from archive_files import some_labels, write_qm9pack
from typer.testing import CliRunner

from core.assets import BROAD_GFN2, QM9_GFN2
from core.campaigns import pretraining
from core.campaigns.broad_set import constitution_of
from core.campaigns.pretraining import label_qm9_xtb
from core.cli import app
from core.elements import BY_NUMBER
from core.labels.label_set import LabelSet, load_labels
from core.labels.splits import is_broad_test, is_reserved, shipped_test_keys
from core.reference.xtb import LEAST_CURVATURE, xtb_hessian, xtb_levels
from core.structure.geometry import Geometry, count_valence_levels
from core.structure.molecule import parse_smiles
from core.structure.relax import relax_geometry


def test_water_has_six_orbitals_and_the_published_homo():
    """One s on each H; s and three p on O. GFN2-xTB's HOMO of water is -12.1 eV (xtb 6, --gfn 2)."""
    levels = xtb_levels(Geometry([8, 1, 1], [[0, 0, 0.119], [0, 0.763, -0.477], [0, -0.763, -0.477]]))
    assert len(levels) == 6
    assert (np.diff(levels) >= 0).all()
    np.testing.assert_allclose(levels[3], -12.1, atol=0.15)


def test_shipped_levels_are_made_again():
    labels = load_labels(QM9_GFN2)
    shipped = labels.select(np.arange(len(labels)) % 6000 == 0)
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


def test_pretraining_on_the_broad_set_leaves_its_test_molecules_out(tmp_path, monkeypatch):
    monkeypatch.setattr(pretraining, "N_KEPT_FOR_REFERENCE", 30)
    out = tmp_path / "levels.parquet"
    result = CliRunner().invoke(app, ["pretraining", "--out", str(out), "--molecules", "12", "--workers", "1"])
    assert result.exit_code == 0, result.output
    made = load_labels(out)
    assert 6 <= len(made) <= 12
    assert all(int(i.split("-")[1]) > 30 for i in made.table["id"])
    keys = [constitution_of(parse_smiles(smiles).rdkit) for smiles in made.table["smiles"]]
    assert not any(is_broad_test(key) or is_reserved(key) for key in keys)
    assert set(made.table["geometry"]) == {"mmff", "rattled"}
    for geometry, levels, row in zip(made.geometries(), made.levels(), made.table.itertuples(), strict=True):
        assert len(levels.valence_ev) == count_valence_levels(geometry) == row.n_occupied
        np.testing.assert_allclose(xtb_levels(geometry)[: len(row.levels_ev)], row.levels_ev, atol=pretraining.GRAIN)


def test_the_shipped_levels_of_every_motif_are_of_no_test_molecule():
    labels = load_labels(BROAD_GFN2)
    assert len(labels) + len(load_labels(QM9_GFN2)) > 100_000
    elements = {int(z) for numbers in labels.table["numbers"] for z in np.unique(numbers)}
    assert elements == set(BY_NUMBER)
    some = labels.table["smiles"].iloc[::50]  # by bonds: a rattled geometry's distances may tell others
    keys = [constitution_of(parse_smiles(smiles).rdkit) for smiles in some]
    assert not any(is_broad_test(key) or is_reserved(key) or key in shipped_test_keys() for key in keys)


def test_the_hessian_is_that_of_the_forces_and_has_no_soft_direction() -> None:
    geometry, _ = relax_geometry(Geometry([8, 1, 1], [[0, 0, 0], [0, 0, 0.96], [0.93, 0, -0.24]]))
    hessian = xtb_hessian(geometry)
    np.testing.assert_allclose(hessian, hessian.T, atol=1e-9)
    curvatures = np.linalg.eigvalsh(hessian)
    np.testing.assert_allclose(curvatures[:6], LEAST_CURVATURE)  # moving and turning the whole
    assert 40 < hessian[5, 5] < 65  # a hydrogen along its O-H bond: 8 mdyn/Angstrom are 50 eV/Angstrom^2
