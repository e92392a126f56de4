"""import, pretraining: labels that are not made by `label`, as Parquet in our own columns."""

from pathlib import Path
from typing import Annotated

import typer

from core.cli.common import ALL_ANSWERED, SOME_NOT_ANSWERED, exit_on_error, say
from core.files import check_writable, write_text

N_PRINTED = 10  # rows left out that are printed
N_PRETRAINING = 30_000


def import_labels(
    source: Annotated[
        Path,
        typer.Argument(metavar="SOURCE", help="QM9, OE62, the archive of Ghosh et al., or a table: file or folder."),
    ],
    out: Annotated[Path, typer.Option(help="Parquet to write, for --labels of the other commands.")],
    theory: Annotated[
        str | None, typer.Option(help="Level of theory of OE62; pbe if left out, a wrong name lists them.")
    ] = None,
    unit: Annotated[
        str | None, typer.Option(metavar="eV|Hartree", help="Of a table's levels, if its columns do not say.")
    ] = None,
    test_fraction: Annotated[
        float | None,
        typer.Option(help="Of the molecules, where the source has no split and one is drawn; a tenth if left out."),
    ] = None,
) -> None:
    """Read labels that are there already; rows that cannot be used are listed in OUT with the ending .left_out.csv."""
    from core.cli.bars import progress_bar
    from core.labels.label_set import load_labels, save_labels
    from core.labels.splits import TEST_FRACTION

    fraction = TEST_FRACTION if test_fraction is None else test_fraction
    listed = out.with_suffix(".left_out.csv")
    with exit_on_error():
        check_writable(out)
        with progress_bar("rows") as progress:
            labels = load_labels(source, theory=theory, unit=unit, test_fraction=fraction, progress=progress)
        save_labels(labels, out)
        if len(labels.left_out):
            write_text(listed, labels.left_out.to_csv(index=False))
    for name, text in labels.describe()["provenance"].items():
        say(f"{name.replace('_', ' ')}: {text}")
    for note in labels.notes:
        say(note)
    say(f"{len(labels)} rows, written to {out}")
    if not len(labels.left_out):
        raise typer.Exit(ALL_ANSWERED)
    say(f"{len(labels.left_out)} rows cannot be used, see {listed}")
    for row in labels.left_out.head(N_PRINTED).itertuples():
        say(f"  {row.id}: {row.reason}")
    raise typer.Exit(SOME_NOT_ANSWERED)


def pretraining(
    out: Annotated[Path, typer.Option(help="Parquet to write.")],
    qm9: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="The CSV files of qm9pack; the broad set's molecules when left out."),
    ] = None,
    molecules: Annotated[int, typer.Option(metavar="N", min=1, help="How many.")] = N_PRETRAINING,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Molecules of the broad set at a time; one a core when left out.")
    ] = None,
) -> None:
    """Compute GFN2-xTB levels of random molecules, what the tight-binding network learns from first: 2,000 a minute."""
    from rdkit import RDLogger

    from core.campaigns.pretraining import label_broad_xtb, label_qm9_xtb
    from core.cli.bars import rate_bar
    from core.labels.label_set import LabelSet, save_labels
    from core.labels.rows import Provenance
    from core.theory import XTB_THEORY

    RDLogger.DisableLog("rdApp.*")  # type: ignore[attr-defined]
    what = "molecules of the broad set" if qm9 is None else "random QM9 molecules"
    doi = "10.1021/acs.jctc.8b01176"
    xtb = Provenance(f"{what}, levels by {XTB_THEORY}", str(XTB_THEORY), doi=doi, licence="CC0")

    with exit_on_error():
        check_writable(out)
        with rate_bar("molecules") as progress:
            if qm9 is None:
                labels = label_broad_xtb(molecules, n_workers=workers, progress=progress)
            else:
                labels = label_qm9_xtb(qm9, n_molecules=molecules, progress=progress)
        save_labels(LabelSet(labels, xtb), out)
    say(f"{len(labels)} of {molecules} molecules, written to {out}")
