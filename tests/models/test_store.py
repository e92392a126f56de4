"""Networks on disk, and what loading one does to the process."""

import subprocess
import sys

CALLED = """
import torch

called = []
plain = torch.exp
torch.exp = lambda x, *a, **k: called.append(x.numel()) or plain(x, *a, **k)
from core.models.registry import load_model

load_model(device="cpu")
print(called[0])
"""


def test_loading_a_network_calls_the_functions_on_one_element_first() -> None:
    """MKL chooses its kernels at a function's first call, and not safely when several threads make it."""
    run = subprocess.run([sys.executable, "-c", CALLED], capture_output=True, text=True, check=True)
    assert run.stdout.split() == ["1"]
