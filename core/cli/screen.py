"""predict, scan, rank."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from core.cli import target as target_options
from core.cli.choices import ConformerChoice, Format, GeometryChoice, MetricKey, TargetKind
from core.cli.common import exit_on_error, finish, say
from core.cli.output import check_output, partial_path, read_input, stop_kindly, write_table
from core.errors import InputError

if TYPE_CHECKING:
    import pandas as pd


Out = Annotated[
    Path, typer.Option("--out", help="Result: .parquet, .csv, .json or .sdf; - is standard output, as CSV.")
]
Model = Annotated[
    str | None,
    typer.Option(
        "--model", help="Key of a shipped model, or a model's folder; the tight-binding network when left out."
    ),
]
As = Annotated[Format | None, typer.Option("--format", help="Instead of the one that the name of --out says.")]
SmilesColumn = Annotated[
    str | None, typer.Option(help="Column of a table that holds the SMILES; found by itself when left out.")
]
IdColumn = Annotated[
    str | None, typer.Option(help="Column of a table that holds the identifiers; found by itself when left out.")
]
StripSalts = Annotated[bool, typer.Option("--strip-salts", help="Take off counter-ions and solvents.")]
WhichConformers = Annotated[
    ConformerChoice,
    typer.Option(help="2-D input: average over conformers, sought more thoroughly, where that is quick, or make one."),
]
Temperature = Annotated[float, typer.Option(min=50, max=600, help="Of the average over conformers, K.")]
Isomers = Annotated[
    bool, typer.Option("--stereoisomers", help="Take molecules apart into the stereoisomers that they leave open.")
]
WayIntoSpace = Annotated[GeometryChoice, typer.Option(help="How 2-D input gets its 3-D geometry.")]


def predict(
    source: Annotated[
        Path, typer.Argument(metavar="INPUT", help="SMILES, CSV, SDF, MOL, XYZ, InChI, ... file; - is standard input.")
    ],
    out: Out,
    model: Model = None,
    geometry: WayIntoSpace = GeometryChoice.XTB,
    conformers: WhichConformers = ConformerChoice.AUTO,
    temperature: Temperature = 298.15,
    smiles_column: SmilesColumn = None,
    id_column: IdColumn = None,
    strip_salts: StripSalts = False,
    stereoisomers: Isomers = False,
    fmt: As = None,
) -> None:
    """Predict levels of the molecules in a file: one row per input, in order; stopped, the same command goes on."""
    from core.cli.bars import progress_bar
    from core.models.registry import DEFAULT, load_model
    from core.predict import predict_entries
    from core.readers.structures import read_structures
    from core.structure.isomers import expand_isomers
    from core.structure.overview import overview_of
    from core.structure.place import ConformerOptions

    kept, options = partial_path(out), ConformerOptions(str(conformers), temperature)
    with exit_on_error(), stop_kindly(kept):
        check_output(out, fmt)
        data, name = read_input(source)
        entries = read_structures(data, name, smiles_column=smiles_column, id_column=id_column, strip_salts=strip_salts)
        entries = expand_isomers(entries) if stereoisomers else entries
        say(overview_of(entries).sentence())
        learner = load_model(model or DEFAULT)
        with progress_bar("geometries") as progress:
            table = predict_entries(
                entries, learner, geometry=str(geometry), conformers=options, progress=progress, kept=kept
            )
        write_table(table, out, fmt)
        if kept is not None:
            kept.unlink(missing_ok=True)
    finish(table, out)


def scan(
    library: Annotated[
        Path, typer.Argument(metavar="LIBRARY", help="Parquet that `library build` made, or a file as `predict` takes.")
    ],
    out: Out,
    model: Model = None,
    geometry: WayIntoSpace = GeometryChoice.XTB,
    conformers: WhichConformers = ConformerChoice.AUTO,
    temperature: Temperature = 298.15,
    smiles_column: SmilesColumn = None,
    id_column: IdColumn = None,
    strip_salts: StripSalts = False,
    fmt: As = None,
) -> None:
    """Predict levels of a whole library: one row per molecule, in order, with the library's columns or RDKit's descriptors.

    A library is predicted at its own geometries; other files as `predict` does, resumable.
    """
    from core.cli.bars import progress_bar
    from core.library.store import is_library, load_library
    from core.models.registry import DEFAULT, load_model
    from core.readers.structures import read_structures
    from core.screening.scan import scan_entries, scan_library
    from core.structure.overview import overview_of
    from core.structure.place import ConformerOptions

    options = ConformerOptions(str(conformers), temperature)
    as_library = is_library(library) and not (smiles_column or id_column or strip_salts)
    kept = None if as_library else partial_path(out)
    with exit_on_error(), stop_kindly(kept):
        check_output(out, fmt)
        if as_library:
            with progress_bar("molecules") as progress:
                table = scan_library(
                    load_library(library), load_model(model or DEFAULT), temperature_k=temperature, progress=progress
                )
        else:
            data, name = read_input(library)
            entries = read_structures(
                data, name, smiles_column=smiles_column, id_column=id_column, strip_salts=strip_salts
            )
            say(overview_of(entries).sentence())
            learner = load_model(model or DEFAULT)
            with progress_bar("geometries") as progress:
                table = scan_entries(
                    entries, learner, geometry=str(geometry), conformers=options, progress=progress, kept=kept
                )
        write_table(table, out, fmt)
        if kept is not None:
            kept.unlink(missing_ok=True)
    finish(table, out)


Scanned = Annotated[Path, typer.Argument(metavar="SCAN", help="Parquet that `scan` or `predict` wrote.")]
TargetName = Annotated[str, typer.Option(metavar="FILE_OR_ID", help="Spectrum or level file, or an id of the scan.")]
CurveKind = Annotated[TargetKind | None, typer.Option(help="Of what a file holds; measured when of binding energies.")]
Window = Annotated[
    tuple[float, float] | None, typer.Option(metavar="LO HI", help="Energy window, eV; positive = binding.")
]
Shift = Annotated[bool | None, typer.Option("--shift/--no-shift", help="Fit a rigid shift of each candidate.")]
MaxShift = Annotated[
    float | None, typer.Option(min=0.1, max=10.0, help="Largest shift to fit, eV; 6, of a measured target 0.3.")
]
Sigma = Annotated[float | None, typer.Option(min=0.1, help="Gaussian broadening, eV.")]
Intensities = Annotated[
    str | None,
    typer.Option(
        metavar="he1|he2|alka|he1-per-electron|alike|hvEV",
        help="How much each level counts: by cross-sections at a photon energy, hv60 being 60 eV, or alike.",
    ),
]
ConformersRanked = Annotated[
    str | None,
    typer.Option(
        metavar="best|average", help="What stands for a candidate of several conformers; the best fitting one."
    ),
]
BaselineKind = Annotated[
    str,
    typer.Option("--baseline", metavar="constant|smooth|none", help="What is taken off a measured curve."),
]
Smoothing = Annotated[float, typer.Option(min=0, help="Of a measured curve, by a Gaussian, eV.")]
Fold = Annotated[bool, typer.Option("--fold", help="One row a constitution, its best stereoisomer.")]
Band = Annotated[bool, typer.Option("--band", help="A spectrum file shows the 16 highest levels only.")]


def rank(
    scanned: Scanned,
    target: TargetName,
    out: Out,
    kind: CurveKind = None,
    metric: Annotated[MetricKey | None, typer.Option(help="How spectra are compared.")] = None,
    window: Window = None,
    shift: Shift = None,
    max_shift: MaxShift = None,
    sigma: Sigma = None,
    intensities: Intensities = None,
    conformers: ConformersRanked = None,
    baseline: BaselineKind = "constant",
    smoothing: Smoothing = 0.0,
    fold: Fold = False,
    band: Band = False,
    top: Annotated[int, typer.Option(min=1, help="How many to keep.")] = 50,
    energy_column: target_options.EnergyColumn = None,
    intensity_column: target_options.IntensityColumn = None,
    unit: target_options.Unit = None,
    axis: target_options.AxisOption = None,
    photon_energy: target_options.PhotonEnergy = None,
    region: target_options.Region = None,
    reference: target_options.ReferenceOption = None,
    zero: target_options.Zero = None,
    decimal: target_options.Decimal = None,
    fmt: As = None,
) -> None:
    """Rank a scan's molecules by likeness to a target spectrum; what is left out is as suits the target."""
    from core.cli.bars import progress_bar
    from core.readers.spectrum_options import SpectrumOptions
    from core.screening.chosen import holds_ionisation_energies, rank_as_chosen
    from core.screening.options import PROPOSED, choose_options
    from core.spectrum.treatment import Treatment, treat_target
    from core.structure.entry import OK

    options = SpectrumOptions(
        energy_column=energy_column, intensity_column=intensity_column, unit=unit, axis=axis.value if axis else None,
        photon_energy_ev=photon_energy, region=region, reference=reference.value if reference else None, zero_ev=zero,
        decimal=decimal.value if decimal else None,
    )  # fmt: skip
    with exit_on_error():
        check_output(out, fmt)
        table = load_scan(scanned)
        is_measured = None if kind is None else kind == TargetKind.MEASURED
        found = target_options.load_target(target, table, band=band, options=options, is_measured=is_measured)
        chosen = treat_target(found, Treatment(baseline, smoothing))
        compared = choose_options(
            chosen, metric=metric.value if metric else None, window_ev=PROPOSED if window is None else window, shift=shift,
            max_shift_ev=max_shift, sigma_ev=sigma, intensities=intensities, conformers=conformers,
            is_folded=fold, of_ionisation=holds_ionisation_energies(table),
        )  # fmt: skip
        with progress_bar("molecules") as progress:
            ranking = rank_as_chosen(table, chosen, compared, top=None, progress=progress)
        write_table(best := ranking.head(min(top, ranking.attrs["n_ranked"])), out, fmt)
    target_options.say_idle(found, compared, max_shift=max_shift, sigma=sigma, treatment=Treatment(baseline, smoothing))
    say("\n  ".join([f"compared: {ranking.attrs['compared']}", *ranking.attrs["notes"]]))
    target_options.say_unranked(ranking)
    say(f"{len(best)} of {len(table)} candidates for {chosen.label} ({chosen.origin}), written to {out}")
    raise typer.Exit(1 if (table["status"] != OK).any() else 0)


def load_scan(path: Path) -> "pd.DataFrame":
    """Return a scan's table.

    Raises
    ------
    InputError
        If it is no Parquet file or has not the columns of a prediction table.
    """
    import pandas as pd

    try:
        table = pd.read_parquet(path)
    except (OSError, ValueError) as error:
        raise InputError(f"scan must be a readable Parquet file: {path}: {error}") from error
    missing = [c for c in ("id", "status", "levels_ev", "expected_rmse_ev") if c not in table]
    if missing:
        raise InputError(f"scan must be a table that eigenscope scan wrote; {path} lacks {', '.join(missing)}")
    if table["levels_ev"].map(lambda cell: isinstance(cell, str)).any():
        raise InputError(
            f"the levels of a scan must be lists of numbers, {path} has text: rank the Parquet file as written"
        )
    return table
