"""The parts of pages that need no page: drawings, charts, escaping, configuration."""

import tomllib
from pathlib import Path

import numpy as np
import pytest
from rdkit import Chem

from core.readers.records import MAX_FILE_MB
from core.structure.embed import embed_geometry
from core.structure.molecule import parse_smiles
from dashboard.charts import Curve, level_name, spectrum_figure, spread_degenerate
from dashboard.library_charts import histogram_figure
from dashboard.molecule_charts import draw_molecule, fold_hydrogens, molecule_of, structure_uri
from dashboard.theme import DARK, LIGHT, escape_markdown, escape_plotly

ROOT = Path(__file__).parents[2]


def test_upload_limit_is_the_readers() -> None:
    config = tomllib.loads((ROOT / "dashboard" / ".streamlit" / "config.toml").read_text())
    assert config["server"]["maxUploadSize"] == MAX_FILE_MB
    assert config["browser"]["gatherUsageStats"] is False


@pytest.mark.parametrize("smiles", ["O=CC1CCCCC1=O", "c1ccncc1", "C#CC#N", "C[N+](=O)[O-]", "C"])
def test_drawing_keeps_the_order_of_the_geometry(smiles: str) -> None:
    geometry = embed_geometry(parse_smiles(smiles))
    order = np.random.default_rng(5).permutation(geometry.n_atoms)
    mol = molecule_of(geometry.numbers[order], geometry.positions[order], smiles)
    assert mol is not None
    assert [a.GetAtomicNum() for a in mol.GetAtoms()] == geometry.numbers[order].tolist()
    assert Chem.CanonSmiles(Chem.MolToSmiles(Chem.RemoveHs(mol))) == Chem.CanonSmiles(smiles)
    positions = mol.GetConformer().GetPositions()
    for bond in mol.GetBonds():
        length = np.linalg.norm(positions[bond.GetBeginAtomIdx()] - positions[bond.GetEndAtomIdx()])
        assert length < 1.7, "a bond of the drawing is none in the geometry"


def test_another_molecule_is_not_drawn() -> None:
    geometry = embed_geometry(parse_smiles("CCO"))
    assert molecule_of(geometry.numbers, geometry.positions, "COC") is None
    assert molecule_of(geometry.numbers, geometry.positions, "") is None


def test_weights_of_hydrogens_go_to_their_neighbours() -> None:
    geometry = embed_geometry(parse_smiles("CO"))
    mol = molecule_of(geometry.numbers, geometry.positions, "CO")
    assert mol is not None
    folded = fold_hydrogens(mol, np.full(geometry.n_atoms, 1 / 6))
    np.testing.assert_allclose(folded, [4 / 6, 2 / 6, 0, 0, 0, 0])
    assert "<svg" in draw_molecule(mol, theme=DARK, weights=folded)


def test_unreadable_structures_have_no_picture() -> None:
    assert structure_uri("not smiles", theme=LIGHT) is None
    assert structure_uri("", theme=LIGHT) is None
    assert str(structure_uri("CCO", theme=LIGHT)).startswith("data:image/svg+xml;base64,")


@pytest.mark.parametrize("name", ["<img src=x onerror=alert(1)>", "<a href='http://x'>y</a>", "a<br>b"])
def test_names_are_text_in_figures_and_on_pages(name: str) -> None:
    figure = spectrum_figure([Curve(name, np.array([-10.0, -9.0]), np.ones(2))], theme=LIGHT, unit="states/eV")
    assert "<" not in figure.data[-1].name
    assert "<" not in escape_plotly(name)
    assert "\\<" in escape_markdown(name)


def test_markdown_of_names_is_escaped() -> None:
    assert escape_markdown("**b** :red[x] [l](u) $x$") == r"\*\*b\*\* \:red\[x\] \[l\]\(u\) \$x\$"


def test_binding_energy_turns_the_axis() -> None:
    curve = Curve("x", np.array([-10.0, -9.0]), np.ones(2))
    figure = spectrum_figure([curve], theme=LIGHT, unit="states/eV", axis="binding", window_ev=(-20, 0))
    assert list(figure.data[-1].x) == [10.0, 9.0]
    assert tuple(figure.layout.xaxis.range) == (20.0, 0.0)


def test_level_names_count_from_the_homo() -> None:
    assert [level_name(k, 3) for k in range(4)] == ["HOMO\u22122", "HOMO\u22121", "HOMO", "LUMO"]


def test_degenerate_levels_stand_side_by_side() -> None:
    offsets = spread_degenerate(np.array([-14.0, -10.01, -10.0, -5.0]))
    assert offsets[0] == offsets[3] == 0
    assert offsets[1] == -offsets[2] != 0


def test_histogram_counts_every_known_value() -> None:
    values = np.array([1.0, 2.0, np.nan, 3.0, 3.0])
    figure = histogram_figure(
        values, theme=LIGHT, title="Gap / eV", selected=np.array([True, False, True, True, False])
    )
    assert sum(figure.data[0].y) == 4
    assert sum(figure.data[1].y) == 2
