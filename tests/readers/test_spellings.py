"""The same spectrum and levels in other spellings: languages, layouts, programs' blocks. The peak lies at 10.5 eV."""

import numpy as np
import pytest

from core.errors import InputError
from core.readers.energy_axis import AXIS_UNITS_EV, kind_stated, kinds_named, photon_energies, unit_named, zero_named
from core.readers.spectra import ReadSpectrum, read_spectrum
from core.readers.spectrum_options import AmbiguousError, SpectrumOptions
from core.units import HARTREE_EV

BINDING = np.round(np.arange(0, 21.2, 0.1), 3)
COUNTS = 20 + 1000 * np.exp(-0.5 * ((BINDING - 10.5) / 0.6) ** 2) + 300 * np.exp(-0.5 * ((BINDING - 14) / 0.8) ** 2)
KINETIC = 21.22 - BINDING
LEVELS = [-280.277, -26.667, -20.409, -16.327, -12.245, -10.340, -9.796, -7.347, -0.544, 1.361]
OCCUPATIONS = [2] * 8 + [0] * 2

THOUSANDS = "BE;I\n" + "".join(f"{a:.1f};{b:,.1f}\n" for a, b in zip(BINDING, COUNTS * 10, strict=True))
PYSCF = "MO #1   energy= -20.5 occ= 2\nMO #2   energy= -0.33 occ= 2\nMO #3   energy= 0.2 occ= 0\n"
DFTB = (
    " KPT            1  SPIN            1\n    1   -26.667  2.00000\n    2   -7.347  2.00000\n    3   -0.544  0.00000\n"
)


def table(header: str, *columns: np.ndarray | list, sep: str = ",", mark: str = ".") -> str:
    lines = [sep.join(f"{v:.3f}".replace(".", mark) for v in row) for row in zip(*columns, strict=True)]
    return "\n".join([*([header] if header else []), *lines]) + "\n"


def read(text: str, **chosen: object) -> ReadSpectrum:
    return read_spectrum(text.encode(), "a.txt", options=SpectrumOptions(**chosen))


def peak_ev(found: ReadSpectrum) -> float:
    return float(found.spectrum.energies_ev[found.spectrum.density.argmax()])


@pytest.mark.parametrize(
    "name",
    [
        "KE (eV)", "K.E. (eV)", "Ekin/eV", "E_kin [eV]", "E-kin", "E_{kin} (eV)", "Ek (eV)", "eKE (eV)", "kin. Energy (eV)",
        "Kinetic_Energy_eV", "kinetic", "Kinetische Energie / eV", "Énergie cinétique (eV)", "Energía cinética [eV]",
        "運動エネルギー (eV)", "动能 (eV)", "Photoelectron energy (eV)", "кинетическая энергия (эВ)",
    ],
)  # fmt: skip
def test_kinetic_energy_by_any_name_needs_the_photon_energy(name: str) -> None:
    text = table(f"{name};counts", KINETIC, COUNTS, sep=";")
    with pytest.raises(AmbiguousError, match="need the photon energy") as caught:
        read(text)
    assert caught.value.option == "photon_energy_ev"
    found = read(text, photon_energy_ev=21.22)
    assert peak_ev(found) == pytest.approx(-10.5)
    assert found.axis == "kinetic"


@pytest.mark.parametrize(
    "name",
    [
        "BE (eV)", "B.E./eV", "E_B / eV", "Ebin (eV)", "eBE (eV)", "IP (eV)", "IE (eV)", "Ionisation potential", "Eb",
        "Bindungsenergie [eV]", "Ionisierungsenergie (eV)", "Énergie de liaison (eV)", "Energía de enlace (eV)",
        "結合エネルギー (eV)", "结合能 (eV)", "Binding Energy (eV) vs vacuum",
    ],
)  # fmt: skip
def test_binding_energy_by_any_name(name: str) -> None:
    found = read(table(f"{name};Zählrate", BINDING, COUNTS, sep=";", mark=","))
    assert (peak_ev(found), found.axis) == (pytest.approx(-10.5), "binding")
    assert not any("mostly" in note for note in found.notes)


@pytest.mark.parametrize(
    ("text", "axis"),
    [
        ("# Energy Axis: Kinetic\n# hv = 21.22 eV\nenergy  counts\n" + table("", KINETIC, COUNTS, sep="  "), "kinetic"),
        (
            "[Region 1]\nDimension 1 name=Kinetic Energy [eV]\n[Info 1]\nExcitation Energy=21.2200\nEnergy Scale=Kinetic\n"
            "Low Energy=0.02\n[Data 1]\n" + table("", KINETIC, COUNTS, sep="  "),
            "kinetic",
        ),
        ("[Info 1]\nExcitation Energy=21.22\nEnergy Scale=Binding\n[Data 1]\n" + table("", BINDING, COUNTS, sep="  "), "binding"),
        (table("Ekin (eV);Ebin (eV);Counts", KINETIC, BINDING, COUNTS, sep=";", mark=","), "binding"),
        (table("Binding Energy (eV)\tcounts", -BINDING, COUNTS, sep="\t"), "orbital"),
        (table("", -BINDING, COUNTS / 2, -COUNTS / 2), "orbital"),
        (table("Energy (eV),DOS_up,DOS_down", -BINDING, COUNTS / 2, -COUNTS / 2), "orbital"),
        (table("E (eV),s,p,total dos", -BINDING, COUNTS / 4, COUNTS * 0.75, COUNTS), "orbital"),
        (table("point;energy;counts", np.arange(1, 213), BINDING, COUNTS, sep=";"), "binding"),
        (table("E,I,sigma", BINDING, COUNTS, np.sqrt(COUNTS)), "binding"),
        (THOUSANDS.replace(",", "'"), "binding"),
        (THOUSANDS.replace(",", " "), "binding"),
        ("Region\t1\nEnergy\tCounts\n" + table("", BINDING + 280, COUNTS, sep="\t") + "Region\t2\nEnergy\tCounts\n"
         + table("", BINDING, COUNTS, sep="\t"), "binding"),
        ("[[10.4, 900.1], [10.5, 1026.7], [10.6, 900.3]]", "binding"),
    ],
)  # fmt: skip
def test_other_layouts(text: str, axis: str) -> None:
    found = read(text)
    assert (peak_ev(found), found.axis) == (pytest.approx(-10.5), axis)


@pytest.mark.parametrize(
    ("text", "option", "match"),
    [
        (table("E - E_F (eV);I", -BINDING, COUNTS, sep=";"), "reference", "zero of the energies is the Fermi level"),
        (table("E − E$_F$ (eV),TDOS", -BINDING, COUNTS), "reference", "zero of the energies is the Fermi level"),
        ("# energies relative to the Fermi level\n" + table("Energy(eV),DOS", -BINDING, COUNTS), "reference", "Fermi level"),
        (table("E-E_VBM (eV),DOS", -BINDING, COUNTS), "reference", "zero of the energies is the HOMO"),
        (table("Energy (eV),DOS", 10 - BINDING, COUNTS), "axis", "nothing says whether positive or negative is bound"),
        (table("hv (eV),I", BINDING, COUNTS), "axis", "photon energies of absorption are no levels"),
        (table("E (eV),C_pdos,O_pdos", -BINDING, COUNTS, COUNTS), "intensity_column", "choose the intensity column"),
        (table("MO,alpha_energy_ev,beta_energy_ev", range(1, 11), LEVELS, LEVELS), "energy_column", "choose the energy column"),
        (table("", 200 + 30 * BINDING, COUNTS), "unit", "all far from valence levels: are they kinetic"),
        (table("Energy (eV),I", 1486.6 - BINDING, COUNTS), "axis", "are they kinetic"),
        (table("Binding energy (cm-1),I", 8065.5 * BINDING, COUNTS), "unit", "if these are levels of electrons, choose the unit"),
        ("# scan 1\n" + table("", BINDING, COUNTS) + "# scan 2\n" + table("", BINDING, COUNTS), "region", "choose the region"),
        ("7.1 7.3\n7.9 8.2\n9.0 9.4\n", "intensity_column", "may be levels or a curve"),
        ("BE\tI\n10\t963\n11\t1,026\n12\t963\n", "decimal", "'1,026' can be 1026 .thousands. or 1.026 .decimals."),
        ("BE\tI\n10\t963\n11\t1.026\n12\t963\n", "decimal", "'1.026' can be 1026 .thousands. or 1.026 .decimals."),
        ("10,5\t1.25\n11,5\t2.5\n", "decimal", "decimals must be written in one way, got '1.25' and '10,5'"),
        ("BE;I\n9,9;963\n10,5;1,026\n11;963\n", "decimal", "'1,026' among whole numbers up to 963 can be thousands or decimals"),
        ("BE;I\n9.9;963\n10.5;1.026\n11;963\n", "decimal", "can be thousands or decimals"),
        ("-7300\n-8100\n-9900\n", "unit", "are they in meV, 1/cm or kJ/mol"),
        (table("energy_ev", LEVELS), "reference", "highest level lies at -0.544 eV"),
        ("He I and He II\nKE,I\n10,1\n11,2\n", "photon_energy_ev", "the header names several: 21.218, 40.814 eV"),
    ],
)  # fmt: skip
def test_two_possible_readings_are_asked(text: str, option: str, match: str) -> None:
    with pytest.raises(AmbiguousError, match=match) as caught:
        read(text)
    assert caught.value.option == option


@pytest.mark.parametrize(
    ("text", "match"),
    [
        (table("Energy (eV),Absorbance", BINDING / 4 + 1, COUNTS), "shows excitations, not levels"),
        (table("E (eV),f_osc", BINDING / 4 + 1, COUNTS), "shows excitations, not levels"),
        (table("energy_ev,occ", LEVELS, [2] * 7 + [1, 0, 0]), "closed shell, some are partly occupied"),
        ("M  END\n1 2\n3 4\n", "the file is a MOL or SDF structure"),
        ('{"x": [1, 2]}\n1 2\n', "the file is JSON"),
        ("IGOR\nWAVES/D y\nBEGIN\n1\n2\nEND\n", "needs SetScale or a second wave"),
    ],
)
def test_what_is_refused(text: str, match: str) -> None:
    with pytest.raises(InputError, match=match):
        read(text)


@pytest.mark.parametrize("unit", AXIS_UNITS_EV)
def test_every_unit_is_converted(unit: str) -> None:
    levels = read(table("levels", -np.array([20.0, 12.0, 9.0]) / AXIS_UNITS_EV[unit]), unit=unit).levels_ev
    assert levels == pytest.approx([-20, -12, -9], rel=2e-3)


XTB = """         #    Occupation            Energy/Eh            Energy/eV
      -------------------------------------------------------------
         1        2.0000           -0.6407822             -17.4366
       ...           ...                  ...                  ...
        19        2.0000           -0.4407382             -11.9931
        20        2.0000           -0.3773170             -10.2673 (HOMO)
        21                         -0.2548733              -6.9355 (LUMO)
       ...                                ...                  ...
        50                          0.6713792              18.2692
      -------------------------------------------------------------
                  HL-Gap            0.1224437 Eh            3.3319 eV
"""
TURBOMOLE = """    irrep                  3a          4a
 eigenvalues H         -1.20543    -0.39544
            eV         -32.8016    -10.7606
 occupation              2.0000      2.0000

    irrep                  5a          6a
 eigenvalues H         -0.02866     0.07996
            eV          -0.7799      2.1758

"""
PSI4 = """    Orbital Energies [Eh]
    ---------------------
    Doubly Occupied:
       1A'   -11.029686     2A'    -0.912100     1A"    -0.520500
       3A'    -0.520498
    Virtual:
       5A'     0.719230     2A"     0.719232
    Final Occupation by Irrep:
"""
CP2K = """ MO| EIGENVALUES AND OCCUPATION NUMBERS AFTER SCF STEP 8
 MO|  Index      Eigenvalue [a.u.]        Eigenvalue [eV]             Occupation
 MO|      1              -1.165432             -31.713025                2.000
 MO|      2              -0.262000              -7.129383                2.000
 MO| Sum:                                                              4.000
"""
CP2K_OLD = """# MO index          MO eigenvalue [a.u.]            MO occupation
         1                     -0.932127                 2.000000
         2                     -0.332584                 2.000000
# Sum                                                  4.000000
"""
CP2K_LIST = """  Eigenvalues of the occupied subspace spin            1
 ---------------------------------------------
      -0.92090660     -0.26693147
  Fermi Energy [eV] :   -7.263573
"""
AIMS = """  Writing Kohn-Sham eigenvalues.

  State    Occupation    Eigenvalue [Ha]    Eigenvalue [eV]
      1       2.00000          -9.790481         -266.41254
      2       2.00000          -0.241127           -6.56141
      3       0.00000          -0.050392           -1.37123

"""
GAUSSIAN = """ Alpha  occ. eigenvalues --  -20.55000  -1.30000  -0.90000
 Alpha virt. eigenvalues --    0.20000
 Alpha  occ. eigenvalues --  -20.55504  -1.33618-100.70009
 Alpha  occ. eigenvalues --   -0.49000
 Alpha virt. eigenvalues --    0.18594   0.25599
"""
ORCA = """                                 *****************
                                 * O   R   C   A *
                                 *****************
----------------
ORBITAL ENERGIES
----------------

  NO   OCC          E(Eh)            E(eV)
   0   2.0000     -19.130000      -520.5538
   1   2.0000      -0.280000        -7.6192
   2   0.0000       0.050000         1.3606
"""


@pytest.mark.parametrize(
    ("text", "levels"),
    [
        (XTB, [-11.9931, -10.2673]),
        (TURBOMOLE, [-32.8016, -10.7606]),
        (PSI4, [-11.029686 * HARTREE_EV, -0.9121 * HARTREE_EV, -0.5205 * HARTREE_EV, -0.520498 * HARTREE_EV]),
        (CP2K, [-31.713025, -7.129383]),
        (CP2K_OLD, [-0.932127 * HARTREE_EV, -0.332584 * HARTREE_EV]),
        (CP2K_LIST, [-0.9209066 * HARTREE_EV, -0.26693147 * HARTREE_EV]),
        (AIMS, [-266.41254, -6.56141]),
        (AIMS.replace("-6.56141", "-6.00000") + AIMS, [-266.41254, -6.56141]),
        (GAUSSIAN, [-100.70009 * HARTREE_EV, -20.55504 * HARTREE_EV, -1.33618 * HARTREE_EV, -0.49 * HARTREE_EV]),
        (ORCA, [-520.5538, -7.6192]),
        (PYSCF, [-20.5 * HARTREE_EV, -0.33 * HARTREE_EV]),
        (DFTB, [-26.667, -7.347]),
        (table("Nr;Besetzung;Energie (eV)", range(1, 11), OCCUPATIONS, LEVELS, sep=";", mark=","), LEVELS[:8]),
        (table("", OCCUPATIONS, LEVELS, sep=" "), LEVELS[:8]),
        (table("Energie_eV;Belegung", LEVELS, OCCUPATIONS, sep=";", mark=","), LEVELS[:8]),
        (table("eigenvalue_eV,n_electrons", LEVELS, OCCUPATIONS), LEVELS[:8]),
        (table("eps_eV f", LEVELS, OCCUPATIONS, sep=" "), LEVELS[:8]),
        ("orbital,energy_ev\nHOMO-1,-9.796\nHOMO,-7.347\nLUMO,-0.544\n", [-9.796, -7.347]),
        ("peak IE\n1 8.9\n2 9.3\n3 11.2\n", [-11.2, -9.3, -8.9]),
        ("array([ -7.1,  -8.2,\n       -9.9])", [-9.9, -8.2, -7.1]),
        ("-7,1; -8,2; -9,9", [-9.9, -8.2, -7.1]),
    ],
)  # fmt: skip
def test_blocks_of_programs_give_their_occupied_levels(text: str, levels: list[float]) -> None:
    found = read(text)
    assert found.levels_ev is not None
    np.testing.assert_allclose(found.levels_ev, levels, atol=2e-3)


@pytest.mark.parametrize(
    ("text", "match"),
    [
        (GAUSSIAN + " Beta  occ. eigenvalues --  -20.0\n", "prints alpha and beta orbitals"),
        (AIMS.replace("\n\n  State", "\n\n  Spin-down eigenvalues:\n\n  State"), "prints alpha and beta orbitals"),
        (GAUSSIAN.replace("-20.55504", "*********"), "printed as asterisks"),
        (TURBOMOLE.replace("-10.7606", "-10.10.7606"), "an orbital energy of the eigenvalue block cannot be read"),
        ("Entering Gaussian System\n" + GAUSSIAN, "two readers of the Gaussian output find other levels"),
        ("Gaussian, Inc.\nno orbitals here\n", "no orbital energies are printed in the Gaussian output"),
    ],
)
def test_open_shells_and_outputs_without_levels_are_refused(text: str, match: str) -> None:
    with pytest.raises(InputError, match=match):
        read(text)


def test_words_of_an_axis() -> None:
    assert kinds_named("keV") == set()
    assert kinds_named("photoemission counts") == set()
    assert unit_named("Energy [meV]") == "meV"
    assert kind_stated("# Kinetic Energy Axis:  no") == "binding"
    assert zero_named("Binding energy (eV)", "# E_F = 4.5 eV") is None
    assert photon_energies("Pass Energy=5\nexcitation energy=92") == [(92.0, "excitation energy=92")]
    assert photon_energies("source reference: NIST 12345") == []
