"""Build a candidate library: inputs out to worker processes, results down on disk one line at a time, then Parquet."""

import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import pandas as pd

from core.errors import InputError
from core.files import check_writable
from core.json_lines import Record, append_line, open_to_append, read_json_lines
from core.library.assemble import assemble_library, outcome_table
from core.library.candidate import Candidate, LibraryRecipe, make_candidates
from core.library.move import move_library
from core.library.sources import load_source
from core.library.store import save_library
from core.machine.pools import map_in_processes
from core.machine.progress import Progress, ShouldCancel, never_cancel, report_nothing
from core.structure.entry import Entry
from core.structure.kept import hash_entries


@dataclass(frozen=True)
class BuildResult:
    """What a build left behind.

    Attributes
    ----------
    library : DataFrame
        As `load_library` returns it; also at `out` when `complete`.
    outcomes : DataFrame
        One row per candidate tried: row, id, index, smiles, outcome, reason. No input is missing once `complete`.
    counts : dict
        Inputs, inputs done, and candidates by outcome.
    complete : bool
        False after a cancel: nothing was written to `out`; the same call goes on from there.
    """

    library: pd.DataFrame
    outcomes: pd.DataFrame
    counts: dict[str, int]
    complete: bool


def build_library(
    source: str | Sequence[Entry],
    out: Path | str,
    *,
    name: str | None = None,
    recipe: LibraryRecipe | None = None,
    workers: int | None = None,
    progress: Progress | None = None,
    should_cancel: ShouldCancel | None = None,
) -> BuildResult:
    """Make a library of relaxed, checked 3-D molecules and write it to `out`.

    Killed or cancelled, the same call resumes: finished inputs stand in `<out>.partial.jsonl`, a half-written last line
    is dropped. The result depends on neither the number of workers nor on where it was interrupted.

    Parameters
    ----------
    source : "c7h10o2" or entries
        The built-in recipe, or the rows of any structures file. 3-D inputs are kept as given.
    name : str or None
        First part of the ids of the built-in recipe; None = the source's own name.
    workers : int or None
        Processes; None = one a CPU core; 0 = this process.
    progress : callable(done, total)
        Called after every input, from this process.
    should_cancel : callable() -> bool
        Asked after every input.

    Raises
    ------
    InputError
        If there are no entries, none of them could be kept, `out` cannot be written, or `<out>.partial.jsonl` belongs to
        another build.
    """
    out, recipe = Path(out), recipe or LibraryRecipe()
    entries, prefix = load_source(source)
    prefix = prefix if name is None else name
    if not entries:
        raise InputError("a library needs at least one input, got none")
    check_writable(out)
    unfinished = unfinished_path(out)
    header = build_header(entries, recipe)
    done = read_partial(unfinished, header)
    todo = [entry for entry in shuffled(entries, recipe.seed) if entry.row not in done]
    report = progress or report_nothing
    cancelled = should_cancel or never_cancel
    report(len(done), len(entries))
    with open_partial(unfinished, header) as write:
        for row, candidates in run_all(todo, recipe, workers=workers, should_cancel=cancelled):
            write(row, candidates)
            done[row] = candidates
            report(len(done), len(entries))
    result = sum_up(entries, done, prefix=prefix)
    if result.complete:
        if not result.library.empty:
            notes = {"recipe": asdict(recipe), "counts": result.counts, "source": prefix or "own inputs"}
            save_library(result.library, out, notes=notes)
        unfinished.unlink()
        check_any_kept(result)
    return result


def sum_up(entries: Sequence[Entry], done: dict[int, list[Candidate]], *, prefix: str) -> BuildResult:
    """Return what the finished inputs, by row, make of a library."""
    library, candidates = assemble_library(entries, done, prefix=prefix)
    library = library if library.empty else move_library(library)
    outcomes = outcome_table(candidates)
    counts = {"inputs": len(entries), "inputs done": len(done)} | outcomes["outcome"].value_counts().to_dict()
    return BuildResult(library, outcomes, counts, complete=len(done) == len(entries))


def check_any_kept(result: BuildResult) -> None:
    """Raise InputError if a finished build kept no molecule."""
    if result.library.empty:
        reason = result.outcomes["reason"].iloc[0]
        raise InputError(f"no molecule could be kept of {result.counts['inputs']} inputs, the first because: {reason}")


def unfinished_path(out: Path) -> Path:
    """Return where an unfinished build of `out` keeps its results."""
    return out.with_name(out.name + ".partial.jsonl")


def shuffled(entries: Sequence[Entry], seed: int) -> list[Entry]:
    """Return the entries in a seeded random order, so that an unfinished library is a random sample."""
    order = list(entries)
    random.Random(seed).shuffle(order)
    return order


def build_header(entries: Sequence[Entry], recipe: LibraryRecipe) -> Record:
    """Return what makes two builds the same build: the recipe, and a hash of the inputs."""
    return {"recipe": asdict(recipe), "inputs": len(entries), "sha256": hash_entries(entries)}


def read_partial(path: Path, header: Record) -> dict[int, list[Candidate]]:
    """Return the finished inputs of an interrupted build by row.

    Raises
    ------
    InputError
        If the file belongs to another build.
    """
    if not path.exists():
        return {}
    records = [record for _, record in read_json_lines(path)]
    if records and records[0] != header:
        raise InputError(
            f"{path.name} must belong to this build, its inputs or recipe differ: delete it or rename the output"
        )
    return {record["row"]: [Candidate(**c) for c in record["candidates"]] for record in records[1:]}


@contextmanager
def open_partial(path: Path, header: Record) -> Iterator[Callable[[int, list[Candidate]], None]]:
    """Open the file of finished inputs for appending; yields a function that writes one of them."""
    with open_to_append(path) as file:
        if file.tell() == 0:
            append_line(file, header)

        def write(row: int, candidates: list[Candidate]) -> None:
            append_line(file, {"row": row, "candidates": [asdict(c) for c in candidates]})

        yield write


def run_all(
    entries: Sequence[Entry], recipe: LibraryRecipe, *, workers: int | None, should_cancel: ShouldCancel
) -> Iterator[tuple[int, list[Candidate]]]:
    """Yield (row, candidates) as inputs finish, in any order, until done or cancelled."""
    n_workers = 0 if len(entries) < 2 else workers
    make = partial(numbered_candidates, recipe=recipe)
    yield from map_in_processes(make, entries, n_workers=n_workers, should_cancel=should_cancel, ordered=False)


def numbered_candidates(entry: Entry, *, recipe: LibraryRecipe) -> tuple[int, list[Candidate]]:
    """Return an entry's row and what became of it."""
    return entry.row, make_candidates(entry, recipe)
