"""The force field that fits a molecule: MMFF94, else UFF."""

import numpy as np
import pytest
from rdkit import Chem

from core.structure.force_field import MMFF94, UFF, force_field_of
from core.structure.geometry import FAST_UFF, MADE_HERE, XTB_UFF
from core.structure.molecule import parse_smiles
from core.structure.place import Placement, place_molecule

LACKING = {"H2": "[H][H]", "CO": "[C-]#[O+]", "HF": "F", "trimethylborane": "CB(C)C", "ammonia borane": "[BH3-][NH3+]"}


@pytest.mark.parametrize("smiles", ["CCO", "CS(C)(=O)=O", "Ic1ccccc1"])
def test_mmff94_comes_first(smiles):
    assert force_field_of(Chem.AddHs(Chem.MolFromSmiles(smiles))) is MMFF94


@pytest.mark.parametrize("smiles", LACKING.values(), ids=LACKING)
def test_what_mmff94_lacks_gets_a_geometry_by_uff(smiles):
    molecule = parse_smiles(smiles)
    assert force_field_of(Chem.AddHs(molecule.rdkit)) is UFF
    for placement, origin in ((Placement(relax=False), FAST_UFF), (Placement(), XTB_UFF)):
        geometry = place_molecule(molecule, placement).geometry
        assert geometry.origin == origin
        assert geometry.origin in MADE_HERE


@pytest.mark.parametrize(("smiles", "angstrom"), [("[H][H]", 0.741), ("[C-]#[O+]", 1.128), ("F", 0.917)])
def test_diatomics_come_out_as_measured(smiles, angstrom):
    """Bond lengths of Huber and Herzberg, Constants of Diatomic Molecules, 1979."""
    positions = place_molecule(parse_smiles(smiles), Placement()).geometry.positions
    assert np.linalg.norm(positions[0] - positions[1]) == pytest.approx(angstrom, abs=0.04)
