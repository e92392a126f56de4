"""Every molecule of a formula once, the second library's among them (`core.library.constitutions`, `core.library.sources`)."""

import pytest
from rdkit import Chem
from rdkit.Chem.rdMolDescriptors import CalcMolFormula

from core.errors import InputError
from core.library.constitutions import enumerate_constitutions, open_alkenes
from core.library.sources import RECIPES, SHIPPED, load_source


@pytest.mark.parametrize(
    ("atoms", "known"),
    # alkanes and alcohols: Henze and Blair 1931; C6H6: 217 (OEIS A134818); C3H6O: counted by hand
    [((4, 0, 0), 2), ((7, 0, 0), 9), ((5, 1, 0), 14), ((6, 0, 4), 217), ((3, 1, 1), 9)],
)
def test_as_many_constitutions_as_are_known(atoms: tuple[int, int, int], known: int) -> None:
    found = enumerate_constitutions(*atoms)
    assert len(found) == len(set(found)) == known


def test_formula_and_bonds_are_those_asked_for() -> None:
    found = [Chem.MolFromSmiles(smiles) for smiles in enumerate_constitutions(4, 2, 1)]
    assert {CalcMolFormula(mol) for mol in found} == {"C4H8O2"}
    assert not any(mol.HasSubstructMatch(Chem.MolFromSmarts("OO")) for mol in found)
    assert {"CCOC(C)=O", "CCCC(=O)O", "C1COCCO1", "C1COCOC1"} <= {Chem.MolToSmiles(mol) for mol in found}


def test_alkenes_of_the_second_library() -> None:
    wanted = ["C=CC(=O)OC", "C=CC=CO", "CC=C1CCOC1", "C=COC"]
    others = ["CC1=CCOC1", "C=C=CC", "C=CC(O)O", "C=CC(O)OC", "C=CC1CC1", "C=COC#C", "CC=C=O", "C=CC1C2CCC1C2"]
    assert open_alkenes(wanted + others) == wanted


def test_a_built_in_recipe_is_named_by_its_name() -> None:
    assert set(SHIPPED) == {"home", "alkenes"}
    assert load_source("c7h10o2")[1] == "c7h10o2"
    with pytest.raises(InputError, match=f"one of {', '.join(RECIPES)}, got 'c6h6'"):
        load_source("c6h6")
