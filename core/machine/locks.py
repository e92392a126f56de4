"""Locks on open files, between processes: given back by the system when a process is gone, however it went.

Linux and macOS have them; Windows has not, where everything but campaigns works.
"""

from types import ModuleType
from typing import IO, Any

from core.errors import InputError


def load_locks() -> ModuleType:
    """Return the module that locks files.

    Raises
    ------
    InputError
        If the system has none.
    """
    try:
        import fcntl
    except ImportError as error:
        raise InputError("campaigns need the file locks of Linux and macOS, which this system has not") from error
    return fcntl


def take_alone(file: IO[Any], *, wait: bool) -> bool:
    """Lock a file against everyone; return whether it was free, which is always so after a `wait`.

    Raises
    ------
    InputError
        If the system has no such locks.
    """
    locks = load_locks()
    try:
        locks.flock(file, locks.LOCK_EX if wait else locks.LOCK_EX | locks.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def take_shared(file: IO[Any]) -> None:
    """Lock a file against `take_alone`, with others; waits for it. Raises InputError if the system has no such locks."""
    locks = load_locks()
    locks.flock(file, locks.LOCK_SH)


def release(file: IO[Any]) -> None:
    """Give a lock back. Raises InputError if the system has no such locks."""
    locks = load_locks()
    locks.flock(file, locks.LOCK_UN)
