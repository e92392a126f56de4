"""What refusing a text costs, in plain passes over it: a ratio within one run, in a process where nothing counts lines."""

import subprocess
import sys
from pathlib import Path

MOST_PASSES = 15  # 5 s where one plain pass over the text takes a third of a second; measured: 6 at most
SCRIPT = """
import sys, time
from contextlib import suppress
sys.path[:0] = {paths!r}
import {module} as t
from core.errors import InputError

for kind, text in t.NONSENSE.items():
    begun = time.process_time()
    sum(len(line.split()) for line in text.splitlines())
    sum(c in "abc" for c in text[:5_000_000])
    plain = time.process_time() - begun
    begun = time.process_time()
    with suppress(InputError):
        t.{read}(text.encode(), {name!r})
    print((time.process_time() - begun) / max(plain, 0.1))
"""


def count_passes(test_file: str, *, read: str, name: str) -> list[float]:
    """Return how many plain passes each text of a test module's NONSENSE costs its function `read`, as a file of this name."""
    path = Path(test_file)
    script = SCRIPT.format(paths=[str(path.parent), str(path.parents[1])], module=path.stem, read=read, name=name)
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return [float(ratio) for ratio in run.stdout.split()]
