"""Networks on disk: safetensors with their sizes in the header, never pickle."""

import json
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import nn

from core.errors import ModelError
from core.files import whole_file

NETWORK_FILE = "network.safetensors"

Network = TypeVar("Network", bound=nn.Module)


def save_network(network: nn.Module, path: Path) -> None:
    """Write weights and sizes to a safetensors file; the network's `config` is a dataclass of its sizes."""
    tensors = {k: v.detach().cpu().contiguous() for k, v in network.state_dict().items()}
    config: Any = network.config
    with whole_file(path) as draft:
        save_file(tensors, draft, {"config": json.dumps(asdict(config))})


@lru_cache(maxsize=1)
def call_functions_once() -> None:
    """Call elementary functions on one element, so that MKL has chosen its kernels before several threads call them.

    MKL 2024.2 chooses at the first call; a thread that calls at the same moment may get a kernel of low accuracy
    (pytorch issue 188792): spectra of a process's first batch were off by up to 0.005 states/eV.
    """
    for dtype in (torch.float32, torch.float64):
        one = torch.ones(1, dtype=dtype)
        for function in (torch.exp, torch.cos, torch.sin, torch.sqrt, torch.tanh, torch.sigmoid, torch.log, torch.erf):
            function(one)


def load_network(path: Path, architecture: type[Network], *, device: torch.device | str = "cpu") -> Network:
    """Return the network of a file that `save_network` wrote, in evaluation mode.

    Parameters
    ----------
    architecture : type
        Made of an instance of its class attribute `config_class`; messages call it by its class attribute `title`.

    Raises
    ------
    ModelError
        If the file is missing, no safetensors file, or holds something else.
    """
    call_functions_once()
    kind: Any = architecture
    try:
        with safe_open(path, framework="pt") as stored:
            config = kind.config_class(**json.loads(stored.metadata()["config"]))
            tensors = {k: stored.get_tensor(k) for k in stored.keys()}  # noqa: SIM118 - not a dict
        network = architecture(config)
        network.load_state_dict(tensors)
    except (OSError, KeyError, TypeError, RuntimeError, SafetensorError) as error:
        raise ModelError(f"{path} is no {kind.title}: {error}") from error
    return network.to(device).eval().requires_grad_(False)
