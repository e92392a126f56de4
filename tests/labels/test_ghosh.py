"""The archive of Ghosh et al.: data.xyz and energies.txt.

Covers `core.labels.archives.*`.
"""

import tarfile

import numpy as np
import pytest
from archive_files import some_labels, write_ghosh

from core.errors import InputError
from core.labels.label_set import load_labels

ACETONE_VALENCE = 12


@pytest.fixture(scope="module")
def chosen():
    return some_labels(5)


@pytest.fixture
def folder(tmp_path, chosen):
    return write_ghosh(tmp_path / "132k_16_opt_eV", chosen)


def packed(folder):
    path = folder.with_suffix(".tar.gz")
    with tarfile.open(path, "w:gz") as archive:
        archive.add(folder, folder.name)
    return path


@pytest.mark.parametrize(
    "place",
    [lambda f: f, lambda f: f / "data.xyz", lambda f: f / "energies.txt", packed],
    ids=["folder", "xyz", "txt", "tar"],
)
def test_bands_come_out_as_they_went_in(folder, chosen, place):
    labels = load_labels(place(folder))
    assert labels.left_out.empty
    assert list(labels.table["id"]) == [f"ghosh-{k}" for k in range(1, 6)]
    for found, truth in zip(labels.levels(), chosen.levels(), strict=True):
        np.testing.assert_allclose(found.band_ev, truth.band_ev, atol=1e-5)
        assert len(found.valence_ev) == len(truth.valence_ev)
        assert found.n_known == 16
        assert np.isnan(found.lumo_ev)
    assert labels.provenance.level_of_theory.startswith("PBE")
    assert labels.provenance.doi == "10.1002/advs.201801367"
    assert set(labels.table["split"]) == {"test"}, "shipped test molecules, known by their constitution"


def test_line_ends_of_any_kind_and_comments(folder, chosen):
    xyz, txt = folder / "data.xyz", folder / "energies.txt"
    lines = xyz.read_text().splitlines()
    xyz.write_bytes("\r\n".join(lines[:30]).encode() + b"\r\n" + "\n".join(lines[30:]).encode() + b"\n\n\n")
    txt.write_bytes(b"# levels in eV\r\n\r\n" + txt.read_bytes().replace(b"\n", b"\r").replace(b" ", b", "))
    labels = load_labels(folder)
    assert len(labels) == 5
    np.testing.assert_allclose(labels.levels()[4].band_ev, chosen.levels()[4].band_ev, atol=1e-5)


def test_cores_among_the_sixteen_are_recognised(folder, geometries):
    """Acetone has 16 occupied levels, 4 of them 1s cores: its row is no band."""
    acetone = [
        "10\n0.0\nC 0.0 0.0 0.186\nO 0.0 0.0 1.401\nC 0.0 1.285 -0.615\nC 0.0 -1.285 -0.615",
        "H 0.0 2.134 0.067\nH 0.0 -2.134 0.067\nH 0.881 1.316 -1.262",
        "H -0.881 1.316 -1.262\nH 0.881 -1.316 -1.262\nH -0.881 -1.316 -1.262\n",
    ]
    cores = [-507.0, -271.0, -269.0, -269.0]
    valence = np.linspace(-25, -5.6, ACETONE_VALENCE)
    (folder / "data.xyz").write_text("\n".join(acetone))
    np.savetxt(folder / "energies.txt", np.array([[*cores, *valence]]))
    levels = load_labels(folder).levels()[0]
    np.testing.assert_allclose(levels.valence_ev, valence, atol=1e-5)
    assert not levels.has_band


def change(path, old, new, count=1):
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, count))


@pytest.mark.parametrize(
    ("break_row", "reason"),
    [
        (lambda row: " ".join(row.split()[:15]), "must have 16 levels a row, found 15"),
        (lambda row: row + " -3.0", "must have 16 levels a row, found 17"),
        (lambda row: " ".join(["nan", *row.split()[1:]]), "levels must be finite numbers, 1 are not"),
        (lambda row: " ".join(["low", *row.split()[1:]]), "must hold numbers, got 'low"),
    ],
    ids=["15", "17", "nan", "no number"],
)
def test_a_row_of_levels_that_cannot_be_used_is_listed(folder, break_row, reason):
    path = folder / "energies.txt"
    rows = path.read_text().splitlines()
    rows[2] = break_row(rows[2])
    path.write_text("\n".join(rows) + "\n")
    labels = load_labels(folder)
    assert list(labels.left_out["id"]) == ["ghosh-3"]
    assert reason in labels.left_out["reason"][0]
    assert list(labels.table["id"]) == ["ghosh-1", "ghosh-2", "ghosh-4", "ghosh-5"]


def test_a_bad_atom_costs_its_molecule_only(folder):
    lines = (folder / "data.xyz").read_text().splitlines()
    lines[3] = lines[3].rsplit(" ", 1)[0] + " nowhere"
    (folder / "data.xyz").write_text("\n".join(lines))
    labels = load_labels(folder)
    assert list(labels.left_out["id"]) == ["ghosh-1"]
    assert "atom line 2 must hold an element and x y z" in labels.left_out["reason"][0]


def test_the_last_frame_cut_off_costs_its_molecule_only(folder):
    path = folder / "data.xyz"
    path.write_text("\n".join(path.read_text().splitlines()[:-3]) + "\n")
    labels = load_labels(folder)
    assert list(labels.left_out["id"]) == ["ghosh-5"]
    assert "the file ends after" in labels.left_out["reason"][0]


def test_a_frame_cut_off_in_the_middle_is_refused_for_all(folder, chosen):
    """Frames and rows of levels belong together by their order alone."""
    lines = (folder / "data.xyz").read_text().splitlines()
    del lines[4]
    (folder / "data.xyz").write_text("\n".join(lines))
    n_atoms = chosen.geometries()[0].n_atoms
    with pytest.raises(InputError, match=rf"frame 1 announces {n_atoms} atoms, line {n_atoms + 2} is no atom"):
        load_labels(folder)


def test_a_frame_too_long_is_refused_for_all(folder):
    lines = (folder / "data.xyz").read_text().splitlines()
    lines.insert(4, "H 9 9 9")
    (folder / "data.xyz").write_text("\n".join(lines))
    with pytest.raises(InputError, match=r"frame 2: a frame must start with its number of atoms"):
        load_labels(folder)


def test_files_that_do_not_belong_together(folder):
    path = folder / "energies.txt"
    path.write_text("\n".join(path.read_text().splitlines()[:-1]) + "\n")
    with pytest.raises(InputError, match="found 5 frames, 4 rows"):
        load_labels(folder)
    path.unlink()
    with pytest.raises(InputError, match=r"data.xyz and energies.txt must be readable beside each other"):
        load_labels(folder / "data.xyz")


def test_empty_files(folder):
    (folder / "data.xyz").write_text("")
    with pytest.raises(InputError, match="found 0 frames, 5 rows"):
        load_labels(folder)
    with pytest.raises(InputError, match="is empty"):
        load_labels(folder / "data.xyz")
    (folder / "energies.txt").write_text("\n")
    with pytest.raises(InputError, match=r"no row of .* can be used, 0 left out"):
        load_labels(folder)


def test_a_tar_file_without_the_levels(folder):
    (folder / "energies.txt").unlink()
    with pytest.raises(InputError, match=r"found no energies.txt"):
        load_labels(packed(folder))
