import numpy as np
import pandas as pd
import pytest
from rdkit import Chem
from reference_scan import reference_scan, without_prediction

from core.errors import EigenscopeError
from core.screening.filters import (
    BAND_WIDTH,
    DensityFilter,
    Filter,
    GroupFilter,
    RangeFilter,
    RingFilter,
    SmartsFilter,
    apply_filters,
    apply_fitting,
    states_between,
)
from core.spectrum.broaden import broaden

N = 150


@pytest.fixture(scope="module")
def scan() -> pd.DataFrame:
    table = without_prediction(reference_scan(N), 3, reason="broken")
    table["smiles"] = table["smiles"].astype(object)
    table.loc[10, "smiles"] = ""
    table["input_note"] = "text"
    table["input_mass"] = [str(k) if k % 2 else "" for k in range(N)]
    return table


def test_a_chain_counts_what_each_filter_leaves(scan: pd.DataFrame) -> None:
    filters: list[Filter] = [RangeFilter("homo_ev", -7.0, -5.0), SmartsFilter("C=O"), RingFilter(minimum=1)]
    result = apply_filters(scan, filters)
    expected = np.ones(N, dtype=bool)
    for condition, left in zip(filters, result.remaining, strict=True):
        expected &= condition.mask(scan)
        assert left == expected.sum()
    assert result.mask.tolist() == expected.tolist()
    assert N > result.remaining[0] > result.remaining[1] > result.remaining[2] > 0
    backwards = apply_filters(scan, filters[::-1])
    assert backwards.mask.tolist() == expected.tolist()


def test_no_filter_leaves_all(scan: pd.DataFrame) -> None:
    result = apply_filters(scan, [])
    assert result.mask.all()
    assert result.remaining == []


def test_ranges_include_their_ends_and_never_what_is_missing(scan: pd.DataFrame) -> None:
    homo = scan["homo_ev"].to_numpy()
    low, high = float(np.sort(homo)[20]), float(np.sort(homo)[60])
    assert RangeFilter("homo_ev", low, high).mask(scan).sum() == 41
    assert not RangeFilter("homo_ev", high=100.0).mask(scan)[3]
    assert RangeFilter("n_atoms", 15, 15).mask(scan).tolist() == (scan["n_atoms"] == 15).tolist()
    assert RangeFilter("input_mass", 10, 20).mask(scan).sum() == 5


def test_band_width_is_homo_minus_the_sixteenth(scan: pd.DataFrame) -> None:
    mask = RangeFilter(BAND_WIDTH, high=11.0).mask(scan)
    for k in range(N):
        levels = scan["levels_ev"][k]
        expected = levels is not None and len(levels) >= 16 and float(levels[-1]) - float(levels[-16]) <= 11.0
        assert mask[k] == expected
    assert 0 < mask.sum() < N


def test_states_between_are_the_integral_of_the_spectrum(scan: pd.DataFrame) -> None:
    grid = np.arange(-60.0, 10.0, 0.01)
    inside = (grid >= -11.0) & (grid < -8.0)
    states = states_between(scan, -11.0, -8.0, sigma_ev=0.4)
    for k in (0, 20, 90):
        density = broaden(scan["levels_ev"][k], grid_ev=grid, sigma_ev=0.4)
        assert states[k] == pytest.approx(density[inside].sum() * 0.01, abs=0.02)
    assert np.isnan(states[3])
    parts = states_between(scan, -100.0, -9.0) + states_between(scan, -9.0, 100.0)
    assert parts[20] == pytest.approx(len(scan["levels_ev"][20]))


def test_density_filter(scan: pd.DataFrame) -> None:
    states = states_between(scan, -9.0, -6.0)
    mask = DensityFilter(-9.0, -6.0, minimum=2.0, maximum=4.0).mask(scan)
    assert mask.tolist() == ((states >= 2.0) & (states <= 4.0)).tolist()
    assert 0 < mask.sum() < N


@pytest.mark.parametrize("smarts", ["[OX2H]", "C#N", "[r5]", "[#6]1~[#6]~[#6]1"])
def test_smarts_present_and_absent_share_out_the_rows_with_a_structure(scan: pd.DataFrame, smarts: str) -> None:
    has, lacks = SmartsFilter(smarts).mask(scan), SmartsFilter(smarts, present=False).mask(scan)
    query = Chem.MolFromSmarts(smarts)
    for k, text in enumerate(scan["smiles"]):
        mol = Chem.MolFromSmiles(text) if text else None
        assert has[k] == (mol is not None and mol.HasSubstructMatch(query))
    assert (has ^ lacks).sum() == N - 1
    assert [has[10], lacks[10]] == [False, False]  # no structure: neither


def test_groups_tell_an_ester_from_a_ketone(scan: pd.DataFrame) -> None:
    table = scan.iloc[:4].assign(smiles=["CC(=O)C", "CC(=O)OC", "CCO", "OC(=O)C"])
    assert GroupFilter("ketone").mask(table).tolist() == [True, False, False, False]
    assert GroupFilter("ester").mask(table).tolist() == [False, True, False, False]
    assert GroupFilter("alcohol", present=False).mask(table).tolist() == [True, True, False, True]


def test_rings_by_size_and_number(scan: pd.DataFrame) -> None:
    table = scan.iloc[:4].assign(smiles=["C1CC1", "C1CC2CC1CC2", "CCC", "C1CC1C1CCC1"])
    assert RingFilter().mask(table).tolist() == [True, True, False, True]
    assert RingFilter(minimum=None, maximum=0).mask(table).tolist() == [False, False, True, False]
    assert RingFilter(size=3).mask(table).tolist() == [True, False, False, True]
    assert RingFilter(minimum=2).mask(table).tolist() == [False, True, False, True]


@pytest.mark.parametrize(
    ("condition", "text"),
    [
        (RangeFilter("homo_ev", -7, -6), "HOMO -7 to -6 eV"),
        (RangeFilter("logp", low=1.5), "logp at least 1.5"),
        (RangeFilter(BAND_WIDTH, high=11), "band width at most 11 eV"),
        (DensityFilter(-9, -7, minimum=2), "at least 2 states between -9 and -7 eV"),
        (SmartsFilter("[OX2H]"), "has [OX2H]"),
        (GroupFilter("ester", present=False), "no ester"),
        (RingFilter(size=5, minimum=1, maximum=2), "1 to 2 5-membered rings"),
        (RingFilter(minimum=2, maximum=2), "exactly 2 rings"),
        (RingFilter(minimum=0, maximum=0), "exactly 0 rings"),
    ],
)
def test_filters_say_what_they_do(condition: Filter, text: str) -> None:
    assert condition.describe() == text


def test_a_filter_that_does_not_fit_is_passed_over_and_named(scan: pd.DataFrame) -> None:
    ends = float(scan["homo_ev"].median())
    fitting = [RangeFilter("homo_ev", None, ends), GroupFilter("ketone")]
    chain = [RangeFilter("input_price", 0, 1), fitting[0], RangeFilter("smiles", 0, 1), fitting[1]]
    result, expected = apply_fitting(scan, chain), apply_filters(scan, fitting)
    assert result.mask.tolist() == expected.mask.tolist()
    assert result.remaining == [N - 1, expected.remaining[0], expected.remaining[0], expected.remaining[1]]
    assert list(result.unfit) == [0, 2]
    assert "input_price" in result.unfit[0]
    assert "holds none" in result.unfit[2]
    assert expected.unfit == {}


def test_what_is_left_are_rows_with_a_prediction(scan: pd.DataFrame) -> None:
    table = without_prediction(scan, 4, reason="broken").assign(input_price=range(N))
    result = apply_filters(table, [RangeFilter("input_price", 3, 5)])
    assert result.remaining == [1], "rows 3 and 4 have none"


def test_bad_filters_are_named(scan: pd.DataFrame) -> None:
    with pytest.raises(EigenscopeError, match="column must be one of the table's, got 'homo'"):
        apply_filters(scan, [RangeFilter("homo", 0, 1)])
    with pytest.raises(EigenscopeError, match="'input_note' holds none"):
        apply_filters(scan, [RangeFilter("input_note", 0, 1)])
    with pytest.raises(EigenscopeError, match="needs a low or a high end"):
        RangeFilter("homo_ev")
    with pytest.raises(EigenscopeError, match="must not be above"):
        RangeFilter("homo_ev", 1, 0)
    with pytest.raises(EigenscopeError, match="must be numbers"):
        RangeFilter("homo_ev", float("nan"), 0)
    with pytest.raises(EigenscopeError, match="low_ev must be below"):
        DensityFilter(-5, -9, minimum=1)
    with pytest.raises(EigenscopeError, match=r"SMARTS cannot be read: got 'C\('"):
        SmartsFilter("C(")
    with pytest.raises(EigenscopeError, match="SMARTS cannot be read"):
        SmartsFilter(" ")
    with pytest.raises(EigenscopeError, match="group must be one of alcohol"):
        GroupFilter("unobtainium")
    with pytest.raises(EigenscopeError, match="at least 3 atoms"):
        RingFilter(size=2)
