"""What is said of molecules inside and outside of what the flagship was trained on."""

import numpy as np
import pytest

import eigenscope
from core.familiarity import FamiliarityReport, name_group, note_unfamiliar, report_familiarity
from core.models.protocol import Verdict
from core.models.registry import DEFAULT, load_model
from core.structure.embed import embed_geometry
from core.structure.molecule import parse_smiles


@pytest.mark.parametrize(
    ("smiles", "atom", "group"),
    [("CCC(C)C#N", 5, "nitrile"), ("C[N+](=O)[O-]", 1, "nitro on sp3 carbon"), ("Cc1ccsc1", 4, "thiophene")],
)
def test_the_group_is_the_smallest_motif_around_an_atom(smiles, atom, group):
    geometry = embed_geometry(parse_smiles(smiles))
    assert name_group(geometry, atom) == group


def test_an_ordinary_molecule_is_inside_and_its_like_are_trained_molecules():
    table = eigenscope.predict(["CCO", "C[NH3+]", "CC(C)=O"], geometry="fast")
    found = eigenscope.familiarity(table)
    assert found.index.tolist() == [0, 2]
    assert found["verdict"].tolist() == ["inside", "inside"]
    assert (found["group"] == "").all()
    assert all(len(nearest) == 3 for nearest in found["nearest"])


def test_an_impossible_geometry_is_outside():
    """A C-C bond of 2.5 Angstrom is no training molecule's, one of 2.3 hardly any's."""
    geometry = embed_geometry(parse_smiles("CCO"))
    model = load_model()
    positions = geometry.positions.copy()
    away = positions[0] - positions[1]
    positions[0] += 0.8 * away / np.linalg.norm(away)
    assert report_familiarity(type(geometry)(geometry.numbers, positions), model).verdict != Verdict.INSIDE
    positions[0] += 0.2 * away / np.linalg.norm(away)
    stretched = report_familiarity(type(geometry)(geometry.numbers, positions), model)
    assert stretched.verdict == Verdict.OUTSIDE
    assert {0, 1} & set(stretched.atoms)
    assert "outside the training molecules' chemistry" in stretched.sentence


def test_a_learner_without_features_says_nothing():
    geometry = embed_geometry(parse_smiles("CCO"))
    assert report_familiarity(geometry, load_model("krr_cm")) is None


def test_the_sentence_names_verdict_and_group():
    near = FamiliarityReport(Verdict.NEAR, "sulfone", (3,), ("CS(C)(=O)=O",))
    assert near.sentence == "near the edge of the training molecules' chemistry: sulfone is unfamiliar"


def test_a_prediction_table_says_which_molecule_is_outside() -> None:
    table = eigenscope.predict(["[C-]#[O+] carbon monoxide", "CCO ethanol", "c1ccccc1[Se]C selenide"], geometry="fast")
    assert "outside the training molecules' chemistry" in table["note"][0]
    assert "check with DFT" in table["note"][0]
    assert "outside" not in table["note"][1]
    assert table["status"][2] == "refused"
    again = note_unfamiliar(table, load_model(DEFAULT))
    assert again["note"].tolist() == table["note"].tolist(), "a run that goes on says it once"
