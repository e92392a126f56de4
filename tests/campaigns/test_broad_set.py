"""The broad set: covers every motif, sound molecules, the same every time, none of those kept aside."""

from collections import Counter
from itertools import islice

import pandas as pd
import pytest
from rdkit import Chem, RDLogger
from typer.testing import CliRunner

from core.campaigns import broad_set
from core.campaigns.broad_set import BroadMolecule, constitution_of, draw_broad_smiles, most_doubted, place_broad
from core.cli import app
from core.elements import ENGINE_SYMBOLS
from core.structure.constitution import constitution_key
from core.structure.domain import ENGINE_DOMAIN, check_molecule
from core.structure.embed import embed_geometry
from core.structure.geometry import AS_GIVEN, FAST, XTB
from core.structure.molecule import parse_smiles
from core.structure.motifs import find_motifs, load_motifs

RDLogger.DisableLog("rdApp.*")
N = 500


@pytest.fixture(scope="module")
def drawn() -> list[BroadMolecule]:
    return list(islice(draw_broad_smiles(), N))


def test_every_molecule_is_one_that_the_engine_takes_and_holds_its_motif(drawn):
    for molecule in drawn:
        check_molecule(parse_smiles(molecule.smiles), ENGINE_DOMAIN)
    elements = {a.GetSymbol() for m in drawn for a in Chem.MolFromSmiles(m.smiles).GetAtoms()}
    assert elements | {"H"} == set(ENGINE_SYMBOLS)


def test_motifs_are_covered_alike(drawn):
    held = Counter(name for m in drawn for name in find_motifs(Chem.MolFromSmiles(m.smiles)))
    missing = [motif.name for motif in load_motifs() if not held[motif.name]]
    assert len(missing) <= 5, missing  # 500 molecules, 274 motifs


def test_sizes_go_from_2_to_30_a_third_above_12(drawn):
    sizes = [Chem.MolFromSmiles(m.smiles).GetNumHeavyAtoms() for m in drawn]
    assert min(sizes) >= 1
    assert max(sizes) <= 34  # a large motif gets a few atoms whatever was drawn
    assert 0.25 < sum(n > 12 for n in sizes) / N < 0.5


def test_constitutions_differ_and_the_draw_is_repeatable(drawn):
    keys = [constitution_of(Chem.MolFromSmiles(m.smiles)) for m in drawn]
    assert len(set(keys)) == N
    assert list(islice(draw_broad_smiles(), 50)) == drawn[:50]


def test_what_is_kept_aside_is_not_drawn(drawn, monkeypatch):
    kept = constitution_of(Chem.MolFromSmiles(drawn[3].smiles))
    monkeypatch.setattr(broad_set, "is_kept_from_training", lambda key: key == kept)
    assert drawn[3].smiles not in {m.smiles for m in islice(draw_broad_smiles(), 100)}


@pytest.mark.parametrize(("kind", "origin"), [("xtb", XTB), ("fast", FAST), ("rattled", AS_GIVEN)])
def test_geometries_are_of_their_kind_and_the_molecule(kind, origin):
    molecule = BroadMolecule("broad-7", "C=CC(=O)OC", "acrylate", kind)
    geometry = place_broad(molecule)
    assert geometry is not None
    assert geometry.origin == origin
    assert constitution_key(geometry) == constitution_of(Chem.MolFromSmiles(molecule.smiles))


def test_what_has_no_geometry_is_left_out():
    assert place_broad(BroadMolecule("broad-1", "C1#CC1", "none", "xtb")) is None


def test_the_command_writes_what_label_reads(tmp_path):
    from core.cli.label import choose_jobs

    out = tmp_path / "broad.parquet"
    result = CliRunner().invoke(app, ["draw-broad", "--n", "6", "--workers", "1", "--out", str(out)])
    assert result.exit_code == 0, result.output
    table = pd.read_parquet(out)
    jobs, refused, total = choose_jobs(str(out), qm9=None, library=out, limit=None)
    assert not refused
    assert [job.id for job in jobs] == table["id"].tolist()
    assert total == len(table) >= 4


def test_only_the_wanted_are_drawn(tmp_path):
    out = tmp_path / "silanes.parquet"
    wanted = ["--heavy-atoms", "3", "7", "--holding", "[Si]", "--holding", "[P]", "--n", "5", "--workers", "1"]
    assert CliRunner().invoke(app, ["draw-broad", "--out", str(out), *wanted]).exit_code == 0
    drawn = [Chem.MolFromSmiles(smiles) for smiles in pd.read_parquet(out)["smiles"]]
    assert len(drawn) >= 3
    assert all(3 <= mol.GetNumHeavyAtoms() <= 7 for mol in drawn)
    assert all({"Si", "P"} & {a.GetSymbol() for a in mol.GetAtoms()} for mol in drawn)


def test_a_pattern_that_is_none_is_said(tmp_path):
    result = CliRunner().invoke(app, ["draw-broad", "--out", str(tmp_path / "x.parquet"), "--holding", "[Si"])
    assert result.exit_code == 2
    assert "SMARTS cannot be read" in result.output


def test_the_doubted_are_those_of_the_largest_expected_errors_and_what_is_not_covered(model):
    smiles = ["CCO", "C=C=C", "CCC", "C[SeH]"]
    rows = []
    for text in smiles:
        geometry = embed_geometry(parse_smiles(text))
        rows.append({"smiles": text, "numbers": geometry.numbers, "positions": geometry.positions.ravel()})
    kept = most_doubted(rows, 2, model=model)
    assert [row["smiles"] for row in kept] == ["C=C=C", "C[SeH]"]
