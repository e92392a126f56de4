"""Fit a network to samples: one loop for every network, resumable at every epoch."""

import json
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from core.errors import ModelError
from core.files import whole_file
from core.json_lines import Record
from core.machine.progress import Report

EVALUATE_EVERY = 5  # epochs
FEWEST_FEATURES = 16  # a layer with fewer is one that reads out, not one between features
Weights = dict[str, Tensor]
Differentiate = Callable[[nn.Module, "Samples", np.ndarray, np.random.Generator], float]


@dataclass(frozen=True)
class FitOptions:
    """How to fit.

    Attributes
    ----------
    warm_up : float
        Part of all steps over which the learning rate rises.
    clip : float
        Largest norm of the gradient.
    ema : float
        What the averaged weights keep of themselves in a step.
    cycles : int or None
        How often the learning rate rises and falls, over as many epochs each time (Loshchilov and Hutter 2017,
        arXiv:1608.03983). None: once.
    patience : int or None
        Epochs without a better validation error after which to stop; the best averaged weights are kept. None: all
        epochs are run, and the last averaged weights are kept.
    """

    epochs: int
    batch_size: int = 32
    learning_rate: float = 2e-3
    weight_decay: float = 1e-2
    warm_up: float = 0.03
    clip: float = 5.0
    ema: float = 0.999
    seed: int = 1
    patience: int | None = None
    cycles: int | None = None
    muon: bool | None = None
    pieces: int | None = None


class Optimizer:
    """AdamW and, if asked for, Muon (Jordan et al. 2024; steps as large as AdamW's: Liu et al. 2025, arXiv:2502.16982).

    Muon makes each step of a matrix orthogonal, so that no direction among the features is moved much less than others.
    It is for matrices from features to features: embeddings and the few rows of a last layer are left to AdamW.
    """

    def __init__(self, network: nn.Module, options: FitOptions) -> None:
        matrices = hidden_matrices(network) if options.muon else []
        inside = set(map(id, matrices))
        others = [p for p in network.parameters() if id(p) not in inside]
        rate, decay = options.learning_rate, options.weight_decay
        self.parts: list[torch.optim.Optimizer] = [torch.optim.AdamW(others, lr=rate, weight_decay=decay)]
        if matrices:
            muon = torch.optim.Muon(matrices, lr=rate, weight_decay=decay, adjust_lr_fn="match_rms_adamw")
            self.parts.append(muon)
        self.part_of = {id(p): part for part in self.parts for group in part.param_groups for p in group["params"]}

    def step(self, learning_rate: float) -> None:
        """Move the weights along their gradients."""
        for part in self.parts:
            for group in part.param_groups:
                group["lr"] = learning_rate
            part.step()

    def state_of(self, parameter: Tensor) -> Weights:
        """Return what is remembered of a parameter's steps."""
        state: Weights = self.part_of[id(parameter)].state[parameter]
        return state

    def remember(self, parameter: Tensor, state: Weights) -> None:
        """Put back what `state_of` returned."""
        self.part_of[id(parameter)].state[parameter] = state


def hidden_matrices(network: nn.Module) -> list[Tensor]:
    """Return the weights of linear layers from features to features."""
    layers = [module for module in network.modules() if isinstance(module, nn.Linear)]
    return [layer.weight for layer in layers if min(layer.weight.shape) >= FEWEST_FEATURES]


class Samples(Protocol):
    """Molecules with what a network should predict of them."""

    @property
    def loss_name(self) -> str:
        """What the history calls the loss, with its unit: "loss_ev"."""
        ...

    @property
    def error_name(self) -> str:
        """What the history calls the validation error: "valid_rmse_ev"."""
        ...

    @property
    def sizes(self) -> np.ndarray:
        """(n,) atoms of each molecule: those of like size share a batch."""
        ...

    def loss(self, network: Any, rows: np.ndarray, rng: np.random.Generator) -> Tensor:  # noqa: ANN401 - its own kind
        """Return the training loss over a batch; `rng` draws whatever augmentation needs."""
        ...

    def error(self, network: Any) -> float:  # noqa: ANN401
        """Return the error over all molecules, of a network in evaluation mode."""
        ...


@dataclass
class State:
    """What training moves: all that going on after an interruption needs."""

    network: nn.Module
    optimizer: Optimizer
    average: Weights
    best: Weights = field(default_factory=dict)  # `average` at the lowest validation error; empty without patience
    history: list[Record] = field(default_factory=list)


def fit_network(
    network: nn.Module,
    train: Samples,
    valid: Samples,
    options: FitOptions,
    *,
    checkpoint: Path,
    report: Report,
) -> list[Record]:
    """Train in place; the network ends with its averaged weights. Goes on from `checkpoint` if that exists.

    Returns
    -------
    list of dict
        Per epoch: epoch, the training loss, the averaged weights' validation error (every EVALUATE_EVERY epochs and at
        the end), seconds.

    Raises
    ------
    ModelError
        If the checkpoint belongs to other options or to another number of molecules.
    """
    state = State(
        network, Optimizer(network, options), {k: v.detach().clone() for k, v in network.state_dict().items()}
    )
    if checkpoint.exists():
        load_checkpoint(checkpoint, state, options, n_molecules=len(train.sizes))
    for epoch in range(len(state.history), options.epochs):
        if has_stalled(state.history, valid.error_name, patience=options.patience):
            break
        start = time.perf_counter()
        record = {"epoch": epoch + 1, train.loss_name: train_epoch(state, train, options, epoch=epoch)}
        record["seconds"] = time.perf_counter() - start
        if (epoch + 1) % EVALUATE_EVERY == 0 or epoch + 1 == options.epochs:
            record[valid.error_name] = error_of_average(state, valid)
            if options.patience is not None and is_best(record, state.history, valid.error_name):
                state.best = {k: v.clone() for k, v in state.average.items()}
        state.history.append(record)
        report(record)
        save_checkpoint(checkpoint, state, options, n_molecules=len(train.sizes))
    network.load_state_dict(state.best or state.average)
    return state.history


def fit_stage(
    stage: str,
    network: nn.Module,
    parts: Sequence[Samples],
    options: FitOptions,
    *,
    checkpoint: Path,
    report: Report,
) -> list[Record]:
    """Fit a network in place to the first of two parts, watching the other; every record of the history names the stage."""
    train, valid = parts
    records = fit_network(
        network,
        train,
        valid,
        options,
        checkpoint=checkpoint,
        report=lambda record: report({"stage": stage, "epochs": options.epochs} | record),
    )
    return [{"stage": stage} | record for record in records]


def train_epoch(state: State, train: Samples, options: FitOptions, *, epoch: int) -> float:
    """Run one epoch; return its mean loss. All chance in it follows from the seed and the number of the epoch."""
    steps_per_epoch = -(-len(train.sizes) // options.batch_size)
    n_steps, step = steps_per_epoch * options.epochs, steps_per_epoch * epoch
    losses = []
    augmentation = np.random.default_rng((options.seed, epoch, 1))
    torch.manual_seed(int(augmentation.integers(2**31)))  # of dropout
    state.network.train()
    rng = np.random.default_rng((options.seed, epoch))
    with differentiation(options.pieces) as differentiate:
        for rows in epoch_batches(train.sizes, batch_size=options.batch_size, rng=rng):
            losses.append(differentiate(state.network, train, rows, augmentation))
            torch.nn.utils.clip_grad_norm_(state.network.parameters(), options.clip)
            factor = schedule(step / n_steps, warm_up=options.warm_up, cycles=options.cycles or 1)
            state.optimizer.step(options.learning_rate * factor)
            step += 1
            keep = min(options.ema, (1 + step) / (10 + step))
            for name, value in state.network.state_dict().items():
                state.average[name].lerp_(value, 1 - keep)
    return float(np.mean(losses))


@contextmanager
def differentiation(pieces: int | None) -> Iterator[Differentiate]:
    """Give what makes a batch's loss and the parameters' gradients: whole, or in pieces by PyTorch's threads."""
    if pieces is None:
        yield differentiate_whole
        return
    n_threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with ThreadPoolExecutor(n_threads) as pool:
            yield partial(differentiate_pieces, pieces=pieces, pool=pool)
    finally:
        torch.set_num_threads(n_threads)


def differentiate_whole(network: nn.Module, train: Samples, rows: np.ndarray, rng: np.random.Generator) -> float:
    """Return the loss of a batch; its gradients are the parameters'."""
    loss = train.loss(network, rows, rng)
    network.zero_grad()
    loss.backward()
    return loss.item()


def differentiate_pieces(
    network: nn.Module, train: Samples, rows: np.ndarray, rng: np.random.Generator, *, pieces: int, pool: Executor
) -> float:
    """Do as `differentiate_whole`, in pieces that stay in a core's cache, each by one thread.

    The loss is that of the pieces, averaged by their molecules.
    """
    parameters = list(network.parameters())

    def differentiate(piece: np.ndarray) -> tuple[float, Sequence[Tensor | None]]:
        loss = train.loss(network, piece, rng) * (len(piece) / len(rows))
        return loss.item(), torch.autograd.grad(loss, parameters, allow_unused=True)

    parts = [piece for piece in np.array_split(rows, pieces) if len(piece)]
    losses, gradients = zip(*pool.map(differentiate, parts), strict=True)
    for parameter, found in zip(parameters, zip(*gradients, strict=True), strict=True):
        known = [gradient for gradient in found if gradient is not None]
        parameter.grad = torch.stack(known).sum(0) if known else None
    return float(sum(losses))


def epoch_batches(sizes: np.ndarray, *, batch_size: int, rng: np.random.Generator) -> Iterator[np.ndarray]:
    """Yield row indices: shuffled, but molecules of like size together, so that padding costs little."""
    order = rng.permutation(len(sizes))
    pool = 24 * batch_size
    batches = []
    for start in range(0, len(order), pool):
        chunk = order[start : start + pool]
        chunk = chunk[np.argsort(sizes[chunk], kind="stable")]
        batches += [chunk[k : k + batch_size] for k in range(0, len(chunk), batch_size)]
    for k in rng.permutation(len(batches)):
        yield batches[k]


def error_of_average(state: State, valid: Samples) -> float:
    """Return the validation error of the averaged weights, leaving the network as it was."""
    current = {k: v.detach().clone() for k, v in state.network.state_dict().items()}
    state.network.load_state_dict(state.average)
    state.network.eval()
    result = valid.error(state.network)
    state.network.load_state_dict(current)
    return result


def is_best(record: Record, history: list[Record], name: str) -> bool:
    """Return whether the validation error `name` of a record is below all before it."""
    return all(record[name] < former[name] for former in history if name in former)


def has_stalled(history: list[Record], name: str, *, patience: int | None) -> bool:
    """Return whether the lowest validation error `name` is `patience` epochs old."""
    evaluated = [r for r in history if name in r]
    if patience is None or not evaluated:
        return False
    age: int = evaluated[-1]["epoch"] - min(evaluated, key=lambda r: r[name])["epoch"]
    return age >= patience


def scale_epochs(options: FitOptions, n_molecules: int, *, n_full: int, most: float) -> int:
    """Return the epochs for another number of molecules than `n_full`, which `options` were chosen for.

    They go with the inverse square root: fewer molecules get more epochs, up to `most` times as many, though fewer steps
    in all, so that time still falls with the number of molecules.
    """
    longer: float = (n_full / n_molecules) ** 0.5
    return max(1, round(min(most, longer) * options.epochs))


def schedule(progress: float, *, warm_up: float, cycles: int = 1) -> float:
    """Return the factor on the learning rate: in each cycle linear up, then a half cosine down to a hundredth."""
    progress = progress * cycles % 1
    if progress < warm_up:
        return progress / warm_up
    fallen = (progress - warm_up) / (1 - warm_up)
    return float(0.01 + 0.99 * 0.5 * (1 + np.cos(np.pi * fallen)))


def save_checkpoint(path: Path, state: State, options: FitOptions, *, n_molecules: int) -> None:
    """Write everything that going on needs, in one atomic move."""
    named = {"network": state.network.state_dict(), "average": state.average, "best": state.best}
    tensors = {f"{part}.{k}": v for part, weights in named.items() for k, v in weights.items()}
    for name, parameter in state.network.named_parameters():
        for key, value in state.optimizer.state_of(parameter).items():
            tensors[f"optimizer.{name}.{key}"] = torch.as_tensor(value)
    metadata = {"options": json.dumps(set_options(options)), "n_molecules": str(n_molecules)}
    metadata["history"] = json.dumps(state.history)
    with whole_file(path) as draft:
        save_file({k: v.contiguous().clone() for k, v in tensors.items()}, draft, metadata)


def load_checkpoint(path: Path, state: State, options: FitOptions, *, n_molecules: int) -> None:
    """Restore in place what `save_checkpoint` wrote."""
    with safe_open(path, framework="pt") as stored:
        metadata = stored.metadata()
        tensors = {k: stored.get_tensor(k) for k in stored.keys()}  # noqa: SIM118 - not a dict
    if json.loads(metadata["options"]) != set_options(options):
        raise ModelError(f"{path} was written with other options: {metadata['options']}; remove it to start anew")
    written_for = int(metadata.get("n_molecules", n_molecules))  # the first checkpoints did not say
    if written_for != n_molecules:
        raise ModelError(f"{path} was written for {written_for} molecules, not {n_molecules}; remove it to start anew")

    def part(prefix: str) -> Weights:
        return {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}

    state.network.load_state_dict(part("network."))
    state.average, state.best = part("average."), part("best.")
    for name, parameter in state.network.named_parameters():
        state.optimizer.remember(parameter, part(f"optimizer.{name}."))
    state.history = json.loads(metadata["history"])


def set_options(options: FitOptions) -> Record:
    """Return the options that are set, as a checkpoint holds them."""
    return {k: v for k, v in asdict(options).items() if v is not None}
