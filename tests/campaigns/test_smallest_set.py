"""The smallest molecules: all that can be written, sound ones, the same every time, none of those kept aside."""

import random
from itertools import islice

import pandas as pd
import pytest
from rdkit import Chem, RDLogger
from typer.testing import CliRunner

from core.campaigns import smallest_set
from core.campaigns.broad_set import constitution_of
from core.campaigns.jobs import RATTLED
from core.campaigns.smallest_set import (
    NEGATIVE,
    NEUTRAL,
    POSITIVE,
    all_molecules,
    has_one_charge_at_most,
    new_molecules,
    random_molecules,
    smallest_molecules,
    write_molecule,
)
from core.cli import app
from core.structure.domain import ENGINE_DOMAIN, check_molecule
from core.structure.molecule import parse_smiles

RDLogger.DisableLog("rdApp.*")
CARBON, NITROGEN, SULPHUR = ("C", 0, 4), ("N", 0, 3), ("S", 0, 6)


def smiles_of(molecules) -> set[str]:
    return {Chem.MolToSmiles(mol) for mol in molecules}


def test_of_one_and_two_heavy_atoms_all_that_chemists_know_are_there():
    one, two = (smiles_of(new_molecules(all_molecules(n), set())) for n in (1, 2))
    assert one == {"B", "C", "N", "O", "F", "[SiH4]", "P", "S", "Cl", "Br", "I"} - kept_aside(one)
    known = {
        "CC",
        "C=C",
        "C#C",
        "C=O",
        "CO",
        "C#N",
        "N#N",
        "[C-]#[O+]",
        "NN",
        "N=N",
        "OO",
        "FF",
        "ClCl",
        "C=S",
        "[BH3-][NH3+]",
    }
    assert known - kept_aside(two) <= two


def kept_aside(drawn: set[str]) -> set[str]:
    """Return those of a few small molecules that a test part or the reserved ones hold."""
    everyday = {"C", "N", "O", "F", "CC", "C=C", "C#C", "C=O", "CO", "C#N", "CN", "C=N", "CF", "NO"}
    keys = {smiles: constitution_of(Chem.MolFromSmiles(smiles)) for smiles in everyday - drawn}
    return {s for s, key in keys.items() if smallest_set.is_kept_from_training(key)}


@pytest.mark.parametrize(
    ("states", "bonds", "smiles"),
    [
        ([CARBON, NITROGEN], [(0, 1, 3)], "C#N"),
        ([CARBON, CARBON, CARBON], [(0, 1, 1), (1, 2, 1), (0, 2, 1)], "C1CC1"),
        ([("O", 0, 2), ("S", 0, 4), ("O", 0, 2)], [(0, 1, 2), (1, 2, 2)], "O=S=O"),
        ([("N", 1, 4), ("O", -1, 1)], [(0, 1, 1)], "[NH3+][O-]"),
    ],
)
def test_hydrogens_fill_the_valences(states, bonds, smiles):
    assert Chem.MolToSmiles(write_molecule(states, bonds)) == smiles


@pytest.mark.parametrize(
    ("states", "bonds"),
    [
        ([NITROGEN, NITROGEN, NITROGEN], [(0, 1, 3), (1, 2, 1)]),  # five bonds
        ([CARBON, SULPHUR], [(0, 1, 1)]),  # hydrogens on hypervalent sulphur
        ([("N", 1, 4), CARBON, ("O", -1, 1)], [(0, 1, 1), (1, 2, 1)]),  # charges apart
    ],
)
def test_what_is_no_molecule_is_not_written(states, bonds):
    assert write_molecule(states, bonds) is None


def test_one_pair_of_charges_at_most():
    (positive, *_), (negative, *_), (neutral, *_) = POSITIVE, NEGATIVE, NEUTRAL
    assert has_one_charge_at_most([neutral, positive, negative])
    assert not has_one_charge_at_most([positive, neutral])
    assert not has_one_charge_at_most([positive, negative, positive, negative])


def test_molecules_at_random_are_sound_and_the_same_every_time():
    first, second = (list(islice(new_molecules(random_molecules(random.Random(5)), set()), 40)) for _ in range(2))
    assert [Chem.MolToSmiles(m) for m in first] == [Chem.MolToSmiles(m) for m in second]
    assert {m.GetNumAtoms() for m in first} == set(smallest_set.SIZES_AT_RANDOM)
    assert len({constitution_of(m) for m in first}) == 40
    for mol in first:
        check_molecule(parse_smiles(Chem.MolToSmiles(mol)), ENGINE_DOMAIN)


def test_what_is_kept_aside_is_not_drawn(monkeypatch):
    silane = constitution_of(Chem.MolFromSmiles("[SiH4]"))
    monkeypatch.setattr(smallest_set, "is_kept_from_training", lambda key: key == silane)
    assert "[SiH4]" not in smiles_of(new_molecules(all_molecules(1), set()))


def test_each_of_up_to_two_heavy_atoms_comes_at_several_geometries():
    drawn = list(islice(smallest_molecules(), 12))
    assert [m.id for m in drawn[:2]] == ["smallest-1", "smallest-2"]
    assert {m.smiles for m in drawn[:6]} == {"[H][H]"}
    assert [m.kind for m in drawn[:6]] == ["xtb", "fast", RATTLED, RATTLED, RATTLED, RATTLED]


def test_the_command_writes_what_label_reads(tmp_path, monkeypatch):
    from core.cli.label import choose_jobs

    few = list(islice(smallest_molecules(), 14))
    monkeypatch.setattr(smallest_set, "smallest_molecules", lambda: few)
    out = tmp_path / "smallest.parquet"
    result = CliRunner().invoke(app, ["draw-smallest", "--workers", "1", "--out", str(out)])
    assert result.exit_code == 0, result.output
    table = pd.read_parquet(out)
    jobs, refused, total = choose_jobs(str(out), qm9=None, library=out, limit=None)
    assert not refused
    assert [job.id for job in jobs] == table["id"].tolist()
    assert total == len(table) >= 12
