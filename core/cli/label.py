"""label: reference levels of many molecules, resumable."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, ProgressColumn, Task, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar
from rich.text import Text

from core.assets import HOME_LIBRARY
from core.campaigns.crew import CrewMaker, LocalCrew
from core.campaigns.jobs import N_LIBRARY, LabelJob, library_jobs, own_jobs, qm9_jobs
from core.campaigns.ray_crew import RayCrew, import_ray
from core.campaigns.run import LABELS, run_campaign
from core.cli.common import ALL_ANSWERED, SOME_NOT_ANSWERED, exit_on_error, messages, read_file, say
from core.errors import InputError
from core.machine.progress import Progress
from core.readers.structures import read_structures
from core.structure.domain import ENGINE
from core.structure.entry import OK

QM9, LIBRARY = "qm9", "library"
REPORT_S = 60.0  # between lines of progress where stderr is no terminal
N_REASONS = 10  # reasons for failures that are printed


class Engine(StrEnum):
    """Where molecules are labelled."""

    LOCAL = "local"
    RAY = "ray"


def label(
    molecules: Annotated[
        str, typer.Option(metavar="FILE|qm9|library", help="Structures, QM9, or a random sample of a library.")
    ],
    out: Annotated[Path, typer.Option(help=f"Folder of the records and {LABELS}; the same command goes on in it.")],
    workers: Annotated[int | None, typer.Option(min=1, help="Molecules at a time; one a core when left out.")] = None,
    engine: Annotated[Engine, typer.Option(help="Processes of this machine, or a Ray cluster.")] = Engine.LOCAL,
    address: Annotated[
        str | None,
        typer.Option(metavar="auto|HOST:PORT", help="Of a running Ray cluster; one is started here when left out."),
    ] = None,
    hours: Annotated[float | None, typer.Option(min=0, help="No molecule is begun after that long.")] = None,
    qm9: Annotated[Path | None, typer.Option(metavar="DIR", help="The CSV files of qm9pack.")] = None,
    library: Annotated[Path, typer.Option(help="What `library` is sampled from.")] = HOME_LIBRARY,
    limit: Annotated[
        int | None, typer.Option(min=1, help=f"The first N molecules of the order only; {N_LIBRARY} of a library.")
    ] = None,
    done: Annotated[list[Path] | None, typer.Option(help="Labels at hand (Parquet): passed over, and merged.")] = None,
) -> None:
    """Compute reference levels (PBE/6-31+G(d)) of many molecules; killed at any moment, the same command goes on."""
    with exit_on_error():
        check_engine()
        crew = choose_crew(engine, address)
        jobs, refused, total = choose_jobs(molecules, qm9=qm9, library=library, limit=limit)
        with rate_bar("molecules") as progress:
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
            )
    counts = result.counts
    say(
        f"{counts['ok']} labelled and {counts['failed']} failed in {result.seconds / 60:.1f} minutes, "
        f"{counts['before']} there before; {counts['in file']} molecules in {out / LABELS}"
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


def choose_crew(engine: Engine, address: str | None) -> CrewMaker:
    """Return who does the work.

    Raises
    ------
    InputError
        If Ray is wanted and not installed, or an address is given without it.
    """
    if engine == Engine.LOCAL:
        if address is not None:
            raise InputError(f"--address is of a Ray cluster and needs --engine ray, got {address}")
        return LocalCrew
    import_ray()
    return partial(RayCrew, address=address)


def choose_jobs(
    molecules: str, *, qm9: Path | None, library: Path, limit: int | None
) -> tuple[Iterator[LabelJob], list[tuple[str, str]], int]:
    """Return the jobs, the (id, reason) of inputs that cannot be jobs, and how many jobs there are (0 = unknown).

    Raises
    ------
    InputError
        If the molecules cannot be read, or QM9 is wanted and its folder is not given.
    """
    if molecules == QM9:
        if qm9 is None:
            raise InputError("labelling QM9 needs --qm9 DIR, the folder with the CSV files of qm9pack")
        return islice(qm9_jobs(qm9), limit), [], limit or 0
    if molecules == LIBRARY:
        sample = library_jobs(library, n_molecules=limit or N_LIBRARY)
        return iter(sample), [], len(sample)
    entries = read_structures(read_file(Path(molecules)), Path(molecules).name)[:limit]
    entries = [entry.within(ENGINE) for entry in entries]  # it knows more elements than the models do
    chosen = [e for e in entries if e.status == OK]
    refused = [(f"row {e.row}: {e.id}", e.reason) for e in entries if e.status != OK]
    jobs = own_jobs((e.id, e.molecule.smiles if e.molecule else "", e.geometry, e.properties) for e in chosen)
    return jobs, refused, len(chosen)


class RateColumn(ProgressColumn):
    """Molecules a minute."""

    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        return Text(f"{60 * speed:.0f} a minute" if speed else "")


@contextmanager
def rate_bar(what: str) -> Iterator[Progress]:
    """Yield a callback (done, total; 0 = unknown) that shows progress and rate on stderr: a bar, or a line a minute."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), RateColumn(), TimeElapsedColumn())
    with Bar(*columns, console=messages, transient=not messages.is_terminal, speed_estimate_period=120) as bar:
        task = bar.add_task(what, total=None)
        begun = last = time.monotonic()
        first: int | None = None

        def report(done: int, total: int) -> None:
            nonlocal last, first
            now = time.monotonic()
            first = done - 1 if first is None else first
            bar.update(task, completed=done, total=total or None)
            if not messages.is_terminal and now - last >= REPORT_S:
                last = now
                of = f" of {total}" if total else ""
                say(f"{what}: {done}{of}, {60 * (done - first) / (now - begun):.0f} a minute")

        yield report
