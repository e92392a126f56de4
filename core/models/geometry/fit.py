"""Fit a network of geometries: first to where the atoms go, then also to the levels that the flagship predicts there."""

from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from core.elements import QM9_NUMBERS
from core.json_lines import Record
from core.labels.label_set import LabelSet
from core.labels.splits import TRAIN, draw_of
from core.machine.progress import Report
from core.models.batch import Batch
from core.models.fitting.loop import FitOptions, fit_stage
from core.models.fitting.recipe import TrainOptions
from core.models.geometry.network import GeometryConfig, GeometryNetwork
from core.models.tight_binding.network import TightBindingNetwork
from core.models.tight_binding.recipe import FINE_TUNE, LevelTensors, band_rmse, level_loss, level_tensors

BETTER = "b3lyp"  # the column of positions that all others are moved to
POSITION_GRAIN = 1 / 1024  # Angstrom: positions are stored as whole multiples
NEAR_ANGSTROM = 6.0  # distances beyond it do not count
DECAY_ANGSTROM, CONTACT_ANGSTROM = 1.0, 1.0  # how the weight of a distance falls from that of a contact
SMALL_ANGSTROM = 0.02  # beyond it the loss of a distance grows linearly
DISTANCE_LOSS_EV = 2.0  # how much the loss of distances weighs beside that of levels, where both count [eV/Angstrom]
TO_DISTANCES = FitOptions(epochs=16, learning_rate=2e-3, weight_decay=0.0)
THROUGH_LEVELS = FitOptions(epochs=10, learning_rate=7e-4, weight_decay=0.0)
VALID_FRACTION = TrainOptions.valid_fraction  # the flagship's, and so the same molecules


def distance_loss(moved: Batch, better: Tensor) -> Tensor:
    """Return the mean over pairs of atoms of how far their distance is from the better one's, near pairs counting most."""

    def distances(positions: Tensor) -> Tensor:
        return (positions[:, :, None] - positions[:, None]).square().sum(-1).clamp_min(1e-9).sqrt()

    wanted, real = distances(better), moved.numbers > 0
    pairs = torch.triu((wanted < NEAR_ANGSTROM) & real[:, :, None] & real[:, None], diagonal=1)
    off = (distances(moved.positions) - wanted)[pairs]
    weight = torch.exp((CONTACT_ANGSTROM - wanted[pairs]) / DECAY_ANGSTROM)
    each = torch.nn.functional.huber_loss(off, torch.zeros_like(off), reduction="none", delta=SMALL_ANGSTROM)
    return (weight * each).sum() / (SMALL_ANGSTROM * weight.sum())


@dataclass(frozen=True)
class MovedAtoms:
    """Molecules at a cheaper and at the better geometry, padded: the `Samples` of `core.models.fitting.loop`.

    numbers (n, atoms) int64; start, better (n, atoms, 3) float32 [Angstrom].
    """

    numbers: Tensor
    start: Tensor
    better: Tensor
    loss_name = "loss_angstrom"
    error_name = "valid_loss_angstrom"

    @cached_property
    def sizes(self) -> np.ndarray:
        """See `Samples.sizes`."""
        return (self.numbers > 0).sum(1).numpy()

    def batch(self, rows: np.ndarray) -> tuple[Batch, Tensor]:
        """Return the molecules of `rows` at the cheaper geometry, and the better positions."""
        index = torch.as_tensor(rows)
        batch = Batch(self.numbers, self.start).select(index)
        return batch, self.better[index][:, : batch.numbers.shape[1]]

    def loss(self, network: GeometryNetwork, rows: np.ndarray, rng: np.random.Generator) -> Tensor:
        """See `Samples.loss`."""
        batch, better = self.batch(rows)
        return distance_loss(network(batch), better)

    @torch.inference_mode()
    def error(self, network: GeometryNetwork) -> float:
        """See `Samples.error`: the loss."""
        order = np.argsort(self.sizes, kind="stable")
        pieces = [order[k : k + 64] for k in range(0, len(order), 64)]
        return float(sum(len(p) * self.loss(network, p, np.random.default_rng()) for p in pieces) / len(order))


@dataclass(frozen=True)
class MovedLevels:
    """The same molecules, and their levels at the better geometry, which a frozen network of levels is to find there."""

    atoms: MovedAtoms
    levels: LevelTensors
    network: TightBindingNetwork
    loss_name = "loss_ev"
    error_name = "valid_rmse_ev"

    @property
    def sizes(self) -> np.ndarray:
        """See `Samples.sizes`."""
        return self.atoms.sizes

    def loss(self, network: GeometryNetwork, rows: np.ndarray, rng: np.random.Generator) -> Tensor:
        """See `Samples.loss`."""
        batch, better = self.atoms.batch(rows)
        moved = network(batch)
        _, target, weight = self.levels.batch(rows)
        of_levels = level_loss(self.network, moved, target, weight, self.levels.huber_ev)
        return of_levels + DISTANCE_LOSS_EV * distance_loss(moved, better)

    @torch.inference_mode()
    def error(self, network: GeometryNetwork) -> float:
        """See `Samples.error`: the band's RMSE [eV]."""
        return band_rmse(self.network, replace(self.levels, positions=self.moved(network)))

    def moved(self, network: GeometryNetwork) -> Tensor:
        """Return where a network puts all atoms: (n, atoms, 3) [Angstrom]."""
        positions = self.atoms.start.clone()
        order = np.argsort(self.sizes, kind="stable")
        for k in range(0, len(order), 64):
            rows = order[k : k + 64]
            found = network(self.atoms.batch(rows)[0]).positions
            positions[torch.as_tensor(rows), : found.shape[1]] = found
        return positions


def moved_atoms(table: pd.DataFrame, method: str) -> MovedAtoms:
    """Return the rows of `core.campaigns.cheaper_geometries.relax_qm9` that have a method's geometry, as tensors."""
    n_atoms = int(table["numbers"].map(len).max())
    numbers = np.zeros((len(table), n_atoms), np.int64)
    positions = np.zeros((2, len(table), n_atoms, 3), np.float32)
    for k, columns in enumerate(zip(table["numbers"], table[method], table[BETTER], strict=True)):
        own, *both = columns
        numbers[k, : len(own)] = own
        for which, flat in enumerate(both):
            positions[which, k, : len(own)] = np.asarray(flat).reshape(-1, 3) * POSITION_GRAIN
    return MovedAtoms(torch.from_numpy(numbers), *torch.from_numpy(positions))


def with_method(table: pd.DataFrame, method: str) -> pd.DataFrame:
    """Return the rows that have a method's geometry."""
    return table[table[method].notna()].reset_index(drop=True)


def is_valid(table: pd.DataFrame) -> np.ndarray:
    """Return (n_rows,) whether a molecule is watched and not learnt from: those that the flagship watches."""
    return np.array([draw_of(int(index), seed=1) < VALID_FRACTION for index in table["qm9_index"]])


def moved_levels(table: pd.DataFrame, labels: LabelSet, method: str, network: TightBindingNetwork) -> MovedLevels:
    """Return the molecules that have a label at QM9's own geometry, with its levels."""
    own = labels.select((labels.table["geometry"] == "dft").to_numpy())
    place = {int(index): k for k, index in enumerate(own.table["qm9_index"])}
    there = table[table["qm9_index"].isin(list(place))].reset_index(drop=True)
    rows = own.table.iloc[[place[int(index)] for index in there["qm9_index"]]].reset_index(drop=True)
    levels = level_tensors(replace(own, table=rows), FINE_TUNE)
    return MovedLevels(moved_atoms(there, method), levels, network)


def fit_geometry(
    table: pd.DataFrame, labels: LabelSet, method: str, network: TightBindingNetwork, *, work: Path, report: Report
) -> tuple[GeometryNetwork, list[Record]]:
    """Return a network that moves atoms from a method's geometry to the better one, and its history.

    Parameters
    ----------
    table : DataFrame
        What `core.campaigns.cheaper_geometries.relax_qm9` returns; its `train` rows are learnt from.
    labels : LabelSet
        Reference levels at the better geometries.
    method : "gfn2" | "mmff94"
    network : TightBindingNetwork
        The flagship's, which stays as it is.
    work : Path
        Checkpoints: the same call goes on from them.
    """
    torch.manual_seed(TO_DISTANCES.seed)
    trained = with_method(table[table["split"] == TRAIN], method)
    watched = is_valid(trained)
    parts = [trained[mask].reset_index(drop=True) for mask in (~watched, watched)]
    moved = GeometryNetwork(GeometryConfig(elements=QM9_NUMBERS)).train()
    work.mkdir(parents=True, exist_ok=True)
    frozen = network.eval().requires_grad_(False)
    near = [moved_atoms(part, method) for part in parts]
    history = fit_stage(
        "distances", moved, near, TO_DISTANCES, checkpoint=work / f"{method}-distances.ckpt", report=report
    )
    deep = [moved_levels(part, labels, method, frozen) for part in parts]
    history += fit_stage(
        "levels", moved, deep, THROUGH_LEVELS, checkpoint=work / f"{method}-levels.ckpt", report=report
    )
    return moved.eval().requires_grad_(False), history
