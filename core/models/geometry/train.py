"""Train a network of geometries, all the way to its folder: weights and card."""

import json
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import torch

from core.assets import MODELS
from core.errors import InputError
from core.files import write_text
from core.labels.label_set import LabelSet, load_labels
from core.labels.splits import TEST, TRAIN
from core.machine.progress import Report
from core.models.batch import Batch
from core.models.card import CARD
from core.models.geometry.fit import MovedLevels, distance_loss, fit_geometry, is_valid, moved_levels, with_method
from core.models.geometry.network import GeometryNetwork
from core.models.registry import DEFAULT
from core.models.store import NETWORK_FILE, load_network, save_network
from core.models.tight_binding.network import TightBindingNetwork
from core.models.tight_binding.recipe import LevelTensors, band_rmse
from core.spectrum.metrics import Figures


def train_geometry(
    method: str, *, pairs: Path, labels: Path, out: Path, work: Path, report: Report, n_threads: int = 1
) -> dict[str, Any]:
    """Train, measure on the test split and write; return the card.

    Parameters
    ----------
    method : "gfn2" | "mmff94"
    pairs : Path
        What `core.campaigns.cheaper_geometries.relax_qm9` returns, as Parquet.
    out : Path
        Gets a folder by the method's name.

    Raises
    ------
    InputError
        If the pairs are not there.
    """
    if not pairs.exists():
        raise InputError(f"{pairs.name} is not there: eigenscope geometry pairs makes it, from QM9's CSV files")
    torch.set_num_threads(n_threads)
    started = time.perf_counter()
    table, references = pd.read_parquet(pairs), load_labels(labels)
    flagship = load_network(MODELS / DEFAULT / NETWORK_FILE, TightBindingNetwork)
    network, history = fit_geometry(table, references, method, flagship, work=work, report=report)
    folder = out / method
    folder.mkdir(parents=True, exist_ok=True)
    save_network(network, folder / NETWORK_FILE)
    trained = with_method(table[table["split"] == TRAIN], method)
    card = {
        "method": method,
        "moves_to": "B3LYP/6-31G(2df,p), QM9's geometries",
        "data": f"assets/reference/{pairs.name}, QM9 (CC0), doi 10.1038/sdata.2014.22",
        "elements": list(network.config.elements),
        "n_parameters": sum(p.numel() for p in network.parameters()),
        "n_training": int((~is_valid(trained)).sum()),
        "command": f"eigenscope geometry train {method}",
        "trained_on": datetime.now(UTC).date().isoformat(),
        "training_minutes": round((time.perf_counter() - started) / 60, 1),
        "test": measure_geometry(network, table, references, method, flagship),
        "history": history,
    }
    write_text(folder / CARD, json.dumps(card, indent=1))
    return card


@torch.inference_mode()
def measure_geometry(
    network: GeometryNetwork, table: pd.DataFrame, labels: LabelSet, method: str, flagship: TightBindingNetwork
) -> Figures:
    """Return on test molecules how far distances are off and what the flagship errs in the band [eV]: before, after, at best."""
    test = with_method(table[table["split"] == TEST], method)
    samples = moved_levels(test, labels, method, flagship)
    moved = samples.moved(network)
    return {
        "n": len(samples.sizes),
        "rmse_as_made_ev": band_rmse(flagship, at(samples, samples.atoms.start)),
        "rmse_moved_ev": band_rmse(flagship, at(samples, moved)),
        "rmse_at_best_ev": band_rmse(flagship, at(samples, samples.atoms.better)),
        "distance_as_made_angstrom": mean_distance(samples, samples.atoms.start),
        "distance_moved_angstrom": mean_distance(samples, moved),
    }


def at(samples: MovedLevels, positions: torch.Tensor) -> LevelTensors:
    """Return the tensors of levels with other positions (n, atoms, 3) [Angstrom]."""
    return replace(samples.levels, positions=positions)


def mean_distance(samples: MovedLevels, positions: torch.Tensor) -> float:
    """Return `distance_loss` of positions against the better ones [Angstrom]."""
    return float(distance_loss(Batch(samples.atoms.numbers, positions), samples.atoms.better))
