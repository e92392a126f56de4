"""Networks on disk: safetensors with their sizes in the header, never pickle."""

import json
from dataclasses import asdict
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from core.errors import ModelError
from core.models.tight_binding import TightBindingConfig, TightBindingNetwork


def save_network(network: TightBindingNetwork, path: Path) -> None:
    """Write weights and sizes to a safetensors file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    tensors = {k: v.detach().cpu().contiguous() for k, v in network.state_dict().items()}
    save_file(tensors, path, {"config": json.dumps(asdict(network.config))})


def load_network(path: Path, *, device: torch.device | str = "cpu") -> TightBindingNetwork:
    """Return the network of a file that `save_network` wrote, in evaluation mode.

    Raises
    ------
    ModelError
        If the file is missing, no safetensors file, or does not fit its own header.
    """
    try:
        with safe_open(path, framework="pt") as stored:
            config = TightBindingConfig(**json.loads(stored.metadata()["config"]))
            tensors = {k: stored.get_tensor(k) for k in stored.keys()}  # noqa: SIM118 - not a dict
        network = TightBindingNetwork(config)
        network.load_state_dict(tensors)
    except (OSError, KeyError, TypeError, RuntimeError, SafetensorError) as error:
        raise ModelError(f"{path} is no tight-binding network: {error}") from error
    return network.to(device).eval().requires_grad_(False)
