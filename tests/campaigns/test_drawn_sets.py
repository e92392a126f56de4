"""Sets drawn by a recipe: as described, different molecules, and the same every time."""

from itertools import islice

import numpy as np
import pytest
from rdkit import Chem, RDLogger
from typer.testing import CliRunner

from core.campaigns.drawn_sets import (
    AMINO_ACIDS,
    LARGER_ATOMS,
    SERIES,
    conformers,
    draw_electronics,
    draw_larger,
    draw_series,
    join_peptide,
)
from core.cli import app
from core.labels.splits import load_reserved

RDLogger.DisableLog("rdApp.*")


def test_larger_molecules_are_larger_all_different_and_of_the_models_elements():
    drawn = list(draw_larger(20))
    sizes = [mol.GetNumHeavyAtoms() for mol in drawn]
    assert sorted(sizes) == sorted([*LARGER_ATOMS] * 4)
    assert len({mol.GetProp("smiles") for mol in drawn}) == len(drawn)
    for mol in drawn:
        assert {a.GetSymbol() for a in mol.GetAtoms()} <= {"H", "C", "N", "O", "F"}
        assert Chem.GetFormalCharge(mol) == 0
        assert not any(a.GetNumRadicalElectrons() for a in mol.GetAtoms())
        assert "." not in mol.GetProp("smiles")


def test_draws_are_repeatable():
    first, second = ([Chem.MolToMolBlock(m) for m in draw_larger(5)] for _ in range(2))
    assert first == second
    first, second = ([Chem.MolToMolBlock(m) for m in islice(draw_electronics(), 5)] for _ in range(2))
    assert first == second


def test_electronics_are_conjugated_and_of_the_size_stated():
    for mol in islice(draw_electronics(), 30):
        assert 10 <= mol.GetNumHeavyAtoms() <= 20
        assert any(a.GetIsAromatic() for a in mol.GetAtoms())
        assert mol.GetConformer().Is3D()


def test_twenty_amino_acids_all_l():
    assert len(AMINO_ACIDS) == 20
    for name, smiles in AMINO_ACIDS.items():
        centres = dict(Chem.FindMolChiralCenters(Chem.MolFromSmiles(smiles), useLegacyImplementation=False))
        # L is S at the alpha carbon but where sulphur changes the priorities
        assert centres.get(1, centres.get(3)) == (None if name == "Gly" else "R" if name == "Cys" else "S"), name


def test_a_dipeptide_has_one_water_less():
    mol = join_peptide(AMINO_ACIDS["Ala"], AMINO_ACIDS["Gly"])
    assert Chem.MolToSmiles(mol) == Chem.MolToSmiles(Chem.MolFromSmiles("C[C@H](N)C(=O)NCC(=O)O"))
    asp = join_peptide(AMINO_ACIDS["Asp"], AMINO_ACIDS["Gly"])
    assert asp.HasSubstructMatch(Chem.MolFromSmarts("OC(=O)C[CH](N)C(=O)NCC(=O)O")), "by the alpha group"


def test_conformers_differ():
    mol = Chem.MolFromSmiles(AMINO_ACIDS["Ser"])
    found = list(conformers(mol, "Ser", n=10, seed=1))
    assert len(found) > 2
    distances = [np.sort(Chem.Get3DDistanceMatrix(m).ravel()) for m in found]
    assert min(np.abs(a - b).max() for k, a in enumerate(distances) for b in distances[:k]) > 0.05
    assert [m.GetProp("_Name") for m in found[:2]] == ["Ser-1", "Ser-2"]


@pytest.mark.parametrize("name", ["nonsense"])
def test_the_command_names_the_sets(name, tmp_path):
    result = CliRunner().invoke(app, ["draw", name, "--out", str(tmp_path / "x.sdf")])
    assert result.exit_code == 2
    assert "larger" in result.output


def test_reserved_molecules_are_not_among_the_sources():
    import pandas as pd

    from core.assets import QM9_GFN2

    assert not set(pd.read_parquet(QM9_GFN2)["qm9_index"]) & load_reserved()


def test_series_grow_by_one_unit_up_to_thirty_heavy_atoms():
    names = [mol.GetProp("_Name") for mol in draw_series()]
    assert len(set(names)) == len(names) > 45
    longest = {series: max(int(n.rsplit("-", 1)[1]) for n in names if n.startswith(series)) for series in SERIES}
    assert min(longest.values()) >= 28
    assert max(longest.values()) == 30
    polyene = next(mol for mol in draw_series() if mol.GetProp("_Name") == "polyene-6")
    assert polyene.GetProp("smiles") == "C=C/C=C/C=C", "all trans"
