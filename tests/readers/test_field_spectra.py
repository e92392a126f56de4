"""Spectra and levels as users' files have them, in `field/`: each with its right value, or the words of its refusal.

Covers `core.readers.column_content`, `core.readers.column_names`, `core.readers.column_roles`,
`core.readers.columns_found`, `core.readers.decimal_marks`, `core.readers.energy_scale`, `core.readers.igor_text`,
`core.readers.other_formats`, `core.readers.program_output`, `core.readers.regions`, `core.readers.text_regions`,
`core.readers.vamas_files`.
"""

import re
from pathlib import Path

import numpy as np
import pytest

from core.errors import InputError
from core.readers.spectra import read_spectrum
from core.readers.spectrum_options import AmbiguousError, SpectrumOptions
from core.units import HARTREE_EV

FIELD = Path(__file__).parent / "field"
HOMO_EV = -0.27 * HARTREE_EV  # of the twelve occupied levels that several files hold


def read(name: str, **chosen: object):
    return read_spectrum((FIELD / name).read_bytes(), name, options=SpectrumOptions(**chosen))


@pytest.mark.parametrize(
    ("name", "chosen", "peak_ev", "height", "axis"),
    [
        ("BE_abbrev.csv", {}, -10.5, 1026.7, "binding"),
        ("be_neg_small_pos.csv", {}, -8.5, 1026.7, "orbital"),  # the file's own peak, its sign as it stands
        ("min_E.txt", {}, -10.0, 5.0, "orbital"),
        ("decimal_comma_x_int_y.csv", {}, -10.5, 1027.0, "binding"),
        ("min_J.csv", {"decimal": ","}, -10.5, 1027.0, "binding"),
        ("dos_up_down.dat", {}, -10.5, 513.333, "orbital"),
        ("E_minus_EF.dat", {"reference": "vacuum"}, -10.5, 1026.666, "orbital"),
        ("E_minus_EF.dat", {"zero_ev": -4.5}, -15.0, 1026.666, "orbital"),
        ("rel_homo.csv", {"zero_ev": -6.5}, -14.0, 1026.7, "orbital"),
        ("excel_de_thousand.csv", {}, -10.5, 1026.67, "binding"),
        ("excel_us_thousand.csv", {}, -10.5, 1026.7, "binding"),
        ("tab_thousand.txt", {}, -10.5, 1026.7, "binding"),
        ("min_I.csv", {}, -10.5, 1026.7, "binding"),
        ("he1_E_kin.csv", {"photon_energy_ev": 21.22}, -10.5, 1026.7, "kinetic"),
        ("he1_Ekin.txt", {"photon_energy_ev": 21.22}, -10.5, 1026.7, "kinetic"),
        ("he1_KE_abbrev.txt", {"photon_energy_ev": 21.22}, -10.5, 1026.7, "kinetic"),
        ("min_C.txt", {"photon_energy_ev": 21.2}, -10.5, 5.0, "kinetic"),
        ("specs_be.xy", {}, -10.5, 1026.66, "binding"),
        ("specs_ke.xy", {}, -10.5, 1026.66, "kinetic"),
        ("specs_ke_he1.xy", {}, -10.5, 1026.66, "kinetic"),
        ("kinetic_and_binding.csv", {}, -10.5, 1026.7, "binding"),
        ("kinetic_and_binding.csv", {"axis": "kinetic", "photon_energy_ev": 21.22}, -10.5, 1026.7, "kinetic"),
        ("min_D2.csv", {}, -6.0, 9.0, "binding"),
        ("omicron_regions.txt", {}, -10.5, 1027.0, "binding"),
        ("omicron_regions.txt", {"region": 1}, -10.5, 1027.0, "binding"),
        ("igor_scaled.itx", {}, -19.5, 1026.67, "binding"),  # 30 - 0.1 x 105 by its SetScale
        ("igor_xy.itx", {}, -10.5, 1026.67, "binding"),
        ("j_noLAST_noDELTA.jdx", {}, -10.5, 1000.0, "binding"),
        ("j_two_blocks.jdx", {}, -10.5, 1000.0, "binding"),
        ("j_xunits_ev_xlabel_ke.jdx", {"photon_energy_ev": 21.2}, -10.5, 1000.0, "kinetic"),
        ("nounit_mev.dat", {"unit": "meV"}, -10.5, 1026.7, "binding"),
        ("wavenumber_nounit.dat", {"unit": "1/cm"}, -10.5, 1026.7, "binding"),
    ],
)
def test_the_peak_is_where_it_was_measured(name: str, chosen: dict, peak_ev: float, height: float, axis: str) -> None:
    found = read(name, **chosen)
    place = found.spectrum.density.argmax()
    assert found.spectrum.energies_ev[place] == pytest.approx(peak_ev, abs=2e-3)
    assert found.spectrum.density[place] == pytest.approx(height, abs=0.1)
    assert (found.kind, found.axis) == ("spectrum", axis)


@pytest.mark.parametrize(
    ("name", "chosen", "n_levels", "homo_ev"),
    [
        ("orca_block.txt", {}, 12, HOMO_EV),
        ("orca_noheader.txt", {}, 12, HOMO_EV),
        ("min_D1.txt", {}, 2, -10.9),
        ("mo_occ_energy.csv", {}, 12, -7.347),
        ("mo_energy_occ.csv", {}, 12, -7.347),
        ("ev_energy_occ.csv", {}, 12, -7.347),
        ("hartree_energy_occ.csv", {}, 12, HOMO_EV),
        ("xtb_orbitals.txt", {}, 12, HOMO_EV),
        ("turbomole_eiger.txt", {}, 12, HOMO_EV),
        ("gaussian_eig.log", {}, 12, HOMO_EV),
        ("three_per_line.txt", {}, 9, -6.5),
        ("numpy_print.txt", {}, 6, -7.3),
        ("python_list.txt", {}, 6, -7.3),
        ("hartree_list_nounit.txt", {"unit": "Hartree"}, 12, HOMO_EV),
        ("hartree_list_homo_only_valence.txt", {"unit": "Hartree"}, 9, HOMO_EV),
        ("min_L.txt", {"unit": "Hartree"}, 4, -0.3 * HARTREE_EV),
        ("levels_relative_to_homo.csv", {"zero_ev": -6.5}, 5, -6.5),
    ],
)
def test_occupied_levels_alone_are_read_in_their_unit(name: str, chosen: dict, n_levels: int, homo_ev: float) -> None:
    levels = read(name, **chosen).levels_ev
    assert levels is not None
    assert len(levels) == n_levels
    assert levels[-1] == pytest.approx(homo_ev, abs=1e-3)


@pytest.mark.parametrize(
    ("name", "option", "sentence"),
    [
        ("he1_E_kin.csv", "photon_energy_ev", "kinetic energies need the photon energy"),
        ("he1_Ekin.txt", "photon_energy_ev", "kinetic energies need the photon energy"),
        ("he1_KE_abbrev.txt", "photon_energy_ev", "kinetic energies need the photon energy"),
        ("min_C.txt", "photon_energy_ev", "kinetic energies need the photon energy"),
        ("j_xunits_ev_xlabel_ke.jdx", "photon_energy_ev", "kinetic energies need the photon energy"),
        (
            "hartree_list_nounit.txt",
            "unit",
            "highest level lies at -0.27 eV, and no molecule's HOMO does: are they in Hartree",
        ),
        ("hartree_list_homo_only_valence.txt", "unit", "are they in Hartree"),
        ("min_L.txt", "unit", "are they in Hartree"),
        ("nounit_mev.dat", "unit", "energies reach from 0 to 30000: are they in meV or 1/cm"),
        ("wavenumber_nounit.dat", "unit", "are they in meV or 1/cm"),
        ("E_minus_EF.dat", "reference", "the zero of the energies is the Fermi level"),
        ("rel_homo.csv", "reference", "the zero of the energies is the HOMO"),
        ("levels_relative_to_homo.csv", "reference", "the zero of the energies is the HOMO|relative to the HOMO"),
        ("min_J.csv", "decimal", "'10,5,1027' can be 10.5 and 1027, or 10 and 5 and 1027"),
    ],
)
def test_what_stays_open_is_asked(name: str, option: str, sentence: str) -> None:
    with pytest.raises(AmbiguousError, match=sentence) as caught:
        read(name)
    assert caught.value.option == option


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("uvvis_ev.csv", "must be of electron energies, got 'photon energy .ev. absorbance'"),
        ("vb.vms", "the VAMAS file does not follow its format .*: export the spectrum as text"),
        ("j_firstx_conflict.jdx", "line 1 begins at 25, by the header at 5"),
        ("j_gap_in_x.jdx", "line 3 begins at 18, by the header at 15"),
        ("min_M.jdx", "line 1 begins at 8, by the header at 5"),
        ("min_bom_only.csv", "the file is empty"),
        ("min_jcamp_dup_overflow.jdx", "at most 200,000 points"),
        ("min_blank10000.smi", "no line starts with a number, the first is 'CCO'"),
    ],
)
def test_what_is_no_spectrum_is_refused_in_a_sentence(name: str, sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        read(name)


@pytest.mark.parametrize(
    ("name", "note"),
    [
        ("dos_up_down.dat", "two spins: their absolute values are summed"),
        ("omicron_regions.txt", "of 2 regions .* the one with valence energies is read: region 1"),
        ("specs_ke.xy", "photon energy 1486.61 eV, from the header"),
        ("specs_ke.xy", "no work function is taken off"),
        ("kinetic_and_binding.csv", "column 1 .Kinetic Energy .eV.. is left out"),
        ("be_neg_small_pos.csv", "called binding energies, yet mostly negative: read as orbital energies"),
        ("orca_noheader.txt", "the same energies in Hartree and eV: the eV are read"),
        ("mo_occ_energy.csv", "2 of 14 levels are not occupied and were left out"),
        ("excel_us_thousand.csv", "commas are read as thousands separators: '1,003.8' is 1003.8"),
        ("excel_de_thousand.csv", "points are read as thousands separators: '1.003,78' is 1003.78"),
        ("j_two_blocks.jdx", "1 of 2 blocks are of other spectra and were left out"),
        ("three_per_line.txt", "3 numbers a line are read as one list of levels"),
    ],
)
def test_what_was_taken_for_granted_is_noted(name: str, note: str) -> None:
    assert any(re.search(note, line) for line in read(name).notes)


@pytest.mark.parametrize("name", sorted(path.name for path in FIELD.iterdir()))
def test_the_reading_given_back_as_options_reads_the_same(name: str) -> None:
    try:
        first = read(name)
    except InputError:
        return
    again = read_spectrum((FIELD / name).read_bytes(), name, options=first.reading)
    np.testing.assert_array_equal(again.spectrum.energies_ev, first.spectrum.energies_ev)
    np.testing.assert_array_equal(again.spectrum.density, first.spectrum.density)
