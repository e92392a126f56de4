"""The queue of references: real engine, real processes, small molecules."""

import subprocess
import sys
from collections.abc import Iterator

import numpy as np
import pytest

from core.errors import DomainError, EigenscopeError, GeometryError
from core.reference import cost, queue
from core.reference.dft import reference_levels
from core.reference.queue import Calculation, QueueFullError, ReferenceQueue, calculation_key
from core.reference.result import MAX_CYCLES
from core.reference.worker import WorkerProcess
from core.structure.embed import embed_geometry
from core.structure.geometry import Geometry
from core.structure.molecule import parse_smiles

HYDROGEN = Geometry([1, 1], [[0, 0, 0], [0, 0, 0.74]])
WATER = Geometry([8, 1, 1], [[0, 0, 0.119], [0, 0.763, -0.477], [0, -0.763, -0.477]])
PATIENCE_S = 120.0


@pytest.fixture(scope="module")
def shared() -> Iterator[ReferenceQueue]:
    """One queue, one process, for the tests that leave it as it was."""
    running = ReferenceQueue(n_workers=1)
    yield running
    running.close()


@pytest.fixture
def short() -> Iterator[ReferenceQueue]:
    running = ReferenceQueue(n_workers=1, max_waiting=2, max_kept=1)
    yield running
    running.close()


@pytest.fixture(scope="module")
def large() -> Geometry:
    """C7H10O2: some two seconds, long enough to be caught at work."""
    return embed_geometry(parse_smiles("O=CC1CCCCC1=O"))


def moved(geometry: Geometry, step: float) -> Geometry:
    positions = geometry.positions.copy()
    positions[0, 0] += step
    return Geometry(geometry.numbers, positions)


def finish(running: ReferenceQueue, calculation: Calculation) -> Calculation:
    assert running.wait(calculation, timeout_s=PATIENCE_S)
    return calculation


def process_of(running: ReferenceQueue, calculation: Calculation) -> subprocess.Popen:
    return running._processes[calculation].process


def test_answers_what_the_engine_answers_and_tells_the_cycles(shared) -> None:
    calculation = finish(shared, shared.submit(WATER))
    assert calculation.state == queue.DONE
    expected = reference_levels(WATER)
    np.testing.assert_allclose(calculation.reference.levels_ev, expected.levels_ev, atol=1e-6)
    np.testing.assert_allclose(calculation.reference.population, expected.population, atol=1e-6)
    assert (calculation.cycle, calculation.max_cycles) == (expected.n_cycles, MAX_CYCLES)
    assert calculation.elapsed_s >= calculation.reference.seconds
    timed = shared._timed[-1]
    assert timed == (calculation.reference.seconds, cost.estimate_seconds(calculation.n_functions))


def test_the_same_geometry_is_computed_once(shared) -> None:
    first = shared.submit(moved(HYDROGEN, 0.01))
    under_way = shared.submit(moved(HYDROGEN, 0.01 + 1e-6))
    assert under_way is first
    assert finish(shared, first).state == queue.DONE
    assert shared.submit(moved(HYDROGEN, 0.01 - 1e-6)) is first
    assert shared.submit(moved(HYDROGEN, 0.011)) is not first


def test_keys_tell_atoms_and_places_apart() -> None:
    assert calculation_key(WATER) == calculation_key(Geometry(WATER.numbers, WATER.positions + 4e-6))
    assert calculation_key(HYDROGEN) == calculation_key(Geometry([1, 1], [[-0.0, -1e-9, 0], [0, 0, 0.74]]))
    others = [moved(WATER, 2e-4), Geometry([16, 1, 1], WATER.positions), HYDROGEN]
    assert len({calculation_key(g) for g in [WATER, *others]}) == 4


def test_a_running_calculation_is_stopped_at_once_and_the_queue_goes_on(shared, large) -> None:
    calculation = shared.submit(large)
    assert shared.wait(calculation, cycle=2, timeout_s=PATIENCE_S)
    assert (calculation.state, calculation.reference) == (queue.RUNNING, None)
    process = process_of(shared, calculation)
    following = shared.submit(moved(HYDROGEN, 0.02))
    assert following.state == queue.QUEUED
    shared.cancel(calculation)
    assert calculation.state == queue.CANCELLED
    assert process.wait(2) < 0
    assert finish(shared, following).state == queue.DONE
    assert calculation.reference is None
    again = shared.submit(large)
    assert again is not calculation
    shared.cancel(again)
    assert again.state == queue.CANCELLED


def test_goes_on_while_anyone_wants_it(shared) -> None:
    first = shared.submit(moved(HYDROGEN, 0.03))
    shared.submit(moved(HYDROGEN, 0.03))
    shared.cancel(first)
    assert finish(shared, first).state == queue.DONE
    shared.cancel(first)
    assert first.state == queue.DONE


def test_more_than_the_bound_is_refused_until_there_is_room(short, large) -> None:
    running = short.submit(large)
    assert short.wait(running, cycle=1, timeout_s=PATIENCE_S)
    waiting = [short.submit(moved(HYDROGEN, step)) for step in (0.01, 0.02)]
    with pytest.raises(QueueFullError, match="at most 2 molecules wait for DFT at a time, 2 do: H2O was not added"):
        short.submit(WATER)
    short.cancel(waiting[0])
    assert waiting[0].state == queue.CANCELLED
    water = short.submit(WATER)
    short.cancel(running)
    assert [finish(short, c).state for c in (waiting[1], water)] == [queue.DONE, queue.DONE]
    assert short.submit(WATER) is water
    assert short.submit(moved(HYDROGEN, 0.02)) is not waiting[1]  # one result is kept here, the last


def test_a_worker_that_dies_costs_its_molecule_only(short, large) -> None:
    calculation = short.submit(large)
    assert short.wait(calculation, cycle=1, timeout_s=PATIENCE_S)
    following = short.submit(WATER)
    process_of(short, calculation).kill()
    assert finish(short, calculation).state == queue.FAILED
    assert calculation.reason == "its worker process was killed (signal 9), perhaps for want of memory"
    assert short.wait(following, cycle=1, timeout_s=PATIENCE_S)
    process = process_of(short, following)
    assert finish(short, following).state == queue.DONE
    process.kill()  # idle now: the next molecule gets a new one
    process.wait()
    assert finish(short, short.submit(HYDROGEN)).state == queue.DONE


def test_a_closed_queue_stops_everything_and_takes_nothing(large) -> None:
    closing = ReferenceQueue(n_workers=1)
    calculations = [closing.submit(large), closing.submit(WATER)]
    closing.close()
    assert [c.state for c in calculations] == [queue.CANCELLED, queue.CANCELLED]
    with pytest.raises(QueueFullError):
        closing.submit(WATER)


REFUSED = [
    (
        Geometry([6] * 60, np.arange(180).reshape(60, 3)),
        DomainError,
        r"at most 900 .*C60 has 1080 .*about \d+ (s|min) and 18 GB",
    ),
    (Geometry([34, 1, 1], [[0, 0, 0], [0, 0, 1.46], [0, 1.46, 0]]), DomainError, "found Se"),
    (Geometry([8, 1], [[0, 0, 0], [0, 0, 1.0]]), DomainError, "odd number of electrons"),
    (Geometry([1, 1], [[0, 0, 0], [0, 0, np.nan]]), GeometryError, "atom 2 has"),
    (Geometry([1, 1], [[0, 0, 0], [0, 0, 0.1]]), GeometryError, r"atoms 1 and 2 are 0\.100"),
]


@pytest.mark.parametrize(("geometry", "error", "message"), REFUSED)
def test_what_the_engine_does_not_take_is_refused_before_it_waits(shared, geometry, error, message) -> None:
    with pytest.raises(error, match=message):
        shared.submit(geometry)


def test_a_slow_machine_says_so_in_the_estimate() -> None:
    with pytest.raises(DomainError, match="about 15 min"):
        cost.check_calculable(REFUSED[0][0], slowness=10.0)


def test_time_grows_with_size() -> None:
    seconds = [cost.estimate_seconds(n) for n in (22, 120, 182, 306, 538)]
    measured = [0.04, 0.43, 1.22, 4.08, 18.8]  # processor seconds: H2O, benzene, C7H10O2, ibuprofen, C25H44
    np.testing.assert_allclose(seconds, measured, rtol=0.35)


def test_the_engines_reason_comes_up_and_the_process_lives_on() -> None:
    process, cycles = WorkerProcess(), []
    try:
        with pytest.raises(EigenscopeError, match=r"atoms 1 and 2 are 0\.100"):
            process.compute(Geometry([1, 1], [[0, 0, 0], [0, 0, 0.1]]), lambda *_: None)
        reference = process.compute(HYDROGEN, lambda cycle, _: cycles.append(cycle))
        assert cycles == list(range(1, reference.n_cycles + 1))
        assert process.is_alive
    finally:
        assert process.end() == 0


LEAVING = """
from core.structure.embed import embed_geometry
from core.structure.molecule import parse_smiles
from core.reference.queue import ReferenceQueue
running = ReferenceQueue(n_workers=1)
calculation = running.submit(embed_geometry(parse_smiles("O=CC1CCCCC1=O")))
assert running.wait(calculation, cycle=1, timeout_s=60)
print(calculation.state, flush=True)
{last}
"""


@pytest.mark.parametrize("last", ["", "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"], ids=["end", "kill"])
def test_nothing_outlives_the_interpreter(last: str) -> None:
    """The worker holds the same output open: it is at its end only once the worker has left."""
    ended = subprocess.run(
        [sys.executable, "-c", LEAVING.format(last=last)], stdout=subprocess.PIPE, timeout=PATIENCE_S
    )
    assert ended.stdout == b"running\n"
    assert ended.returncode == (-9 if last else 0)
