"""label: reference levels of many molecules, resumable."""

from collections.abc import Iterator
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from core.assets import HOME_LIBRARY
from core.cli.choices import Engine, TheoryKey
from core.cli.common import ALL_ANSWERED, SOME_NOT_ANSWERED, exit_on_error, say
from core.cli.output import stop_kindly
from core.errors import InputError
from core.files import explain_unwritable

if TYPE_CHECKING:
    from core.campaigns.crew import CrewMaker
    from core.campaigns.jobs import LabelJob

FROM_QM9, FROM_LIBRARY = "qm9", "library"
N_REASONS = 10  # reasons for failures that are printed


def label(
    molecules: Annotated[
        str, typer.Option(metavar="FILE|qm9|library", help="Structures, QM9, or a random sample of a library.")
    ],
    out: Annotated[
        Path, typer.Option(help="Folder of the records and of labels.parquet; the same command goes on in it.")
    ],
    workers: Annotated[int | None, typer.Option(min=1, help="Molecules at a time; one a core when left out.")] = None,
    engine: Annotated[Engine, typer.Option(help="Processes of this machine, or a Ray cluster.")] = Engine.LOCAL,
    address: Annotated[
        str | None,
        typer.Option(metavar="auto|HOST:PORT", help="Of a running Ray cluster; one is started here when left out."),
    ] = None,
    level_of_theory: Annotated[
        TheoryKey, typer.Option(help="PBE/6-31+G(d) levels, or ionisation energies by G0W0@CAM-B3LYP/def2-TZVP.")
    ] = TheoryKey.PBE,
    hours: Annotated[float | None, typer.Option(min=0, help="No molecule is begun after that long.")] = None,
    qm9: Annotated[Path | None, typer.Option(metavar="DIR", help="The CSV files of qm9pack.")] = None,
    library: Annotated[Path, typer.Option(help="What `library` is sampled from.")] = HOME_LIBRARY,
    limit: Annotated[
        int | None, typer.Option(min=1, help="The first N molecules of the order only; 2,000 of a library.")
    ] = None,
    done: Annotated[list[Path] | None, typer.Option(help="Labels at hand (Parquet): passed over, and merged.")] = None,
) -> None:
    """Compute reference levels of many molecules; killed at any moment, the same command goes on."""
    from core.campaigns.run import LABELS_FILE, run_campaign
    from core.cli.bars import rate_bar

    with exit_on_error(), stop_kindly(out):
        check_engine()
        crew = choose_crew(engine, address)
        jobs, refused, total = choose_jobs(molecules, qm9=qm9, library=library, limit=limit)
        with rate_bar("molecules") as progress, explain_unwritable(out):
            result = run_campaign(
                jobs,
                out,
                workers=workers,
                crew=crew,
                hours=float("inf") if hours is None else hours,
                done=done or (),
                refused=refused,
                total=total,
                progress=progress,
                theory=level_of_theory,
            )
    counts = result.counts
    say(
        f"{counts['ok']} labelled and {counts['failed']} failed in {result.seconds / 60:.1f} minutes, "
        f"{counts['before']} there before; {counts['in file']} molecules in {out / LABELS_FILE}"
    )
    for reason, count in sorted(result.reasons.items(), key=lambda x: -x[1])[:N_REASONS]:
        say(f"  {count} failed: {reason}")
    raise typer.Exit(SOME_NOT_ANSWERED if counts["failed"] else ALL_ANSWERED)


def check_engine() -> None:
    """Raise InputError where PySCF is not there: without it every worker would die."""
    try:
        import core.reference.dft  # noqa: F401
    except ImportError as error:
        raise InputError(f"labels need PySCF, which cannot be loaded: {error}") from error


def choose_crew(engine: Engine, address: str | None) -> "CrewMaker":
    """Return who does the work.

    Raises
    ------
    InputError
        If Ray is wanted and not installed, or an address is given without it.
    """
    from core.campaigns.crew import LocalCrew
    from core.campaigns.ray_crew import RayCrew, import_ray

    if engine == Engine.LOCAL:
        if address is not None:
            raise InputError(f"--address is of a Ray cluster and needs --engine ray, got {address}")
        return LocalCrew
    import_ray()
    return partial(RayCrew, address=address)


def choose_jobs(
    molecules: str, *, qm9: Path | None, library: Path, limit: int | None
) -> tuple[Iterator["LabelJob"], list[tuple[str, str]], int]:
    """Return the jobs, the (id, reason) of inputs that cannot be jobs, and how many jobs there are (0 = unknown).

    Raises
    ------
    InputError
        If the molecules cannot be read, or QM9 is wanted and its folder is not given.
    """
    from core.campaigns.jobs import N_LIBRARY, library_jobs, own_jobs, qm9_jobs
    from core.readers.structures import read_structures
    from core.readers.text import read_file
    from core.structure.domain import ENGINE_DOMAIN
    from core.structure.entry import OK, name_row

    if molecules == FROM_QM9:
        if qm9 is None:
            raise InputError("labelling QM9 needs --qm9 DIR, the folder with the CSV files of qm9pack")
        return islice(qm9_jobs(qm9), limit), [], limit or 0
    if molecules == FROM_LIBRARY:
        sample = library_jobs(library, n_molecules=limit or N_LIBRARY)
        return iter(sample), [], len(sample)
    entries = read_structures(read_file(Path(molecules)), Path(molecules).name)[:limit]
    entries = [entry.within(ENGINE_DOMAIN) for entry in entries]  # it knows more elements than the models do
    chosen = [e for e in entries if e.status == OK]
    refused = [(name_row(e.row, e.id), e.reason) for e in entries if e.status != OK]
    jobs = own_jobs((e.id, e.molecule.smiles if e.molecule else "", e.geometry, e.properties) for e in chosen)
    return jobs, refused, len(chosen)
