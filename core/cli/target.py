"""The target of `rank`: how its file is read, and what is said of it and of the candidates that get no rank."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from core.cli.choices import AxisKind, DecimalMark, ZeroKind
from core.cli.common import say
from core.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

    from core.readers.spectrum_options import SpectrumOptions
    from core.screening.options import RankOptions
    from core.spectrum.target import Target
    from core.spectrum.treatment import Treatment

EnergyColumn = Annotated[str | None, typer.Option(help="Of a spectrum file: name, or number from 1.")]
IntensityColumn = Annotated[str | None, typer.Option(help="Of a spectrum file: name, or number from 1.")]
Unit = Annotated[
    str | None, typer.Option(help="Of its energies: eV, Hartree, meV, keV, Rydberg, 1/cm, kJ/mol, kcal/mol.")
]
AxisOption = Annotated[AxisKind | None, typer.Option(help="Positive = bound, negative = bound, or kinetic energy.")]
PhotonEnergy = Annotated[float | None, typer.Option(help="Of the light, eV, for kinetic energies.")]
Region = Annotated[str | None, typer.Option(help="Of a file with several: name, or number from 1.")]
ReferenceOption = Annotated[ZeroKind | None, typer.Option(help="Where its energies have their zero.")]
Zero = Annotated[
    float | None, typer.Option(help="Orbital energy of that zero, eV: minus the work function, or the HOMO.")
]
Decimal = Annotated[DecimalMark | None, typer.Option(help="Its decimal mark.")]

FLAGS = {
    "energy_column": "--energy-column",
    "intensity_column": "--intensity-column",
    "unit": "--unit",
    "axis": "--axis",
    "photon_energy_ev": "--photon-energy",
    "region": "--region",
    "reference": "--reference",
    "zero_ev": "--zero",
    "decimal": "--decimal",
}
MAX_REASONS = 6


def load_target(
    name: str, table: "pd.DataFrame", *, band: bool, options: "SpectrumOptions", is_measured: bool | None = None
) -> "Target":
    """Return the target: a file of a spectrum or of levels, else the scan's row of that id or InChIKey.

    What the reader assumed is printed, one note a line. `is_measured` is what the user says of a curve; see
    `core.screening.targets.target_of_read`.

    Raises
    ------
    InputError
        If it is neither, or the file can be read in two ways; the sentence then names the option that settles it.
    """
    from core.readers.spectra import read_spectrum
    from core.readers.spectrum_options import AmbiguousError
    from core.readers.text import read_file
    from core.screening.targets import make_target, target_of_read
    from core.spectrum.levels import N_BAND

    path = Path(name)
    if not path.is_file():
        given = {flag: getattr(options, option) for option, flag in FLAGS.items()}
        given |= {"--kind": is_measured, "--band": band or None}
        say_unused(given, "the target is a row of the scan and no file")
        return make_target(table, name, band=band)
    try:
        read = read_spectrum(read_file(path), path.name, options=options)
    except AmbiguousError as error:
        values = f" {' | '.join(error.choices)}" if error.choices else ""
        raise InputError(f"{error} ({FLAGS[error.option]}{values})") from error
    n, what = (len(read.levels_ev), "level") if read.levels_ev is not None else (len(read.spectrum.density), "point")
    say(f"target: {n} {what}{'' if n == 1 else 's'}, {read.axis} energies in {read.x_unit}")
    for note in read.notes:
        say(f"  {note}")
    return target_of_read(read, label=path.stem, n_levels=N_BAND if band else None, is_measured=is_measured)


def say_unused(given: Mapping[str, object], reason: str) -> None:
    """Print which flags were given (a value that is not None) and do nothing, and why."""
    flags = [flag for flag, value in given.items() if value is not None]
    if flags:
        say(f"{', '.join(flags)}: without effect, {reason}")


def say_idle(
    target: "Target", compared: "RankOptions", *, max_shift: float | None, sigma: float | None, treatment: "Treatment"
) -> None:
    """Print which flags of a comparison, and of the treatment of a measured curve, do nothing, and why."""
    from core.spectrum.treatment import AS_IT_IS

    if not compared.max_shift_ev:
        say_unused({"--max-shift": max_shift}, "nothing is moved")
    if compared.metric == "levels":
        say_unused({"--sigma": sigma}, "levels are compared one by one")
    if not target.is_curve_as_measured:
        baseline = None if treatment.baseline == AS_IT_IS.baseline else treatment.baseline
        given = {"--baseline": baseline, "--smoothing": treatment.smoothing_ev or None}
        say_unused(given, "the target is no measured curve")


def say_unranked(ranking: "pd.DataFrame") -> None:
    """Print how many candidates of a full ranking got no rank, grouped by reason."""
    missing = ranking[ranking["rank"].isna()]
    if missing.empty:
        return
    reasons = missing["unranked_reason"].map(lambda text: re.sub(r"(the molecule has) \d+$", r"\1 fewer", text))
    counts = reasons.value_counts()
    listed = "; ".join(f"{count} {reason}" for reason, count in counts.head(MAX_REASONS).items())
    others = int(counts.iloc[MAX_REASONS:].sum())
    say(f"{len(missing)} of {len(ranking)} not ranked: {listed}" + (f"; {others} for other reasons" if others else ""))
