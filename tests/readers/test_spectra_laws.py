"""Laws of the spectrum readers: what another library writes is read to the digit, or refused; never another number."""

import contextlib
import io
import json
import random
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from plain_passes import MOST_PASSES, count_passes

from core.errors import InputError
from core.readers.jcamp_dx import parse_blocks, read_block
from core.readers.spectra import read_spectrum
from core.readers.spectrum_options import SpectrumOptions
from core.readers.spectrum_preview import inspect_spectrum

FIELD = Path(__file__).parent / "field"
LAW = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)
DECIMALS = st.integers(0, 4)
BINDING = st.lists(st.integers(40_000, 299_999), min_size=3, max_size=40, unique=True)
COUNTS = st.integers(0, 99_999_999)


def rounded(values: list[int], digits: int, scale: int) -> np.ndarray:
    return np.round(np.array(values, dtype=np.float64) / scale, digits)


@st.composite
def curves(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray, int]:
    x = np.unique(rounded(draw(BINDING), draw(st.integers(1, 4)), 10_000))
    digits = draw(DECIMALS)
    y = rounded(draw(st.lists(COUNTS, min_size=len(x), max_size=len(x))), digits, 10_000)
    assume(len(x) > 2 and (y > 0).any())
    return x, y, digits


@LAW
@given(
    curves(), st.sampled_from([(",", "."), (";", ","), (";", "."), ("\t", "."), ("\t", ","), (" ", ".")]), st.booleans()
)
def test_what_pandas_writes_is_read_to_the_digit(curve: tuple, form: tuple[str, str], header: bool) -> None:
    x, y, digits = curve
    text = pd.DataFrame({"Binding energy (eV)": x, "counts": y}).to_csv(
        index=False, sep=form[0], decimal=form[1], header=header, float_format=f"%.{max(digits, 4)}f"
    )
    if form[0] == " " and header:
        text = text.replace('"', "").replace("Binding energy (eV)", "BE")
    read = read_spectrum(text.encode(), "a.csv")
    np.testing.assert_array_equal(read.spectrum.energies_ev, -x[::-1])
    np.testing.assert_array_equal(read.spectrum.density, y[::-1])


@LAW
@given(curves())
def test_thousands_separators_never_change_a_number(curve: tuple) -> None:
    x, y, digits = curve
    rows = "\n".join(f'{a:.4f},"{b:,.{digits}f}"' for a, b in zip(x, y, strict=True))
    try:
        read = read_spectrum(f"BE (eV),counts\n{rows}\n".encode(), "a.csv")
    except InputError:
        return
    np.testing.assert_array_equal(read.spectrum.density, y[::-1])


@LAW
@given(
    st.lists(st.integers(-2_999_999, -30_000), min_size=2, max_size=60),
    st.sampled_from(["json", "numpy", "lines", "savetxt"]),
)
def test_lists_of_levels_are_read_to_the_digit(milli: list[int], form: str) -> None:
    levels = np.round(np.array(milli) / 10_000, 4)
    assume((levels > -30).any())
    if form == "json":
        text = json.dumps(levels.tolist())
    elif form == "numpy":
        text = np.array2string(levels, threshold=10_000, precision=4, floatmode="fixed")
    elif form == "lines":
        text = "\n".join(map(str, levels.tolist()))
    else:
        buffer = io.StringIO()
        np.savetxt(buffer, levels, header="orbital energy (eV)")
        text = buffer.getvalue()
    read = read_spectrum(text.encode(), "levels.txt")
    assert read.levels_ev is not None
    np.testing.assert_array_equal(read.levels_ev, np.sort(levels))


@LAW
@given(curves(), st.integers(1, 9), st.booleans())
def test_even_jcamp_data_is_read_as_its_lines_say(curve: tuple, per_line: int, has_last: bool) -> None:
    _, y, digits = curve
    x = 5 + 0.25 * np.arange(len(y))
    lines = [
        f"{x[k]:.2f} " + " ".join(f"{v:.{digits}f}" for v in y[k : k + per_line]) for k in range(0, len(y), per_line)
    ]
    assume(has_last or len(lines) > 1)
    head = f"##TITLE=t\n##XUNITS=EV\n##FIRSTX=5\n##NPOINTS={len(y)}\n" + (f"##LASTX={x[-1]}\n" if has_last else "")
    block = parse_blocks(head + "##XYDATA=(X++(Y..Y))\n" + "\n".join(lines) + "\n##END=\n")[0]
    found_x, found_y = read_block(block)
    np.testing.assert_allclose(found_x, x, atol=1e-9)
    np.testing.assert_array_equal(found_y, y)


@LAW
@given(curves())
def test_igor_waves_are_read_to_the_digit(curve: tuple) -> None:
    x, y, _ = curve
    rows = "\n".join(f"\t{a!r}\t{b!r}" for a, b in zip(x.tolist(), y.tolist(), strict=True))
    read = read_spectrum(f"IGOR\nWAVES/D\tenergy_eV\tcounts\nBEGIN\n{rows}\nEND\n".encode(), "a.itx")
    np.testing.assert_array_equal(read.spectrum.energies_ev, -x[::-1])
    np.testing.assert_array_equal(read.spectrum.density, y[::-1])


def vamas(
    y: np.ndarray, *, label: str = "kinetic energy", light: float = 21.22, start: float = 0.02, scan: str = "REGULAR"
) -> str:
    """A VAMAS file as the format has it: one block, one variable."""
    head = [
        "VAMAS Surface Chemical Analysis Standard Data Transfer Format 1988 May 4",
        "lab",
        "device",
        "me",
        "exp",
        "0",
        "NORM",
        scan,
    ]
    head += ["1", "0", "0", "0", "0", "0", "1"]
    block = [
        "VB",
        "sample",
        "2020",
        "1",
        "2",
        "3",
        "4",
        "5",
        "0",
        "0",
        "UPS",
        "He I",
        str(light),
        "100",
        "1",
        "1",
        "0",
        "0",
        "FAT",
    ]
    block += ["20", "1", "4.5", "0", "100", "100", "45", "0", "VB", "", "-1"]
    block += [label, "eV", str(start), "0.1", "1", "counts", "d", "pulse counting", "0.1", "1", "0", "0", "0", "0", "0"]
    numbers = [str(len(y)), str(y.min()), str(y.max()), *map(repr, y.tolist())]
    return "\n".join([*head, *block, *numbers, "end of experiment", ""])


@LAW
@given(curves())
def test_vamas_blocks_are_read_to_the_digit(curve: tuple) -> None:
    _, y, _ = curve
    read = read_spectrum(vamas(y).encode(), "a.vms")
    np.testing.assert_allclose(read.spectrum.energies_ev, 0.02 + 0.1 * np.arange(len(y)) - 21.22, atol=1e-9)
    np.testing.assert_array_equal(read.spectrum.density, y)
    assert (read.axis, read.reading.photon_energy_ev) == ("kinetic", 21.22)


@pytest.mark.parametrize(
    ("text", "match"),
    [
        (vamas(np.array([1.0, 2, 3]), scan="IRREGULAR"), "must hold regular scans with complete blocks"),
        (vamas(np.array([1.0, 2, 3]))[:-40], "does not follow its format"),
        (vamas(np.array([1.0, 2, 3]), light=1e37), "need the photon energy"),
    ],
)
def test_vamas_files_that_the_package_misreads_are_refused(text: str, match: str) -> None:
    with pytest.raises(InputError, match=match):
        read_spectrum(text.encode(), "a.vms")


def test_a_preview_shows_columns_rows_guess_and_what_is_open() -> None:
    data = (FIELD / "kinetic_and_binding.csv").read_bytes()
    shown = inspect_spectrum(data, "a.csv")
    assert [column.role for column in shown.columns] == ["energy", "energy", "intensity"]
    assert shown.rows.shape == (8, 3)
    assert (shown.proposed.energy_column, shown.proposed.axis, shown.question, shown.error) == (
        "Binding Energy (eV)", "binding", None, ""
    )  # fmt: skip
    asked = inspect_spectrum((FIELD / "he1_Ekin.txt").read_bytes(), "a.txt")
    assert asked.read is None
    assert asked.question is not None
    assert asked.question.option == "photon_energy_ev"
    settled = inspect_spectrum(
        (FIELD / "he1_Ekin.txt").read_bytes(), "a.txt", options=SpectrumOptions(photon_energy_ev=21.22)
    )
    assert settled.question is None
    assert settled.read is not None
    assert settled.proposed.axis == "kinetic"
    assert inspect_spectrum((FIELD / "omicron_regions.txt").read_bytes(), "a.txt").regions == (
        "region 1 (0 to 30)", "region 2 (280.1 to 300)"
    )  # fmt: skip
    assert "the file is empty" in inspect_spectrum(b"", "a.txt").error


def mutated(data: bytes, rng: random.Random) -> bytes:
    out = bytearray(data[: rng.randrange(1, 3_000)])
    for _ in range(rng.randrange(1, 8)):
        at = rng.randrange(len(out))
        match rng.randrange(4):
            case 0:
                out[at] = rng.randrange(256)
            case 1:
                out[at] = rng.choice(b" \n,;\t0123456789-+.#$[]()=eEDABSTU%\"'")
            case 2:
                del out[at : at + rng.randrange(1, 40)]
            case _:
                out[at:at] = out[at : at + rng.randrange(1, 40)] * rng.randrange(1, 4)
        out = out or bytearray(b"1")
    return bytes(out)


@pytest.mark.parametrize("seed", range(8))
def test_no_change_of_a_field_file_raises_anything_but_a_sentence(seed: int) -> None:
    rng = random.Random(seed)
    corpus = [path.read_bytes() for path in sorted(FIELD.iterdir())] + [vamas(np.array([1.0, 2, 3])).encode()]
    for data in corpus:
        for _ in range(3):
            changed = mutated(data, rng)
            with contextlib.suppress(InputError):
                assert np.isfinite(read_spectrum(changed, "x.txt").spectrum.energies_ev).all()


NONSENSE = {
    "letters": "q7x, ;-.\tz\n" * 1_800_000,
    "one line": "x" * 19_900_000,
    "numbers": "1\n" * 9_900_000,
    "cells": ("1.5," * 400 + "\n") * 6_000,
    "headings": "State Occupation Eigenvalue [Ha]\n" * 600_000,
    "an Igor wave": "IGOR\nWAVES/D x\nBEGIN\n" + "1.5\n" * 4_900_000,
}


@pytest.mark.parametrize("text", NONSENSE.values(), ids=NONSENSE.keys())
def test_twenty_megabytes_of_nonsense_are_refused(text: str) -> None:
    with pytest.raises(InputError):
        read_spectrum(text.encode(), "a.txt")


def test_nonsense_costs_no_more_than_some_plain_passes_over_it() -> None:
    """In a process of its own, where nothing counts lines; a ratio within one run."""
    ratios = dict(zip(NONSENSE, count_passes(__file__, read="read_spectrum", name="a.txt"), strict=True))
    assert {kind: r for kind, r in ratios.items() if r > MOST_PASSES} == {}
