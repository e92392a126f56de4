"""Fit a tight-binding network to levels: one loop, resumable at every epoch."""

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor

from core.errors import ModelError
from core.models.tight_binding import Batch, TightBindingNetwork
from core.reference.datasets import LabelSet
from core.spectrum import N_BAND


@dataclass(frozen=True)
class FitOptions:
    """How to fit. Losses are in eV."""

    epochs: int
    batch_size: int = 32
    learning_rate: float = 2e-3
    weight_decay: float = 1e-2
    warm_up: float = 0.03  # part of all steps
    huber_ev: float = 0.15  # beyond it the loss grows linearly: a few wrong labels must not rule
    deep_weight: float = 0.4  # of levels below the band
    lumo_weight: float = 0.15  # it has diffuse functions that a minimal basis lacks
    clip: float = 5.0
    ema: float = 0.999
    seed: int = 1


@dataclass(frozen=True)
class LevelTensors:
    """Labels as padded arrays, sorted by size.

    numbers (n, atoms) int64, positions (n, atoms, 3), target (n, levels) [eV] with the LUMO behind the HOMO,
    weight (n, levels): zero is no level.
    """

    numbers: Tensor
    positions: Tensor
    target: Tensor
    weight: Tensor

    def __len__(self) -> int:
        return len(self.numbers)

    def batch(self, rows: np.ndarray) -> tuple[Batch, Tensor, Tensor]:
        index = torch.as_tensor(rows)
        numbers = self.numbers[index]
        n_atoms = int((numbers > 0).sum(1).max())
        weight = self.weight[index]
        n_levels = int((weight > 0).sum(1).max())
        batch = Batch(numbers[:, :n_atoms], self.positions[index][:, :n_atoms])
        return batch, self.target[index][:, :n_levels], weight[:, :n_levels]


def level_tensors(labels: LabelSet, options: FitOptions) -> LevelTensors:
    """Return the labels as tensors, weights by the options."""
    geometries, levels = labels.geometries(), labels.levels()
    n_atoms = max(g.n_atoms for g in geometries)
    n_levels = max(len(e.valence_ev) for e in levels) + 1
    numbers = np.zeros((len(labels), n_atoms), np.int64)
    positions = np.zeros((len(labels), n_atoms, 3), np.float32)
    target = np.zeros((len(labels), n_levels), np.float32)
    weight = np.zeros((len(labels), n_levels), np.float32)
    for k, (g, e) in enumerate(zip(geometries, levels, strict=True)):
        numbers[k, : g.n_atoms], positions[k, : g.n_atoms] = g.numbers, g.positions
        n = len(e.valence_ev)
        target[k, :n], weight[k, :n] = e.valence_ev, options.deep_weight
        weight[k, max(0, n - N_BAND) : n] = 1.0
        if np.isfinite(e.lumo_ev):
            target[k, n], weight[k, n] = e.lumo_ev, options.lumo_weight
    return LevelTensors(*map(torch.from_numpy, (numbers, positions, target, weight)))


def epoch_batches(data: LevelTensors, *, batch_size: int, rng: np.random.Generator) -> Iterator[np.ndarray]:
    """Yield row indices: shuffled, but molecules of like size together, so that padding costs little."""
    sizes = (data.numbers > 0).sum(1).numpy()
    order = rng.permutation(len(data))
    pool = 24 * batch_size
    batches = []
    for start in range(0, len(order), pool):
        chunk = order[start : start + pool]
        chunk = chunk[np.argsort(sizes[chunk], kind="stable")]
        batches += [chunk[k : k + batch_size] for k in range(0, len(chunk), batch_size)]
    for k in rng.permutation(len(batches)):
        yield batches[k]


def level_loss(network: TightBindingNetwork, batch: Batch, target: Tensor, weight: Tensor, huber_ev: float) -> Tensor:
    """Return the weighted Huber loss [eV]: half-squares over `huber_ev` near zero, absolute values far away."""
    levels, _ = network.levels(batch)
    n = min(target.shape[1], levels.shape[1])  # a padded target may be longer than the basis of small molecules
    loss = torch.nn.functional.huber_loss(levels[:, :n], target[:, :n], reduction="none", delta=huber_ev) / huber_ev
    return (loss * weight[:, :n]).sum() / weight.sum()


@torch.inference_mode()
def band_rmse(network: TightBindingNetwork, data: LevelTensors, *, batch_size: int = 64) -> float:
    """Return the RMSE [eV] over the levels of full weight (the band)."""
    order = np.argsort((data.numbers > 0).sum(1).numpy(), kind="stable")
    total, count = 0.0, 0.0
    for start in range(0, len(order), batch_size):
        batch, target, weight = data.batch(order[start : start + batch_size])
        levels = network.levels(batch)[0]
        n = min(target.shape[1], levels.shape[1])
        full = (weight[:, :n] == 1.0).float()
        total += float(((levels[:, :n] - target[:, :n]).square() * full).sum())
        count += float(full.sum())
    return float(np.sqrt(total / count))


def fit(
    network: TightBindingNetwork,
    train: LevelTensors,
    valid: LevelTensors,
    options: FitOptions,
    *,
    checkpoint: Path,
    report: Callable[[dict], None],
) -> list[dict]:
    """Train in place; the network ends with its averaged weights. Goes on from `checkpoint` if that exists.

    Returns
    -------
    list of dict
        Per epoch: epoch, loss_ev (training), valid_rmse_ev (averaged weights; every fifth epoch), seconds.

    Raises
    ------
    ModelError
        If the checkpoint belongs to other options.
    """
    optimizer = torch.optim.AdamW(network.parameters(), lr=options.learning_rate, weight_decay=options.weight_decay)
    average = {k: v.detach().clone() for k, v in network.state_dict().items()}
    history: list[dict] = []
    if checkpoint.exists():
        history = load_checkpoint(checkpoint, network, average, optimizer, options)
    steps_per_epoch = sum(1 for _ in epoch_batches(train, batch_size=options.batch_size, rng=np.random.default_rng(0)))
    n_steps = steps_per_epoch * options.epochs
    step = len(history) * steps_per_epoch
    for epoch in range(len(history), options.epochs):
        start, losses = time.perf_counter(), []
        rng = np.random.default_rng((options.seed, epoch))
        for rows in epoch_batches(train, batch_size=options.batch_size, rng=rng):
            for group in optimizer.param_groups:
                group["lr"] = options.learning_rate * schedule(step / n_steps, warm_up=options.warm_up)
            loss = level_loss(network, *train.batch(rows), options.huber_ev)
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(network.parameters(), options.clip)
            optimizer.step()
            step += 1
            keep = min(options.ema, (1 + step) / (10 + step))
            for name, value in network.state_dict().items():
                average[name].lerp_(value, 1 - keep)
            losses.append(loss.item())
        record = {"epoch": epoch + 1, "loss_ev": float(np.mean(losses)), "seconds": time.perf_counter() - start}
        if (epoch + 1) % 5 == 0 or epoch + 1 == options.epochs:
            record["valid_rmse_ev"] = rmse_of_average(network, average, valid)
        history.append(record)
        report(record)
        save_checkpoint(checkpoint, network, average, optimizer, options, history)
    network.load_state_dict(average)
    return history


def rmse_of_average(network: TightBindingNetwork, average: dict[str, Tensor], valid: LevelTensors) -> float:
    """Return the band RMSE [eV] of the averaged weights, leaving the network as it was."""
    current = {k: v.detach().clone() for k, v in network.state_dict().items()}
    network.load_state_dict(average)
    result = band_rmse(network, valid)
    network.load_state_dict(current)
    return result


def schedule(progress: float, *, warm_up: float) -> float:
    """Return the factor on the learning rate: linear up, then a half cosine down to a hundredth."""
    if progress < warm_up:
        return progress / warm_up
    fallen = (progress - warm_up) / (1 - warm_up)
    return 0.01 + 0.99 * 0.5 * (1 + np.cos(np.pi * fallen))


def save_checkpoint(
    path: Path,
    network: TightBindingNetwork,
    average: dict[str, Tensor],
    optimizer: torch.optim.AdamW,
    options: FitOptions,
    history: list[dict],
) -> None:
    """Write everything that going on needs, in one atomic move."""
    tensors = {f"network.{k}": v for k, v in network.state_dict().items()}
    tensors |= {f"average.{k}": v for k, v in average.items()}
    for name, parameter in network.named_parameters():
        for key, value in optimizer.state[parameter].items():
            tensors[f"optimizer.{name}.{key}"] = torch.as_tensor(value)
    metadata = {"options": json.dumps(asdict(options)), "history": json.dumps(history)}
    part = path.with_suffix(".part")
    save_file({k: v.contiguous().clone() for k, v in tensors.items()}, part, metadata)
    part.replace(path)


def load_checkpoint(
    path: Path,
    network: TightBindingNetwork,
    average: dict[str, Tensor],
    optimizer: torch.optim.AdamW,
    options: FitOptions,
) -> list[dict]:
    """Restore in place what `save_checkpoint` wrote; return the history."""
    with safe_open(path, framework="pt") as stored:
        metadata = stored.metadata()
        if json.loads(metadata["options"]) != asdict(options):
            raise ModelError(f"{path} was written with other options: {metadata['options']}; remove it to start anew")
        tensors = {k: stored.get_tensor(k) for k in stored.keys()}  # noqa: SIM118 - not a dict
    network.load_state_dict({k.removeprefix("network."): v for k, v in tensors.items() if k.startswith("network.")})
    for k in average:
        average[k].copy_(tensors[f"average.{k}"])
    for name, parameter in network.named_parameters():
        prefix = f"optimizer.{name}."
        optimizer.state[parameter] = {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}
    return json.loads(metadata["history"])
