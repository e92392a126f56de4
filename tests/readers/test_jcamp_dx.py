"""JCAMP-DX: forms, dialects, compression. The package `jcamp` is the second opinion where it is right."""

import contextlib
import io

import jcamp
import numpy as np
import pytest

from core.errors import InputError
from core.readers.jcamp_dx import decode_ordinates, parse_blocks, read_block
from core.readers.spectra import read_spectrum
from core.readers.spectrum_options import AmbiguousError, SpectrumOptions

HEAD = "##TITLE=test\n##JCAMP-DX=4.24\n##DATA TYPE=PHOTOELECTRON SPECTRUM\n##XUNITS=EV\n##YUNITS=COUNTS\n"
AFFN = HEAD + (
    "##FIRSTX=8.0\n##LASTX=10.0\n##NPOINTS=5\n##XFACTOR=0.5\n##YFACTOR=0.1\n##XYDATA=(X++(Y..Y))\n"
    "16 10 20 30 $$ comment\n19+40-50\n##END=\n"
)
POINTS = HEAD + "##NPOINTS=3\n##XYPOINTS= (XY..XY)\n8.0,1.0; 9.0,2.5\n10.0 3E-1\n##END=\n"
# the ordinates 10 11 12 13 13 13 3 -7, once in each form
FORMS = {
    "AFFN": ["1 10 11 12 13", "5 13 13 3 -7"],
    "PAC": ["1+10+11+12+13", "5+13+13+3-7"],
    "SQZ": ["1A0A1A2A3", "5A3A3C g"],
    "SQZ DUP": ["1A0A1A2A3U", "7Cg"],
    "DIF": ["1A0JJJ", "4A3%%j0j0"],
    "DIF DUP": ["1A0JU", "4A3%Tj0T"],
}


@pytest.mark.parametrize("lines", FORMS.values(), ids=FORMS.keys())
def test_every_form_decodes_to_the_same_ordinates(lines: list[str]) -> None:
    values, checks = decode_ordinates(lines)
    np.testing.assert_array_equal(values, [10, 11, 12, 13, 13, 13, 3, -7])
    assert checks[0] == (0, 1)


def test_repeat_counts_of_two_digits() -> None:
    values, _ = decode_ordinates(["1 A5S2B0"])
    np.testing.assert_array_equal(values, [15] * 12 + [20])


def test_a_failed_check_of_differences_is_refused() -> None:
    with pytest.raises(InputError, match="must start with 13, got 14"):
        decode_ordinates(["1A0JJJ", "4A4JJ"])


@pytest.mark.parametrize("text", [AFFN, POINTS, AFFN.replace("DATA TYPE", "DATATYPE").replace("\n", "\r\n")])
def test_agrees_with_the_jcamp_package(text: str) -> None:
    with contextlib.redirect_stdout(io.StringIO()):
        other = jcamp.read([line.split("$$")[0] + "\n" for line in text.replace("= (", "=(").splitlines()])
    x, y = read_block(parse_blocks(text)[0])
    np.testing.assert_allclose(x, other["x"])
    np.testing.assert_allclose(y, other["y"])


def test_a_binding_energy_axis_is_negated_and_ordered() -> None:
    read = read_spectrum(AFFN.replace("=EV", "=Binding energy (eV)").encode(), "a.jdx")
    np.testing.assert_allclose(read.spectrum.energies_ev, [-10, -9.5, -9, -8.5, -8])
    np.testing.assert_allclose(read.spectrum.density, [-5, 4, 3, 2, 1])
    assert (read.axis, read.spectrum.label) == ("binding", "test")
    few, below = read.notes
    assert few.startswith("only 5 points: read as a curve")
    assert below == "1 intensities are below 0 and were kept as they are"


def test_labels_in_any_spelling() -> None:
    text = AFFN.replace("##DATA TYPE", "##data_type").replace("##XYDATA=(X++(Y..Y))", "## Xy-Data = (X++(Y..Y))")
    np.testing.assert_allclose(read_spectrum(text.encode(), "a.dx").spectrum.density, [-5, 4, 3, 2, 1])


def test_of_two_spectra_in_a_compound_file_the_user_chooses() -> None:
    link = f"##TITLE=both\n##DATA TYPE=LINK\n##BLOCKS=2\n{POINTS}{AFFN}##END=\n".encode()
    with pytest.raises(AmbiguousError, match="holds 2 regions: 1 test, 2 test; choose the region") as caught:
        read_spectrum(link, "a.jdx")
    assert (caught.value.option, caught.value.choices) == ("region", ("1", "2"))
    for region, n_points in (("1", 3), ("2", 5)):
        assert len(read_spectrum(link, "a.jdx", options=SpectrumOptions(region=region)).spectrum.density) == n_points


def test_a_peak_table_is_a_list_of_levels() -> None:
    read = read_spectrum((HEAD + "##NPOINTS=2\n##PEAK TABLE=(XY..XY)\n9.25, 1\n10.5, 2\n##END=\n").encode(), "a.jdx")
    np.testing.assert_allclose(read.levels_ev, [-10.5, -9.25])


def test_missing_ordinates_are_left_out() -> None:
    read = read_spectrum(AFFN.replace("20", "?").encode(), "a.jdx")
    assert len(read.spectrum.density) == 4
    assert any("1 of 5 points" in note for note in read.notes)


@pytest.mark.parametrize(
    ("old", "new", "match"),
    [
        ("PHOTOELECTRON", "INFRARED", "got DATA TYPE 'INFRARED SPECTRUM'"),
        ("=EV", "=1/CM", "1/cm is a vibrational scale"),
        ("=EV", "=NANOMETERS", "a wavelength is an excitation"),
        ("NPOINTS=5", "NPOINTS=1000000000000", "NPOINTS must be the number of points, says 1,000,000,000,000, found 5"),
        ("NPOINTS=5", "NPOINTS=many", "NPOINTS must be a number, got 'many'"),
        ("##XYDATA=(X++(Y..Y))", "##XYDATA=(X++(R..R)(I..I))", r"got .\(X\+\+\(R"),
        ("##XYDATA=(X++(Y..Y))", "##XYDATA=(T..T)", r"must be \(X\+\+\(Y\.\.Y\)\) or \(XY\.\.XY\)"),
        ("##XYDATA", "##NTUPLES", "has no XYDATA, XYPOINTS or PEAK TABLE"),
        ("30", "30 <b>", "data must be numbers, got '<'"),
        ("30", "30 S9999999", "at most 200,000 points"),
    ],
)
def test_what_is_refused(old: str, new: str, match: str) -> None:
    with pytest.raises(InputError, match=match):
        read_spectrum(AFFN.replace(old, new).encode(), "a.jdx")
