"""Spectra and level lists: units, signs, and what is refused."""

from pathlib import Path

import numpy as np
import pytest

from core.errors import InputError
from core.readers.spectra import read_spectrum
from core.readers.spectrum_options import AmbiguousError, SpectrumOptions
from core.spectrum.broaden import GRID_EV, broaden
from core.units import HARTREE_EV

EXAMPLES = Path(__file__).parents[2] / "assets" / "examples"


def test_shipped_examples_agree_with_each_other() -> None:
    read = {
        name: read_spectrum((EXAMPLES / name).read_bytes(), name)
        for name in ("spectrum.csv", "spectrum.jdx", "levels.txt")
    }
    assert [r.kind for r in read.values()] == ["spectrum", "spectrum", "levels"]
    assert all((r.axis, r.x_unit, r.notes) == ("orbital", "eV", ()) for r in read.values())
    levels = read["levels.txt"].levels_ev
    assert levels is not None
    for name in ("spectrum.csv", "spectrum.jdx"):
        np.testing.assert_allclose(read[name].spectrum.energies_ev, GRID_EV, atol=1e-6)
        np.testing.assert_allclose(
            read[name].spectrum.density, broaden(levels[-16:]), atol=2e-3
        )  # levels have 4 decimals


@pytest.mark.parametrize(
    ("text", "energies", "density", "axis", "unit"),
    [
        ("Binding energy (eV),Intensity\n10,1\n11,2\n12,3\n", [-12, -11, -10], [3, 2, 1], "binding", "eV"),
        ("orbital_energy_ev\tdos\n-12\t1\n-11\t2\n", [-12, -11], [1, 2], "orbital", "eV"),
        ("-12 1\n-11 2\n", [-12, -11], [1, 2], "orbital", "eV"),
        ("12;1\n11;2\n", [-12, -11], [1, 2], "binding", "eV"),
        ("E / eV;I\n10,5;1,25\n11,5;2\n", [-11.5, -10.5], [2, 1.25], "binding", "eV"),
        ("10,5 1,5\n11,5 2,5\n", [-11.5, -10.5], [2.5, 1.5], "binding", "eV"),
        (
            "# ionisation energy [Hartree]\n0.5 1\n0.4 2\n",
            [-0.5 * HARTREE_EV, -0.4 * HARTREE_EV],
            [1, 2],
            "binding",
            "Hartree",
        ),
        ("Energy (eV),Intensity (a.u.)\n-9,1\n-8,2\n", [-9, -8], [1, 2], "orbital", "eV"),
        ("counts,energy_ev\n5,-9\n6,-8\n", [-9, -8], [5, 6], "orbital", "eV"),
        ("% He I, 58.4 nm\nBinding energy (eV)  counts\n9 1\n10 2\n", [-10, -9], [2, 1], "binding", "eV"),
        ("binding energy eV,I\n-1,1\n0,2\n15,3\n", [-15, 0, 1], [3, 2, 1], "binding", "eV"),
        ("-30, 0\n-1D+01, 1.5E0\n", [-30, -10], [0, 1.5], "orbital", "eV"),
    ],
)
def test_two_columns(text: str, energies: list[float], density: list[float], axis: str, unit: str) -> None:
    read = read_spectrum(text.encode(), "dir/a.csv")
    np.testing.assert_allclose(read.spectrum.energies_ev, energies)
    np.testing.assert_allclose(read.spectrum.density, density)
    assert (read.kind, read.axis, read.x_unit, read.levels_ev) == ("spectrum", axis, unit, None)
    assert read.spectrum.label == "a.csv"


@pytest.mark.parametrize(
    ("text", "levels"),
    [
        ("-20.5\n-10\n-15\n", [-20.5, -15, -10]),
        ("[-20.5, -15, -10]", [-20.5, -15, -10]),
        ("eigenvalue (eV)\n-20\n-10\n1.5\n", [-20, -10]),
        ("ionization energies, eV\n10\n15\n", [-15, -10]),
        ("level,energy_ev\n1,-20\n2,-10\n", [-20, -10]),
        ("1 -20\n2 -10\n", [-20, -10]),
        ("eps (hartree)\n-0.5\n-1.0\n", [-HARTREE_EV, -0.5 * HARTREE_EV]),
    ],
)
def test_lists_of_levels(text: str, levels: list[float]) -> None:
    read = read_spectrum(text.encode(), "levels.txt")
    assert read.kind == "levels"
    np.testing.assert_allclose(read.levels_ev, levels)
    np.testing.assert_allclose(read.spectrum.density, broaden(levels))


@pytest.mark.parametrize(
    ("text", "note"),
    [
        ("9 1\n10 2\n", "no unit is given: energies are read as eV"),
        ("9 1\n10 2\n", "mostly positive: read as binding energies"),
        ("e (eV),i\n-9,1\n-10,nan\n-11,2\n", "1 of 3 points are no finite numbers"),
        ("e (eV),i\n-9,1\n-9,3\n-8,1\n", "1 energies occur more than once"),
        ("e (eV),i\n-9,1\n-11,3\n-10,1\n", "not in order and have been sorted"),
        ("e (eV),i\n-9,1\n-8,-0.5\n", "1 intensities are below 0 and were kept"),
        ("e (eV),i,fit\n-9,1,1\n-8,2,2\n", "columns 1 and 2 are read, 1 more left out"),
        ("energy (eV),dos\n-0.5,1\n-0.4,2\n", "are they in Hartree"),
        ("-9 1\n-8 2\nend of file\n", "1 lines hold no number"),
        ("-9\n-8\n3\n", "1 levels at or above 0 eV are not occupied"),
    ],
)
def test_what_was_decided_is_noted(text: str, note: str) -> None:
    assert any(note in line for line in read_spectrum(text.encode(), "a.csv").notes)


@pytest.mark.parametrize(
    ("text", "levels", "note"),
    [
        (
            "9.24 ± 0.01\n11.5 ± 0.02\n12.3 +/- 0.1\n13.8(1)\n14.7 ± 0.2\n",
            [-14.7, -13.8, -12.3, -11.5, -9.24],
            "left out",
        ),
        (
            "IE (eV),sd\n9.24,0.01\n11.5,0.02\n12.3,0.1\n13.8,0.1\n",
            [-13.8, -12.3, -11.5, -9.24],
            "columns left out: sd",
        ),
        ("9.25\n11.5*\n12.8\n13.8?\n", [-13.8, -12.8, -11.5, -9.25], "2 numbers are marked ('*', '?')"),
        ("IE / eV\n9.25\n~11.5\n12.8 (sh)\n", [-12.8, -11.5, -9.25], "the marks are left out"),
        ("IE (eV)\n8.88a\n10.25^b\n12.9 (c)\n13.8 [d]\n", [-13.8, -12.9, -10.25, -8.88], "4 numbers are marked"),
        ("IE (eV)\n8.88\nn.d.\n12.9\n13.8\n15.2\n", [-15.2, -13.8, -12.9, -8.88], "1 lines hold no number"),
        ("IE (eV)\n8.88\n10.2-10.4\n12.9\n13.8\n", [-13.8, -12.9, -8.88], "left out: '10.2-10.4'"),
        ("IE (eV)\n8,88\n10,25\n12,90\n", [-12.9, -10.25, -8.88], "commas are read as decimals: 8,88 is 8.88"),
        ("IE (eV);\n8,88;\n10,25;\n12,9;\n", [-12.9, -10.25, -8.88], "commas are read as decimals"),
        ("IE: 8,88 eV, 10,25* eV, 12,9 eV", [-12.9, -10.25, -8.88], "1 numbers are marked"),
        ("IE (eV),Ref.\n8.88,12\n10.25,12\n12.9,13\n13.8,14\n", [-13.8, -12.9, -10.25, -8.88], "left out: Ref."),
        ("IE (eV),±\n8.88,0.1\n10.25,0.1\n12.9,0.2\n13.8,0.2\n", [-13.8, -12.9, -10.25, -8.88], "left out: ±"),
        ("No.,IE (eV)\n18,8.88\n17,10.25\n16,12.9\n15,13.8\n", [-13.8, -12.9, -10.25, -8.88], "column 1 counts"),
        ("IE (eV),Pole strength\n8.88,.9\n10.25,.9\n12.9,.8\n13.8,.8\n", [-13.8, -12.9, -10.25, -8.88], "Pole"),
        ("IE: 9.25, 11.5*, ca. 12.8 eV", [-12.8, -11.5, -9.25], "2 numbers are marked"),
        ("IE: 9.25 ± 0.01, 11.5 ± 0.1 eV", [-11.5, -9.25], "uncertainties behind 2 numbers"),
        ("IE (eV),assignment\n9.24,pi\n11.5,sigma\n12.3,pi\n", [-12.3, -11.5, -9.24], "columns left out: assignment"),
    ],
)
def test_what_stands_beside_a_list_of_levels_is_no_curve(text: str, levels: list[float], note: str) -> None:
    read = read_spectrum(text.encode(), "a.csv")
    assert (read.kind, read.axis) == ("levels", "binding")
    np.testing.assert_allclose(read.levels_ev, levels)
    assert any(note in line for line in read.notes)


@pytest.mark.parametrize("setting", ["# resolution 20 meV", "# total energy -232.1 hartree"])
def test_the_unit_of_a_setting_is_not_that_of_the_axis(setting: str) -> None:
    read = read_spectrum(f"{setting}\nBinding energy,Counts\n8.5,1\n10,2\n12,3\n".encode(), "a.csv")
    assert read.x_unit == "eV"
    np.testing.assert_allclose(read.spectrum.energies_ev, [-12, -10, -8.5])


def test_equal_energies_are_averaged() -> None:
    read = read_spectrum(b"e (eV),i\n-9,1\n-9,3\n-8,1\n", "a.csv")
    np.testing.assert_allclose(read.spectrum.density, [2, 1])


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("", "the file is empty"),
        ("9.24 (x2)\n11.5 x2\n12.3\n", "how often a level is there cannot be read, got '9.24 .x2.'"),
        ("hello world\n", "no line starts with a number"),
        ("wavenumber (cm-1),absorbance\n400,1\n500,2\n", "1/cm is a vibrational scale"),
        ("wavelength / nm;I\n400;1\n500;2\n", "a wavelength is an excitation"),
        ("kinetic energy (eV),I\n4,1\n5,2\n", "need the photon energy"),
        ("energy (kJ/mol),I\n4,1\n5,2\n", "only eV and Hartree are read"),
        ("-0.5 1\n-0.4 2\n", "are they in Hartree"),
        ("energy_ev,I\n-4,1\n", "at least 2 points at different energies, got 1"),
        ("energy_ev,I\n-4,1\n-4,2\n", "at least 2 points at different energies, got 1"),
        ("energy_ev,I\n-4,0\n-5,0\n", "intensities must be above 0 somewhere"),
        ("energy_ev,I\n-4,nan\n-5,nan\n", "at least 2 points at different energies, got 0"),
        ("1,5,2,3\n2,5,3,1\n", "commas must be decimals or delimiters"),
        ("0\n0\n", "levels must not all be 0"),
        ("-280\n-290\n", "one level at least must lie between -30 and 0 eV"),
        ("-1\n" * 1_001, "a list of levels must have 1 to 1,000, got 1,001"),
    ],
)
def test_what_is_refused(text: str, match: str) -> None:
    with pytest.raises(InputError, match=match):
        read_spectrum(text.encode(), "a.csv")


def test_binary() -> None:
    with pytest.raises(InputError, match="ZIP archive or an Excel"):
        read_spectrum(b"PK\x03\x04rest", "a.xlsx")


def test_pairs_of_whole_numbers_may_be_decimals_or_a_curve() -> None:
    with pytest.raises(AmbiguousError, match=r"8,88' can be 8\.88, or 8 and 88") as caught:
        read_spectrum(b"8,88\n10,25\n12,90\n13,80\n", "a.txt")
    assert caught.value.option == "decimal"
    told = read_spectrum(b"8,88\n10,25\n12,90\n", "a.txt", options=SpectrumOptions(decimal=","))
    np.testing.assert_allclose(told.levels_ev, [-12.9, -10.25, -8.88])
    even = read_spectrum(b"-12,100\n-11,250\n-10,90\n-9,80\n", "a.txt")
    np.testing.assert_allclose(even.spectrum.density, [100, 250, 90, 80])


def test_a_first_point_is_not_lost_to_a_row_without_a_number() -> None:
    rows = "\n".join(f"{8 + 0.1 * k:.1f},{k}" for k in range(1, 40))
    read = read_spectrum(f"Binding energy (eV),Counts\n8.0,0\nmarker,\n{rows}\n".encode(), "a.csv")
    assert len(read.spectrum.energies_ev) == 40
    assert any("'marker,'" in note for note in read.notes)


@pytest.mark.parametrize(("told", "photon_ev"), [("hv = 60 eV", 60.0), ("Al Ka", 1486.6), ("nothing", None)])
def test_binding_energies_keep_the_photon_energy_that_the_header_tells(told: str, photon_ev: float | None) -> None:
    rows = "\n".join(f"{8 + 0.1 * k:.1f}\t{k}" for k in range(40))
    read = read_spectrum(f"# {told}\nBinding energy (eV)\tCounts\n{rows}\n".encode(), "a.txt")
    assert read.reading.photon_energy_ev == (None if photon_ev is None else pytest.approx(photon_ev, abs=0.1))


def test_intensities_in_front_of_the_energies_are_asked_about() -> None:
    rows = "\n".join(f"{abs(20 - k) * 7 % 11} {8 + 0.1 * k:.1f}" for k in range(40))
    with pytest.raises(AmbiguousError, match="column 2 goes on from line to line") as caught:
        read_spectrum(rows.encode(), "a.txt")
    assert caught.value.option == "energy_column"


def test_a_lamp_beside_energies_that_nothing_names_leaves_their_scale_open() -> None:
    x = np.linspace(1.2, 14.2, 60)
    rows = "\n".join(f"{a:.2f} {b:.3f}" for a, b in zip(x, np.exp(-((x - 5) ** 2)), strict=True))
    with pytest.raises(AmbiguousError, match=r"below the photon energy of 21\.218 eV") as caught:
        read_spectrum(f"# He I pass energy 2 eV\n{rows}".encode(), "x.txt")
    assert caught.value.choices == ("binding", "kinetic")
    read = read_spectrum(f"# He I pass energy 2 eV\n{rows}".encode(), "x.txt", options=SpectrumOptions(axis="kinetic"))
    assert read.spectrum.energies_ev[-1] == pytest.approx(14.2 - 21.218)


def test_a_few_sticks_are_said_to_be_read_as_a_curve() -> None:
    read = read_spectrum(b"IE (eV),relative intensity\n8.88,1\n10.3,1\n13.0,2\n14.4,2\n15.2,1\n", "x.csv")
    assert any(note.startswith("only 5 points: read as a curve") for note in read.notes)
