import numpy as np
import pytest

from core.errors import InputError
from core.labels.rows import LabelRow, LeftOut, collect_rows, place_valence
from core.structure.geometry import Geometry

WATER = Geometry([8, 1, 1], [[0, 0, 0.119], [0, 0.763, -0.477], [0, -0.763, -0.477]])  # 1 core, 4 valence levels
VALENCE = [-25.0, -13.0, -9.0, -7.0]
nan = float("nan")


def row(name="water", *, numbers=WATER.numbers, positions=WATER.positions, occupied=VALENCE, **others):
    return LabelRow(name, np.asarray(numbers), np.asarray(positions, float), occupied, **others)


@pytest.mark.parametrize(
    ("occupied", "placed"),
    [
        (VALENCE, VALENCE),
        ([-510.0, *VALENCE], VALENCE),
        (VALENCE[::-1], VALENCE),
        ([-7.0], [nan, nan, nan, -7.0]),
        ([-9.0, -7.0], [nan, nan, -9.0, -7.0]),
    ],
    ids=["valence", "with its core", "descending", "HOMO alone", "two highest"],
)
def test_levels_are_placed_from_the_homo_down(occupied, placed):
    np.testing.assert_array_equal(place_valence(WATER, occupied), placed)


@pytest.mark.parametrize(
    ("occupied", "message"),
    [
        ([], "at least the HOMO"),
        ([-9.0, nan], "levels must be finite numbers, 1 are not"),
        ([*VALENCE, -5.0], "has 4 valence levels and 1 core levels, found 5 and 0"),
        ([-510.0, *VALENCE[1:]], "found 3 and 1"),
        ([-510.0, -509.0, *VALENCE], "has 1 core levels, found 2 levels below -120 eV"),
    ],
)
def test_levels_that_cannot_be_the_molecules_are_refused(occupied, message):
    with pytest.raises(InputError, match=message):
        place_valence(WATER, occupied)


SILICON_2S, SILICON_2P = -139.0, -94.0  # in PBE: nearer to the valence shell than carbon's 1s


def silane(numbers, cores, valence):
    atoms = Geometry(numbers, np.arange(3 * len(numbers)).reshape(-1, 3))
    return place_valence(atoms, [*cores, *valence])


@pytest.mark.parametrize(
    ("numbers", "cores"),
    [
        ([14, 1, 1, 1, 1], [-1780.0, SILICON_2S, *[SILICON_2P] * 3]),
        ([14, 9, 1, 1, 1], [-1780.0, -660.0, SILICON_2S, *[SILICON_2P] * 3]),
        ([16, 1, 1], [-2390.0, -208.0, *[-155.0] * 3]),
        ([15, 1, 1, 1], [-2070.0, -172.0, *[-123.0] * 3]),
        ([17, 1], [-2740.0, -250.0, *[-190.0] * 3]),
        ([35, 1], [-13100.0, *[-1580.0] * 4, *[-230.0] * 4, *[-67.0] * 5]),
    ],
    ids=["SiH4", "SiH3F", "H2S", "PH3", "HCl", "HBr"],
)
def test_cores_of_the_third_row_are_told_from_valence_levels(numbers, cores):
    valence = np.linspace(-45.0, -8.0, 7 if 9 in numbers else 4)  # -45 eV: fluorine's 2s in Hartree-Fock
    for given in (cores, []):  # with its cores and without
        np.testing.assert_array_equal(silane(numbers, given, valence), valence)


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        ({"numbers": [8, 1], "positions": WATER.positions[:2]}, "odd number of electrons"),
        ({"numbers": [34, 1, 1]}, "found Se"),
        ({"positions": [[0, 0, 0], [0, 0, 0.1], [0, 0, 2]]}, "at least 0.6 Angstrom apart"),
        ({"positions": [[0, 0, nan], [0, 0, 1], [0, 1, 0]]}, "coordinates must be finite"),
        ({"numbers": [8, 1]}, "one position an atom"),
        ({"occupied": []}, "at least the HOMO"),
        ({"lumo_ev": -8.0}, "LUMO must lie above the HOMO"),
    ],
)
def test_no_row_is_dropped_without_a_reason(bad, reason):
    table, left_out = collect_rows([row("good", lumo_ev=1.0), row("bad", **bad), LeftOut("worse", "unreadable")])
    assert list(table["id"]) == ["good"]
    assert list(left_out["id"]) == ["bad", "worse"]
    assert reason in left_out["reason"][0]
    assert left_out["reason"][1] == "unreadable"


def test_ids_become_unique():
    table, _ = collect_rows([row("a"), row("b"), row("a"), row("a")])
    assert list(table["id"]) == ["a", "b", "a#2", "a#3"]


def test_an_absent_lumo_is_absent_not_invented():
    table, _ = collect_rows([row("with", lumo_ev=0.5), row("without")])
    assert [len(x) for x in table["levels_ev"]] == [5, 4]
    assert list(table["n_occupied"]) == [4, 4]
