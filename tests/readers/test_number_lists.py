"""Lists of energies as people type them: every number kept, the unit heeded, columns left to the reader of columns."""

import pytest

from core.readers.number_lists import split_typed
from core.readers.spectra import read_spectrum

FIRST_TWO, FIRST_THREE = [-10.4, -9.62], [-11.6, -10.4, -9.62]


@pytest.mark.parametrize(
    ("text", "levels"),
    [
        ("9.62, 10.4, 11.6 eV", FIRST_THREE),
        ("9.62; 10.40; 11.6 eV", FIRST_THREE),
        ("9.62 eV, 10.4 eV, 11.6 eV", FIRST_THREE),
        ("9.62 eV\n10.4 eV\n11.6 eV", FIRST_THREE),
        ("9.62, 10.4,\n11.6 eV", FIRST_THREE),
        ("9,62\n10,4\n11,6 eV", FIRST_THREE),
        ("9,62; 10,4; 11,6 eV", FIRST_THREE),
        ("IPs: 9.62, 10.4, 11.6 eV", FIRST_THREE),
        ("IE = 9.62, 10.4 eV", FIRST_TWO),
        ("IE/eV: 9.62 10.4", FIRST_TWO),
        ("IE (eV) = [9.62, 10.4]", FIRST_TWO),
        ("[9.62, 10.4] eV", FIRST_TWO),
        ("Ionization energies (eV): 9.62, 10.4, 11.6", FIRST_THREE),
        ("-9.62 -10.4 eV", FIRST_TWO),
        ("\u22129.62, \u221210.4 eV", FIRST_TWO),
        ("9620, 10400 meV", FIRST_TWO),
        ("-0.31, -0.35 Hartree", [-0.35 * 27.211386, -0.31 * 27.211386]),
    ],
)
def test_no_number_of_a_typed_list_is_lost(text: str, levels: list[float]) -> None:
    read = read_spectrum(text.encode(), "typed")
    assert read.levels_ev == pytest.approx(levels)
    assert not any("left out" in note for note in read.notes)


@pytest.mark.parametrize(
    "text",
    [
        "9.62 10.4 11.6",
        "9.62, 10.4\n11.6, 12 eV",  # four levels, or two points
        "Spectrum:\n9.62 100\n9.7 120\n9.8 90",
        "-0.31 Ha, -9.4 eV",
        "orbital energies of what was made in May: none",
        "E,I\n9.6,100\n9.7,120",
    ],
)
def test_other_text_is_left_as_it_is(text: str) -> None:
    assert split_typed(text) == ("", text)


def test_words_and_numbers_come_apart() -> None:
    assert split_typed("IE: 9.62, 10.4 eV") == ("IE: eV", "9.62, 10.4")
