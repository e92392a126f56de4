"""How a long piece of work tells how far it is, and asks whether it is still wanted."""

from collections.abc import Callable
from typing import Any

Progress = Callable[[int, int], None]  # (done, total); total 0: not known
ShouldCancel = Callable[[], bool]
Tell = Callable[[str], None]  # one line for people
Report = Callable[[dict[str, Any]], None]  # one record of a training, an epoch say


def report_nothing(done: int, total: int) -> None:
    """Be the progress that nobody looks at."""


def never_cancel() -> bool:
    """Be the work that nobody stops."""
    return False
