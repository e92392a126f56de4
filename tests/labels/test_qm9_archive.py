"""QM9: the xyz archive and qm9pack."""

import io
import tarfile

import numpy as np
import pytest
from archive_files import INDEX_FREE, qm9_text, some_labels, write_qm9_folder, write_qm9pack

from core.errors import InputError
from core.labels.archives.qm9 import load_qm9pack, parse_qm9_xyz, qm9pack_atoms
from core.labels.label_set import load_labels
from core.labels.splits import load_reserved
from core.units import HARTREE_EV

# the first file of the archive, Ramakrishnan et al. 2014 (CC0)
METHANE = (
    "5\n"
    "gdb 1\t157.7118\t157.70997\t157.70699\t0.\t13.21\t-0.3877\t0.1171\t0.5048\t35.3641\t0.044749\t-40.47893\t"
    "-40.476062\t-40.475117\t-40.498597\t6.469\t\n"
    "C\t-0.0126981359\t 1.0858041578\t 0.0080009958\t-0.535689\n"
    "H\t 0.002150416\t-0.0060313176\t 0.0019761204\t 0.133921\n"
    "H\t 1.0117308433\t 1.4637511618\t 0.0002765748\t 0.133922\n"
    "H\t-0.540815069\t 1.4475266138\t-0.8766437152\t 0.133923\n"
    "H\t-0.5238136345\t 1.4379326443\t 0.9063972942\t 0.133923\n"
    "1341.307\t1341.3284\t1341.365\t1562.6731\t1562.7453\t3038.3205\t3151.6034\t3151.6788\t3151.7078\n"
    "C\tC\t\nInChI=1S/CH4/h1H4\tInChI=1S/CH4/h1H4\n"
)


@pytest.fixture(scope="module")
def chosen():
    return some_labels(6)


def test_the_first_molecule_of_qm9():
    row = parse_qm9_xyz(METHANE)
    assert (row.id, row.qm9_index, row.smiles) == ("qm9-1", 1, "C")
    assert row.numbers.tolist() == [6, 1, 1, 1, 1]
    np.testing.assert_allclose(row.positions[2], [1.0117308433, 1.4637511618, 0.0002765748])
    np.testing.assert_allclose([row.occupied_ev[0], row.lumo_ev], [-0.3877 * HARTREE_EV, 0.1171 * HARTREE_EV])
    assert row.occupied_ev[0] == pytest.approx(-10.550, abs=1e-3)


@pytest.mark.parametrize(("size", "most"), [(2_000_000, 200_000), (100, 3)])
def test_an_archive_that_unpacks_to_far_more_is_refused(tmp_path, monkeypatch, size, most):
    monkeypatch.setattr("core.labels.archives.qm9.MAX_MEMBERS", most)
    path = tmp_path / "qm9.tar.bz2"
    with tarfile.open(path, "w:bz2") as archive:
        for k in range(5):
            member = tarfile.TarInfo(f"{k}.xyz")
            member.size = size
            archive.addfile(member, io.BytesIO(b" " * size))
    assert path.stat().st_size < 2000
    with pytest.raises(InputError, match=f"an archive of QM9's files holds at most {most:,}"):
        load_labels(path)


def test_exponents_as_mathematica_writes_them():
    row = parse_qm9_xyz(METHANE.replace("0.002150416", "2.150416*^-3").replace("0.1171\t", "1.171*^-1\t"))
    assert row.positions[1, 0] == pytest.approx(0.002150416)
    assert row.lumo_ev == pytest.approx(0.1171 * HARTREE_EV)


@pytest.mark.parametrize("ends", ["\r\n", "\r", "mixed"])
def test_line_ends_of_any_kind(ends):
    text = METHANE.replace("\n", ends) if ends != "mixed" else METHANE.replace("\n", "\r\n", 3)
    np.testing.assert_array_equal(parse_qm9_xyz(text).positions, parse_qm9_xyz(METHANE).positions)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("\n".join(METHANE.splitlines()[:6]), "a QM9 file of 5 atoms must have 10 lines, found 6"),
        ("", "must start with its number of atoms, got ''"),
        (METHANE.replace("gdb 1", "1"), 'must hold "gdb", an index and 15 properties'),
        (METHANE.replace("6.469\t", ""), 'must hold "gdb", an index and 15 properties'),
        (METHANE.replace("0.5048", "0.4"), "LUMO - HOMO must be the gap"),
        (METHANE.replace("-0.3877", "nan"), "LUMO - HOMO must be the gap"),
        (METHANE.replace("-0.3877", "low"), "HOMO, LUMO and gap must be numbers"),
        (METHANE.replace("1.4637511618", "?"), "atom line 3 must hold an element and x y z"),
        (METHANE.replace("C\t-0.01", "Xx\t-0.01"), "atom line 1 must hold an element"),
    ],
)
def test_a_broken_file_says_what_is_wrong_with_it(text, message):
    with pytest.raises(InputError, match=message):
        parse_qm9_xyz(text)


@pytest.fixture(params=["folder", "tar.bz2", "tar"])
def archive(request, chosen, tmp_path):
    folder = write_qm9_folder(tmp_path / "files", chosen)
    (folder / "dsgdb9nsd_900001.xyz").write_text(METHANE[:200])
    if request.param == "folder":
        return folder
    path = tmp_path / f"dsgdb9nsd.xyz.{request.param}"
    with tarfile.open(path, "w:bz2" if request.param == "tar.bz2" else "w") as packed:
        for file in sorted(folder.glob("*.xyz")):
            packed.add(file, file.name)
    return path


def test_archive_to_labels(archive, chosen):
    labels = load_labels(archive)
    assert len(labels) == 6
    assert list(labels.left_out["id"]) == ["dsgdb9nsd_900001.xyz"]
    assert labels.provenance.level_of_theory == "B3LYP/6-31G(2df,p)"
    assert (labels.provenance.doi, labels.provenance.licence) == ("10.1038/sdata.2014.22", "CC0")
    expected = {row.qm9_index: e for row, e in zip(chosen.table.itertuples(), chosen.levels(), strict=True)}
    for row, levels in zip(labels.table.itertuples(), labels.levels(), strict=True):
        truth = expected[row.qm9_index]
        assert levels.homo_ev == pytest.approx(truth.homo_ev, abs=1e-4)
        assert levels.lumo_ev == pytest.approx(truth.lumo_ev, abs=1e-4)
        assert (levels.n_known, len(levels.valence_ev)) == (1, len(truth.valence_ev))
        assert not levels.has_band


def test_one_file_is_enough(tmp_path):
    path = tmp_path / "dsgdb9nsd_000001.xyz"
    path.write_text(METHANE)
    assert list(load_labels(path).table["id"]) == ["qm9-1"]


def test_molecules_that_the_authors_mark_are_left_out(tmp_path, chosen):
    folder = write_qm9_folder(tmp_path / "files", chosen)
    marked = int(chosen.table["qm9_index"][2])
    (folder / "uncharacterized.txt").write_text(f"Index InChI\n===\n   {marked}  InChI=1S/A  InChI=1S/B\n1 compounds\n")
    labels = load_labels(folder)
    assert marked not in set(labels.table["qm9_index"])
    assert "relaxed into another molecule" in labels.left_out["reason"][0]


def test_reserved_molecules_are_set_apart(tmp_path, chosen):
    folder = write_qm9_folder(tmp_path / "files", chosen)
    reserved = min(load_reserved())
    text = qm9_text(chosen.geometries()[0], index=reserved, homo_ev=-6.0, lumo_ev=-1.0)
    (folder / f"dsgdb9nsd_{reserved:06d}.xyz").write_text(text)
    table = load_labels(folder).table
    assert set(table.loc[table["qm9_index"] == reserved, "split"]) == {"reserved"}
    assert set(table.loc[table["qm9_index"] != reserved, "split"]) == {"test"}, "the shipped test molecules"


def test_a_cut_off_archive_is_refused(tmp_path, chosen):
    folder = write_qm9_folder(tmp_path / "files", chosen)
    path = tmp_path / "cut.tar.bz2"
    with tarfile.open(path, "w:bz2") as packed:
        for file in sorted(folder.glob("*.xyz")):
            packed.add(file, file.name)
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(InputError, match=r"whole and readable|none of them"):
        load_labels(path)


def test_qm9pack_says_the_same_as_the_archive(tmp_path, chosen):
    packed = load_labels(write_qm9pack(tmp_path / "pack", chosen))
    files = load_labels(write_qm9_folder(tmp_path / "files", chosen))
    by_index = {row.qm9_index: row for row in files.table.itertuples()}
    for row in packed.table.itertuples():
        other = by_index[row.qm9_index]
        assert (row.id, row.smiles, row.split) == (other.id, other.smiles, other.split)
        np.testing.assert_allclose(row.positions, other.positions, atol=1e-5)
        np.testing.assert_allclose(row.levels_ev, other.levels_ev, atol=1e-4)


def test_a_broken_row_of_qm9pack_is_left_out_alone(tmp_path, chosen):
    folder = write_qm9pack(tmp_path / "pack", chosen)
    part = folder / "qm9_part2.csv"
    part.write_text(part.read_text().replace("'C'", "'Q'", 1))
    labels = load_labels(folder)
    assert len(labels) == 5
    assert "Elements and XYZ_Ang must list elements and positions" in labels.left_out["reason"][0]
    assert len(load_labels(folder / "qm9_part1.csv")) == 2


def test_qm9pack_that_is_not_there_or_lacks_a_column(tmp_path, chosen):
    with pytest.raises(InputError, match=r"QM9 must be a folder with qm9_part1.csv"):
        load_qm9pack(tmp_path)
    folder = write_qm9pack(tmp_path / "pack", chosen)
    part = folder / "qm9_part3.csv"
    part.write_text(part.read_text().replace("HOMO_au", "HOMO", 1))
    with pytest.raises(InputError, match="HOMO_au"):
        load_labels(folder)


def test_cells_of_qm9pack_are_never_executed(tmp_path):
    victim = tmp_path / "victim"
    with pytest.raises(InputError, match="Elements and XYZ_Ang must list"):
        qm9pack_atoms(f"__import__('pathlib').Path('{victim}').touch()", "[[0,0,0]]")
    assert not victim.exists()
    numbers, positions = qm9pack_atoms("['H', 'F']", "[[0.,0,0],[0,0,.92]]")
    assert (numbers.tolist(), positions[1].tolist()) == ([1, 9], [0, 0, 0.92])
    with pytest.raises(InputError, match="one position an atom"):
        qm9pack_atoms("['H']", "[[0.,0,0],[0,0,.92]]")


def test_an_index_beyond_qm9_is_kept_as_it_is(tmp_path, chosen):
    path = tmp_path / "one.xyz"
    path.write_text(qm9_text(chosen.geometries()[0], index=INDEX_FREE, homo_ev=-6.0, lumo_ev=-1.0))
    assert list(load_labels(path).table["qm9_index"]) == [INDEX_FREE]
