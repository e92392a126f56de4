"""Users' own bands: every format gives the same fit; what is broken gets a sentence."""

from io import StringIO

import numpy as np
import pytest
from ase.io import write
from ase.spectrum.band_structure import BandStructure

from core.errors import InputError
from core.hamiltonian.band_files import own_reference, read_band_file, read_structure
from core.hamiltonian.crystal import crystal_to_atoms
from core.hamiltonian.fit import HamiltonianOptions
from core.hamiltonian.kpoints import general_points
from core.hamiltonian.results import load_fits
from core.hamiltonian.sheets import diamond, graphene, make_sheet
from core.hamiltonian.ways import fit_reference, hamiltonian

FERMI_EV = -4.1


@pytest.fixture(scope="module")
def bands() -> tuple[np.ndarray, np.ndarray]:
    """k-points and energies of graphene, two pi bands between three sigma bands below and one above."""
    kpts = np.concatenate([general_points(graphene(), 60), [[1 / 3, 1 / 3, 0]]])
    kpts = np.concatenate([kpts, kpts[-1] + 0.1 * general_points(graphene(), 40)])
    pi = load_fits("pristine_1x1").fits[10].hamiltonian.bands(kpts)
    others = np.array([-18.0, -12.0, -11.5, 15.0]) + 0 * kpts[:, :1]
    return kpts, np.sort(np.concatenate([pi, others], axis=1), axis=1) + FERMI_EV


def eigenval(kpts: np.ndarray, energies: np.ndarray) -> str:
    """Return VASP's EIGENVAL, as version 6 writes it."""
    lines = ["    2    2    1    1", "  0.1 0.1 0.1 0.1 0.5E-15", "  1.0E-004", "  CAR ", " graphene"]
    lines.append(f"     8    {len(kpts)}     {energies.shape[1]}")
    for kpt, row in zip(kpts, energies, strict=True):
        lines += ["", "  " + "  ".join(f"{x:.7E}" for x in [*kpt, 0.01])]
        lines += [f"    {n + 1}     {e:.6f}   1.000000" for n, e in enumerate(row)]
    return "\n".join(lines) + "\n"


def ase_json(kpts: np.ndarray, energies: np.ndarray) -> str:
    from ase.dft.kpoints import BandPath

    path = BandPath(crystal_to_atoms(graphene()).cell, kpts=kpts)
    stream = StringIO()
    BandStructure(path, energies[None], reference=FERMI_EV).write(stream)
    return stream.getvalue()


def plain(kpts: np.ndarray, energies: np.ndarray) -> str:
    return "# k1 k2 k3 energies\n" + "\n".join(" ".join(f"{x:.6f}" for x in row) for row in np.hstack([kpts, energies]))


VASPRUN = """<?xml version="1.0" encoding="ISO-8859-1"?>
<modeling>
 <atominfo><atoms>2</atoms><types>1</types>
 <array name="atoms"><set><rc><c>C</c><c>1</c></rc><rc><c>C</c><c>1</c></rc></set></array></atominfo>
 <kpoints><varray name="kpointlist">{kpts}</varray><varray name="weights">{weights}</varray></kpoints>
 <structure name="initialpos"><crystal><varray name="basis">{basis}</varray></crystal>
 <varray name="positions">{positions}</varray></structure>
 <calculation><structure><crystal><varray name="basis">{basis}</varray></crystal>
 <varray name="positions">{positions}</varray></structure>
 <varray name="forces">{forces}</varray>
 <energy><i name="e_fr_energy">-18.0</i><i name="e_wo_entrp">-18.0</i><i name="e_0_energy">-18.0</i></energy>
 <scstep><energy><i name="e_fr_energy">-18.0</i><i name="e_wo_entrp">-18.0</i><i name="e_0_energy">-18.0</i></energy></scstep>
 <eigenvalues><array><set><set comment="spin 1">{eigenvalues}</set></set></array></eigenvalues>
 <dos><i name="efermi">{fermi}</i></dos></calculation>
</modeling>
"""


def vasprun(kpts: np.ndarray, energies: np.ndarray) -> str:
    def rows(values: np.ndarray, tag: str = "v") -> str:
        return "".join(f"<{tag}>{' '.join(f'{x:.8f}' for x in row)}</{tag}>" for row in values)

    levels = "".join(
        f'<set comment="kpoint {k + 1}">{rows(np.stack([row, row < FERMI_EV], axis=1), "r")}</set>'
        for k, row in enumerate(energies)
    )
    crystal = graphene()
    return VASPRUN.format(
        kpts=rows(kpts), weights=rows(np.full((len(kpts), 1), 0.01)), basis=rows(crystal.cell), positions=rows(crystal.scaled),
        forces=rows(np.zeros((2, 3))), eigenvalues=levels, fermi=FERMI_EV,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("make", "name", "kind"),
    [
        (eigenval, "EIGENVAL", "EIGENVAL"),
        (ase_json, "bands.json", "ASE or GPAW"),
        (plain, "bands.dat", "table"),
        (vasprun, "vasprun.xml", "vasprun"),
    ],
)
def test_each_format_gives_the_hamiltonian_back(make, name, kind, bands) -> None:
    read = read_band_file(make(*bands).encode(), name)
    assert kind in read.kind
    np.testing.assert_allclose(read.energies, bands[1], atol=1e-5)
    reference = own_reference(graphene(), read, fermi_ev=None if read.fermi_ev is not None else FERMI_EV)
    assert reference.first_band == 0
    assert reference.energies.shape[1] == 2
    fit = fit_reference(reference, HamiltonianOptions(n_shells=10))
    assert fit.agreement.held_out_mev < 1
    truth = load_fits("pristine_1x1").fits[10].hamiltonian
    window = np.abs(truth.bands(reference.kpts)) < 2
    assert np.abs(fit.hamiltonian.bands(reference.kpts) - truth.bands(reference.kpts))[window].max() < 0.005


def test_pythons_own_call_reads_a_file(bands, tmp_path) -> None:
    (tmp_path / "EIGENVAL").write_text(eigenval(*bands))
    fit = hamiltonian(crystal_to_atoms(graphene()), tmp_path / "EIGENVAL", n_shells=5, fermi_ev=FERMI_EV)
    assert fit.agreement.held_out_mev < 10
    with pytest.raises(InputError, match="no file of bands"):
        hamiltonian(crystal_to_atoms(graphene()), tmp_path / "nothing")


def test_occupied_bands_are_counted_by_electrons_or_fermi_level(bands) -> None:
    read = read_band_file(eigenval(*bands).encode(), "EIGENVAL")
    assert read.n_electrons == 8
    by_electrons = own_reference(graphene(), read)
    assert np.abs(by_electrons.energies[60]).max() < 0.01  # K, at half the way between
    bare = read_band_file(plain(*bands).encode(), "a.dat")
    with pytest.raises(InputError, match="give the Fermi level"):
        own_reference(graphene(), bare)
    assert own_reference(graphene(), bare, n_occupied=4).energies.shape[1] == 2


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("hello world", "a file of bands must be EIGENVAL"),
        ("0 0 0 1 2\n0 0 0.1 1", "must be alike"),
        ('{"a": 1}', "its keys are a"),
        ("<modeling><broken", "cannot be read as bands"),
        ("", "must be alike"),
    ],
)
def test_what_cannot_be_read_gets_a_sentence(text, match) -> None:
    with pytest.raises(InputError, match=match):
        read_band_file(text.encode(), "bands.xml" if "<" in text else "bands.dat")


def test_an_eigenval_that_ends_early_is_refused(bands) -> None:
    text = eigenval(*bands)
    with pytest.raises(InputError, match="it ends at k-point"):
        read_band_file(text[: len(text) // 2].rsplit("\n", 2)[0].encode(), "EIGENVAL")


def test_bands_that_do_not_fit_the_structure_are_refused(bands) -> None:
    read = read_band_file(plain(*bands).encode(), "a.dat")
    with pytest.raises(InputError, match="must lie below and above the Fermi level: got 6 bands, 6"):
        own_reference(graphene(), read, n_occupied=6)
    with pytest.raises(InputError, match="even number of orbitals"):
        own_reference(make_sheet("vacancy", 5), read, n_occupied=4)


def test_what_is_not_planar_gets_s_and_p(bands) -> None:
    read = read_band_file(plain(*bands).encode(), "a.dat")
    sheet = graphene()
    buckled = sheet.moved(sheet.positions + np.array([[0, 0, 0], [0, 0, 0.4]]))
    assert own_reference(buckled, read, n_occupied=4).basis == "sp"
    assert own_reference(diamond(), read, n_occupied=4).basis == "sp"


@pytest.mark.parametrize(
    ("name", "form"), [("a.extxyz", "extxyz"), ("POSCAR", "vasp"), ("a.cif", "cif"), ("a.json", "json")]
)
def test_structures_are_read_through_ase(name, form, tmp_path) -> None:
    atoms = crystal_to_atoms(graphene())
    atoms.pbc = True
    write(tmp_path / name, atoms, format=form)
    crystal = read_structure((tmp_path / name).read_bytes(), name)
    assert crystal.periodic.tolist() == [True, True, False]
    assert crystal.n_atoms == 2
    np.testing.assert_allclose(np.linalg.norm(crystal.cell, axis=1), np.linalg.norm(graphene().cell, axis=1), atol=1e-4)


@pytest.mark.parametrize(
    ("data", "name", "match"),
    [(b"no", "a.extxyz", "cannot be read as a structure"), (b"no", "a.weird", "no structure format")],
)
def test_structures_that_cannot_be_read_get_a_sentence(data, name, match) -> None:
    with pytest.raises(InputError, match=match):
        read_structure(data, name)
