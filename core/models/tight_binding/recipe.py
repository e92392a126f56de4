"""Train the tight-binding network: first on GFN2-xTB levels of many molecules, then on the reference levels of fewer."""

from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from core.elements import BY_NUMBER
from core.json_lines import Record
from core.labels.label_set import LabelSet, elements_of, join_labels, load_labels, without_reserved
from core.machine.progress import Report
from core.models.batch import Batch
from core.models.fitting.loop import FitOptions, fit_stage, scale_epochs
from core.models.fitting.recipe import Fitted, Recipe, TrainOptions
from core.models.store import NETWORK_FILE, call_functions_once, load_network, save_network
from core.models.tight_binding.network import TightBindingConfig, TightBindingNetwork
from core.spectrum.levels import N_BAND


@dataclass(frozen=True)
class LevelFitOptions(FitOptions):
    """How to fit a Hamiltonian to levels. Losses are in eV."""

    huber_ev: float = 0.15  # beyond it the loss grows linearly: a few wrong labels must not rule
    deep_weight: float = 0.4  # of levels below the band
    lumo_weight: float = 0.15  # it has diffuse functions that a minimal basis lacks


PRETRAINED_FILE = "pretrained.safetensors"  # the network before it saw a reference label
N_PRETRAIN_VALID, PRETRAIN_SEED = 500, 1  # molecules watched, and of their draw
PRETRAIN = LevelFitOptions(epochs=5, batch_size=64, learning_rate=1.5e-3 * 2**0.5, muon=True, pieces=4)
FINE_TUNE = LevelFitOptions(epochs=150, learning_rate=1.5e-3, muon=True, pieces=2)
FINE_TUNE_N_FULL = 5000  # molecules that the epochs were chosen for
FINE_TUNE_MOST_EPOCHS = 4.0  # times as many for few molecules
CONFIG = TightBindingConfig(n_features=96, n_vectors=24)


@dataclass(frozen=True)
class LevelTensors:
    """Labels as padded arrays: the `Samples` of `core.models.fitting.loop`.

    numbers (n, atoms) int64, positions (n, atoms, 3), target (n, levels) [eV] with the LUMO behind the HOMO,
    weight (n, levels): zero is no level.
    """

    huber_ev: float
    numbers: Tensor
    positions: Tensor
    target: Tensor
    weight: Tensor
    loss_name = "loss_ev"
    error_name = "valid_rmse_ev"

    @cached_property
    def sizes(self) -> np.ndarray:
        """See `Samples.sizes`."""
        return (self.numbers > 0).sum(1).numpy()

    def batch(self, rows: np.ndarray) -> tuple[Batch, Tensor, Tensor]:
        """Return the molecules of `rows` with their target levels [eV] and weights."""
        index = torch.as_tensor(rows)
        weight = self.weight[index]
        n_levels = int((weight > 0).any(0).nonzero().max()) + 1
        batch = Batch(self.numbers, self.positions).select(index)
        return batch, self.target[index][:, :n_levels], weight[:, :n_levels]

    def loss(self, network: TightBindingNetwork, rows: np.ndarray, rng: np.random.Generator) -> Tensor:
        """See `Samples.loss`."""
        return level_loss(network, *self.batch(rows), self.huber_ev)

    def error(self, network: TightBindingNetwork) -> float:
        """See `Samples.error`: the band's RMSE [eV]."""
        return band_rmse(network, self)


def level_tensors(labels: LabelSet, options: LevelFitOptions) -> LevelTensors:
    """Return the labels as tensors, weights by the options; a level that a label does not hold weighs nothing."""
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
        known = np.isfinite(e.valence_ev)
        target[k, :n], weight[k, :n] = np.where(known, e.valence_ev, 0.0), options.deep_weight
        weight[k, max(0, n - N_BAND) : n] = 1.0
        weight[k, :n] *= known
        if np.isfinite(e.lumo_ev):
            target[k, n], weight[k, n] = e.lumo_ev, options.lumo_weight
    arrays = [torch.from_numpy(x) for x in (numbers, positions, target, weight)]
    return LevelTensors(options.huber_ev, *arrays)


def level_loss(network: TightBindingNetwork, batch: Batch, target: Tensor, weight: Tensor, huber_ev: float) -> Tensor:
    """Return the weighted Huber loss [eV]: half-squares over `huber_ev` near zero, absolute values far away."""
    levels, _ = network.levels(batch)
    n = min(target.shape[1], levels.shape[1])  # a padded target may be longer than the basis of small molecules
    loss = torch.nn.functional.huber_loss(levels[:, :n], target[:, :n], reduction="none", delta=huber_ev) / huber_ev
    return (loss * weight[:, :n]).sum() / weight.sum()


@torch.inference_mode()
def band_rmse(network: TightBindingNetwork, data: LevelTensors, *, batch_size: int = 64) -> float:
    """Return the RMSE [eV] over the levels of full weight (the band)."""
    order = np.argsort(data.sizes, kind="stable")
    total, count = 0.0, 0.0
    for start in range(0, len(order), batch_size):
        batch, target, weight = data.batch(order[start : start + batch_size])
        levels = network.levels(batch)[0]
        n = min(target.shape[1], levels.shape[1])
        full = (weight[:, :n] == 1.0).float()
        total += float(((levels[:, :n] - target[:, :n]).square() * full).sum())
        count += float(full.sum())
    return float(np.sqrt(total / count))


def fit_tight_binding(
    train: LabelSet, valid: LabelSet, *, out: Path, work: Path, options: TrainOptions, report: Report
) -> Fitted:
    """See `core.models.fitting.recipe.Fit`. PRETRAINED_FILE is written beside the weights."""
    torch.manual_seed(options.seed)
    call_functions_once()  # before the threads that pieces of a batch are for
    if options.pretrained is None:
        network, history = pretrain_network(train, work=work, options=options, report=report)
    else:
        network, history = load_network(options.pretrained, TightBindingNetwork).train().requires_grad_(True), []
    save_network(network, out / PRETRAINED_FILE)
    epochs = options.epochs or scale_epochs(FINE_TUNE, len(train), n_full=FINE_TUNE_N_FULL, most=FINE_TUNE_MOST_EPOCHS)
    settings = replace(FINE_TUNE, seed=options.seed, epochs=epochs, cycles=options.cycles)
    history += fit_to_labels("fine_tune", network, (train, valid), settings, work=work, report=report)
    save_network(network.eval().requires_grad_(False), out / NETWORK_FILE)
    sizes = network.config
    return Fitted(
        architecture=(
            f"Slater-Koster Hamiltonian in a minimal orthogonal valence basis, written by {sizes.n_layers} "
            f"continuous-filter convolutions of {sizes.n_features} features and {sizes.n_vectors} vectors within "
            f"{sizes.cutoff} Angstrom, and diagonalised"
        ),
        n_parameters=sum(p.numel() for p in network.parameters()),
        history=history,
        data=f"before them {describe_pretraining(options)}",
        domain=describe_domain(sizes.elements, train),
        limits=(
            "The LUMO is predicted in a minimal basis without diffuse functions and is less accurate than the band.",
        ),
    )


def pretrain_network(
    train: LabelSet, *, work: Path, options: TrainOptions, report: Report
) -> tuple[TightBindingNetwork, list[Record]]:
    """Return a network that has learnt the pre-training labels, for their elements and those of `train`, and its history."""
    pool = without_reserved(join_labels(*map(load_labels, options.pretrain_labels)))
    network = TightBindingNetwork(replace(CONFIG, elements=elements_of(pool, train)))
    is_watched = np.random.default_rng(PRETRAIN_SEED).permutation(len(pool)) < N_PRETRAIN_VALID
    seed = options.seed if options.shared is None else 1  # shared by trainings of every seed
    settings = replace(PRETRAIN, seed=seed, epochs=options.pretrain_epochs or PRETRAIN.epochs)
    parts = pool.select(~is_watched), pool.select(is_watched)
    return network, fit_to_labels("pretrain", network, parts, settings, work=options.shared or work, report=report)


def fit_to_labels(
    stage: str,
    network: TightBindingNetwork,
    parts: tuple[LabelSet, LabelSet],
    settings: LevelFitOptions,
    *,
    work: Path,
    report: Report,
) -> list[Record]:
    """Fit a network in place to the first of two parts, watching the other; return the history."""
    work.mkdir(parents=True, exist_ok=True)
    tensors = [level_tensors(part, settings) for part in parts]
    return fit_stage(stage, network, tensors, settings, checkpoint=work / f"{stage}.ckpt", report=report)


def describe_pretraining(options: TrainOptions) -> str:
    """Return what was learnt from first, for the card."""
    if options.pretrained is not None:
        return f"the pre-trained network {options.pretrained.name}"
    files = " and ".join(f"assets/reference/{path.name}" for path in options.pretrain_labels)
    return f"{files} (GFN2-xTB levels)"


def describe_domain(elements: tuple[int, ...], train: LabelSet) -> str:
    """Return which molecules the network is for, for the card."""
    largest = max(geometry.n_heavy for geometry in train.geometries())
    symbols = ", ".join(BY_NUMBER[number].symbol for number in elements)
    return f"neutral closed-shell molecules of {symbols}; trained on up to {largest} heavy atoms"


RECIPES = {
    "tight_binding": Recipe(
        "Tight-binding network", "tight_binding", "levels", fit_tight_binding, checks=("from_smiles", "ranking")
    )
}
