"""Label campaigns: jobs out to a crew of workers, each label down on disk at once, resumable after a kill at any moment.

The crew is of processes here (`core.campaigns.crew`) or of a Ray cluster's machines (`core.campaigns.ray_crew`).
"""

import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from core.campaigns.crew import Crew, CrewMaker, Labeller, LocalCrew
from core.campaigns.jobs import LabelJob
from core.campaigns.labellers import LABELLERS
from core.campaigns.records import PBE, check_theory, finished_ids, merge_records, open_records
from core.errors import InputError
from core.json_lines import Record, append_line
from core.machine.locks import load_locks, release, take_alone
from core.machine.progress import Progress, report_nothing
from core.machine.threads import one_thread_each

LABELS_FILE = "labels.parquet"


@dataclass
class CampaignResult:
    """What a campaign did in this call.

    Attributes
    ----------
    counts : dict
        "before" (already there), "ok", "failed" now; after the merge also "in file".
    reasons : dict
        How often each reason for a failure was given, now.
    seconds : float
        On the wall.
    """

    counts: dict[str, int] = field(default_factory=lambda: {"before": 0, "ok": 0, "failed": 0})
    reasons: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0

    def add(self, record: Record) -> None:
        """Count one answer."""
        reason = record.get("error")
        self.counts["failed" if reason else "ok"] += 1
        if reason:
            self.reasons[reason] = self.reasons.get(reason, 0) + 1


def run_campaign(  # noqa: PLR0913 - each option by keyword
    jobs: Iterable[LabelJob],
    out: Path,
    *,
    workers: int | None = 1,
    crew: CrewMaker = LocalCrew,
    hours: float = float("inf"),
    done: Sequence[Path] = (),
    refused: Sequence[tuple[str, str]] = (),
    total: int = 0,
    progress: Progress | None = None,
    theory: str = PBE,
    labeller: Labeller | None = None,
) -> CampaignResult:
    """Label what is not yet labelled, then merge everything into `out`/labels.parquet.

    Parameters
    ----------
    jobs : iterable of LabelJob
        Ids unique. Those already in `out` or in `done` are passed over.
    workers : int or None
        How many molecules at a time; None = one a core that the crew finds.
    crew : CrewMaker
        Who does the work.
    hours : float
        No job is begun after that long.
    done : paths of Parquet files
        Labels at hand; they come first in the merged file.
    refused : (id, reason) pairs
        Inputs that cannot even become jobs: recorded as failures.
    total : int
        How many jobs there are, for `progress`; 0 = unknown.
    progress : callable(done, total)
        Called from this process after every molecule.
    theory, labeller : str, callable or None
        Key of the level of theory; module-level function, LabelJob to record, None = the theory's own.

    Raises
    ------
    InputError
        If another campaign runs in `out`, its records cannot be read or are of another level of theory, or there are no locks.
    EigenscopeError
        If workers die one after another.
    """
    load_locks()
    out.mkdir(parents=True, exist_ok=True)
    result, start = CampaignResult(), time.monotonic()
    with sole_campaign(out):
        check_theory(out, theory)
        finished = finished_ids(out, done)
        record_refused(out, [x for x in refused if x[0] not in finished], result)
        pending = unfinished(jobs, finished, result)
        report = progress or report_nothing
        with one_thread_each(), dismissed(crew(out, labeller or LABELLERS[theory], workers)) as hands:
            for record in hands.work(pending, until=start + 3600 * hours):
                result.add(record)
                report(sum(result.counts.values()), total)
        result.counts["in file"] = merge_records(out, out / LABELS_FILE, done=done)["in file"]
    result.seconds = time.monotonic() - start
    return result


@contextmanager
def dismissed(crew: Crew) -> Iterator[Crew]:
    """Let a crew go at the end, whatever happens."""
    try:
        yield crew
    finally:
        crew.dismiss()


def record_refused(out: Path, refused: Sequence[tuple[str, str]], result: CampaignResult) -> None:
    """Record inputs that cannot become jobs, with the reason."""
    if not refused:
        return
    with open_records(out, "refused") as sink:
        for name, reason in refused:
            append_line(sink, {"id": name, "error": reason})
            result.add({"id": name, "error": reason})


def unfinished(jobs: Iterable[LabelJob], finished: set[str], result: CampaignResult) -> Iterator[LabelJob]:
    """Yield the jobs still to do, counting the others."""
    for job in jobs:
        if job.id in finished:
            result.counts["before"] += 1
        else:
            yield job


@contextmanager
def sole_campaign(out: Path) -> Iterator[None]:
    """Hold the folder; wait for workers that a killed campaign left behind to write their last molecule.

    Raises
    ------
    InputError
        If another campaign holds it.
    """
    with (out / "campaign.lock").open("w") as campaign, (out / "workers.lock").open("w") as left_behind:
        if not take_alone(campaign, wait=False):
            raise InputError(f"one campaign at a time in a folder, another one runs in {out}")
        take_alone(left_behind, wait=True)
        release(left_behind)
        yield
