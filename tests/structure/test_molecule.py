import pytest

from core.errors import DomainError, InputError
from core.structure.domain import check_molecule
from core.structure.molecule import MAX_ATOMS, parse_inchi, parse_smiles


@pytest.mark.parametrize(("text", "smiles", "formula", "n_atoms"), [
    ("OCC", "CCO", "C2H6O", 9),
    (" C1=CC=CC=C1 ", "c1ccccc1", "C6H6", 12),
    ("[CH4:7]", "C", "CH4", 5),
    ("N[C@@H](C)C(=O)O", "C[C@H](N)C(=O)O", "C3H7NO2", 13),
    ("[H][H]", "[H][H]", "H2", 2),
])  # fmt: skip
def test_parse_smiles_gives_canonical_identity(text, smiles, formula, n_atoms):
    molecule = parse_smiles(text)
    assert (molecule.smiles, molecule.formula, molecule.n_atoms) == (smiles, formula, n_atoms)


def test_inchikey_is_the_published_one():
    assert parse_smiles("CC(=O)Oc1ccccc1C(=O)O").inchikey == "BSYNRYMUTXBXSQ-UHFFFAOYSA-N"  # aspirin


def test_inchi_and_smiles_of_one_molecule_agree():
    assert parse_inchi("InChI=1S/C2H6O/c1-2-3/h3H,2H2,1H3") == parse_smiles("CCO")


@pytest.mark.parametrize(("text", "match"), [
    ("", "must not be empty"),
    ("not a smiles", "not SMILES syntax"),
    ("C(C)(C)(C)(C)C", "valence"),
    ("c1cccc1", "kekulize"),
])  # fmt: skip
def test_unreadable_smiles_say_why(text, match):
    with pytest.raises(InputError, match=match):
        parse_smiles(text)


@pytest.mark.parametrize(("smiles", "match"), [
    ("C[SeH]", "found Se"),
    ("[Na+].[F-]", "found Na"),
    ("CC.O", "found 2"),
    ("C[NH3+]", r"found \+1"),
    ("[CH3]", "1 unpaired electron$"),
    ("[O]", "2 unpaired electrons"),
    ("C" * 90, f"at most {MAX_ATOMS} atoms, found 272"),
])  # fmt: skip
def test_outside_the_domain_is_refused_with_what_was_found(smiles, match):
    with pytest.raises(DomainError, match=match):
        check_molecule(parse_smiles(smiles))


@pytest.mark.parametrize("smiles", ["C[N+](=O)[O-]", "[2H]C", "FC(F)F", "NCC(=O)O", "[C-]#[O+]", "[NH3+]CC(=O)[O-]"])
def test_neutral_closed_shells_are_inside_the_domain(smiles):
    check_molecule(parse_smiles(smiles))
