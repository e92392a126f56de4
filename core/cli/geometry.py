"""geometry pairs, geometry train, geometry relax-dft."""

import json
from pathlib import Path
from typing import Annotated

import typer

from core.assets import BROAD_B3LYP, GEOMETRY_NETWORKS, QM9_CHEAPER, QM9_PBE
from core.cli.choices import GeometryMethod
from core.cli.common import exit_on_error, say
from core.files import check_writable

app = typer.Typer(no_args_is_help=True, help="The way from a cheaper geometry to the one that QM9's levels stand on.")
N_PAIRS = 60_000


@app.command()
def pairs(
    qm9: Annotated[Path, typer.Option(metavar="DIR", help="The CSV files of qm9pack.")],
    out: Annotated[Path, typer.Option(help="Parquet to write.")] = QM9_CHEAPER,
    molecules: Annotated[int, typer.Option(metavar="N", min=1, help="How many.")] = N_PAIRS,
    workers: Annotated[int | None, typer.Option(min=1, help="Molecules at a time; one a core when left out.")] = None,
    labels: Annotated[Path, typer.Option(help="Whose molecules come first.")] = QM9_PBE,
) -> None:
    """Relax QM9's geometries with GFN2-xTB and MMFF94: 1,000 molecules a minute and core."""
    from rdkit import RDLogger

    from core.campaigns.cheaper_geometries import relax_qm9
    from core.cli.bars import rate_bar
    from core.labels.label_set import load_labels, qm9_indices
    from core.writers.tables import table_to_parquet

    RDLogger.DisableLog("rdApp.*")  # type: ignore[attr-defined]
    with exit_on_error():
        check_writable(out)
        first = qm9_indices(load_labels(labels), geometry="dft")
        with rate_bar("molecules") as progress:
            table = relax_qm9(qm9, first=first, n_molecules=molecules, n_workers=workers, progress=progress)
        out.write_bytes(table_to_parquet(table))
    say(f"{len(table)} of {molecules} molecules, written to {out}")


@app.command()
def train(
    method: Annotated[GeometryMethod, typer.Argument(help="Whose geometries are moved.")],
    pairs: Annotated[Path, typer.Option(help="What `geometry pairs` wrote.")] = QM9_CHEAPER,
    labels: Annotated[Path, typer.Option(help="Reference levels at QM9's geometries.")] = QM9_PBE,
    out: Annotated[Path, typer.Option(help="Folder of the networks.")] = GEOMETRY_NETWORKS,
    work: Annotated[Path, typer.Option(help="Checkpoints: the same command goes on from them.")] = Path("work"),
    threads: Annotated[int, typer.Option(min=1, help="Of PyTorch.")] = 1,
) -> None:
    """Train a network that moves atoms from a cheaper method's geometry, measure it on test molecules, and write it."""
    from core.cli.bars import training_progress
    from core.models.geometry.train import train_geometry

    with exit_on_error(), training_progress() as report:
        card = train_geometry(
            str(method), pairs=pairs, labels=labels, out=out, work=work / "geometry", report=report, n_threads=threads
        )
    typer.echo(json.dumps(card["test"], indent=1))


@app.command()
def relax_dft(
    qm9: Annotated[Path, typer.Option(metavar="DIR", help="The CSV files of qm9pack: its molecules are passed over.")],
    out: Annotated[Path, typer.Option(help="Parquet to write; what it holds is passed over and kept.")] = BROAD_B3LYP,
    work: Annotated[Path, typer.Option(help="Records: the same command goes on in it.")] = Path("work/b3lyp"),
    molecules: Annotated[int | None, typer.Option(metavar="N", min=1, help="The first N of the order only.")] = None,
    workers: Annotated[int | None, typer.Option(min=1, help="Molecules at a time; one a core when left out.")] = None,
    hours: Annotated[float | None, typer.Option(min=0, help="No molecule is begun after that long.")] = None,
) -> None:
    """Relax broad test molecules that QM9 lacks with B3LYP, from GFN2-xTB's geometries, and label them: a minute each."""
    import pandas as pd

    from core.campaigns.b3lyp_geometries import b3lyp_jobs, label_at_b3lyp, with_gfn2
    from core.campaigns.run import LABELS_FILE, run_campaign
    from core.cli.bars import rate_bar
    from core.cli.label import check_engine
    from core.cli.output import stop_kindly
    from core.writers.tables import table_to_parquet

    with exit_on_error(), stop_kindly(work):
        check_engine()
        check_writable(out)
        jobs = b3lyp_jobs(qm9)
        with rate_bar("molecules") as progress:
            result = run_campaign(
                jobs[:molecules],
                work,
                workers=workers,
                hours=float("inf") if hours is None else hours,
                done=[out] if out.exists() else [],
                total=len(jobs[:molecules]),
                progress=progress,
                labeller=label_at_b3lyp,
            )
        table = with_gfn2(pd.read_parquet(work / LABELS_FILE), jobs)
        out.write_bytes(table_to_parquet(table))
    counts = result.counts
    say(f"{counts['ok']} relaxed and {counts['failed']} failed, {counts['before']} there before; {len(table)} in {out}")
    for reason, count in sorted(result.reasons.items(), key=lambda x: -x[1]):
        say(f"  {count} failed: {reason}")
