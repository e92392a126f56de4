"""What is expected of groups that a network has never met: each rare motif left out in turn, pre-training included.

A test part drawn from the same motifs as the training says nothing of a group that neither holds. So the network is trained
again, smaller and shorter, without blocks of neighbouring motifs of the list, calibrated as the shipped one is, and asked
about what was kept from it.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from functools import cached_property, partial
from pathlib import Path

import numpy as np
from rdkit import Chem

from core.assets import COMPARISON, QM9_GFN2, QM9_PBE, REFERENCE
from core.errors import InputError
from core.evaluation.elsewhere import SETS_ELSEWHERE
from core.evaluation.files import GROUPS_LEFT_OUT
from core.files import write_text
from core.labels.label_set import LabelSet, join_labels, load_labels, save_labels
from core.labels.splits import TRAIN
from core.machine.progress import Report, Tell
from core.models.fitting.recipe import TrainOptions
from core.models.protocol import FamiliarModel, Verdict, judges_familiarity, predicts_levels
from core.models.registry import DEFAULT, load_folder
from core.models.uncertainty.evaluator import judge_expectations
from core.spectrum.levels import Levels
from core.spectrum.metrics import Figures
from core.structure.motifs import Motif, find_motifs, load_motifs
from core.training.parts import training_parts
from core.training.train import trained_folder

N_BLOCKS = 6
MOST_HELD = 120  # molecules: a motif that more of them hold is part of too much to be left out
N_QM9, N_PRETRAIN, DRAW_SEED = 5000, 40_000, 1  # rows learnt from, and of their draw
EPOCHS, PRETRAIN_EPOCHS = 12, 2
BROAD_LABELS = tuple(REFERENCE / file for file in SETS_ELSEWHERE["broad"])
PRETRAIN_LABELS = (QM9_GFN2, REFERENCE / "broad_gfn2.parquet")


@dataclass(frozen=True)
class LeaveOut:
    """The labels that the folds share, and which motifs each row holds."""

    labels: LabelSet
    pool: LabelSet

    @cached_property
    def held(self) -> list[set[str]]:
        """The motifs of each row of `labels`."""
        return motifs_of(self.labels)

    @cached_property
    def held_in_pool(self) -> list[set[str]]:
        """The motifs of each row of `pool`."""
        return motifs_of(self.pool)

    @cached_property
    def folds(self) -> list[list[Motif]]:
        """The motifs left out at a time: neighbours in the list, which are related, go together."""
        motifs = load_motifs()
        counts = {m.name: sum(m.name in names for names in self.held) for m in motifs}
        rare = [m for m in motifs if 0 < counts[m.name] <= MOST_HELD]
        return [[rare[k] for k in block] for block in np.array_split(np.arange(len(rare)), N_BLOCKS)]

    def is_foreign(self, fold: int) -> np.ndarray:
        """Return (n_rows,) whether each row of `labels` holds a motif that the fold leaves out."""
        return holds_any(self.held, self.folds[fold])

    @cached_property
    def is_train(self) -> np.ndarray:
        """(n_rows,) whether each row of `labels` is of the split that is learnt from."""
        is_train: np.ndarray = (self.labels.table["split"] == TRAIN).to_numpy()
        return is_train

    def parts(self, fold: int) -> tuple[LabelSet, LabelSet]:
        """Return what is learnt from and what is watched without a fold's motifs."""
        return training_parts(self.labels.select(~self.is_foreign(fold)), TrainOptions())

    def is_foreign_in_pool(self, fold: int) -> np.ndarray:
        """Return (n_rows,) the same of `pool`."""
        return holds_any(self.held_in_pool, self.folds[fold])


def motifs_of(labels: LabelSet) -> list[set[str]]:
    """Return the names of the motifs in each row; none in one that has no SMILES."""
    molecules = (Chem.MolFromSmiles(str(s)) if s else None for s in labels.table["smiles"])
    return [set(find_motifs(m)) if m is not None else set() for m in molecules]


def holds_any(held: Sequence[set[str]], motifs: Sequence[Motif]) -> np.ndarray:
    """Return (n_rows,) whether a row holds one of the motifs."""
    names = {m.name for m in motifs}
    return np.array([bool(names & own) for own in held])


def load_leave_out() -> LeaveOut:
    """Return the shipped rows, of QM9's a part; of the split `test` nothing is learnt or judged."""
    labels = join_labels(*map(load_labels, BROAD_LABELS), draw_rows(load_labels(QM9_PBE).split(TRAIN), N_QM9))
    return LeaveOut(labels, draw_rows(join_labels(*map(load_labels, PRETRAIN_LABELS)), N_PRETRAIN))


def draw_rows(labels: LabelSet, n: int) -> LabelSet:
    """Return n rows drawn at random."""
    return labels.select(np.random.default_rng(DRAW_SEED).permutation(len(labels)) < n)


def train_fold(data: LeaveOut, fold: int, work: Path, *, report: Report) -> Path:
    """Return the folder of the network that was trained and calibrated without a fold's motifs; one that is there is taken."""
    folder = work / f"fold_{fold + 1}"
    pool = work / "pools" / f"{folder.name}.parquet"
    if not pool.exists():
        pool.parent.mkdir(parents=True, exist_ok=True)
        save_labels(data.pool.select(~data.is_foreign_in_pool(fold)), pool)
    options = TrainOptions(pretrain_labels=(pool,), epochs=EPOCHS, pretrain_epochs=PRETRAIN_EPOCHS)
    return trained_folder(DEFAULT, folder, parts=partial(data.parts, fold), options=options, report=report)


def compare_left_out(
    out: Path = COMPARISON, *, work: Path, folds: Sequence[int] = (), report: Report, tell: Tell
) -> Figures | None:
    """Train without each block of motifs in turn, and judge what is expected of the molecules that hold them.

    Parameters
    ----------
    work : Path
        The networks and their checkpoints: what is there is not trained again.
    folds : sequence of int
        Train these alone, from 1, and measure nothing.

    Returns
    -------
    dict or None
        n_folds, n_motifs, n_training; "foreign": `BlockAnswers.judge` of all rows left out, "known": of the rows that were
        watched, "families": list of those of each family of motifs, with its name and n.

    Raises
    ------
    InputError
        If there is no such block.
    """
    wrong = [number for number in folds if not 1 <= number <= N_BLOCKS]
    if wrong:
        raise InputError(f"the motifs are left out in blocks 1 to {N_BLOCKS}, got {wrong[0]}")
    data = load_leave_out()
    if folds:
        for number in folds:
            train_fold(data, number - 1, work, report=report)
        return None
    judged = list(judge_folds(data, work, report=report, tell=tell))
    foreign, known = (BlockAnswers.join([pair[k] for pair in judged]) for k in (0, 1))
    motifs = [m for fold in data.folds for m in fold]
    found: Figures = {
        "n_folds": N_BLOCKS,
        "n_motifs": len(motifs),
        "n_training": round(float(np.mean([(data.is_train & ~data.is_foreign(k)).sum() for k in range(N_BLOCKS)]))),
        "foreign": foreign.judge(),
        "known": known.judge(),
        "families": [
            {"family": family} | own.judge()
            for family in dict.fromkeys(m.family for m in motifs)
            if (own := foreign.of_motifs([m for m in motifs if m.family == family])).held
        ],
    }
    write_text(out / GROUPS_LEFT_OUT, json.dumps(found, indent=1))
    return found


@dataclass(frozen=True)
class BlockAnswers:
    """Predicted and reference levels of some rows, which of the motifs left out each holds, and whether it was called strange."""

    predicted: list[Levels]
    reference: list[Levels]
    held: list[set[str]]
    is_told: list[bool]

    @classmethod
    def join(cls, parts: "Sequence[BlockAnswers]") -> "BlockAnswers":
        """Return the rows of all."""
        return cls(*([x for part in parts for x in getattr(part, f.name)] for f in fields(cls)))

    def of_motifs(self, motifs: Sequence[Motif]) -> "BlockAnswers":
        """Return the rows that hold one of the motifs."""
        rows = np.flatnonzero(holds_any(self.held, motifs)).tolist()
        return BlockAnswers(*([getattr(self, f.name)[k] for k in rows] for f in fields(self)))

    def judge(self) -> Figures:
        """Return `judge_expectations` of the rows, without the fifths, and "told": the part that was called near or outside."""
        found = judge_expectations(self.predicted, self.reference)
        return {k: x for k, x in found.items() if k != "fifths"} | {"told": float(np.mean(self.is_told))}


def answer(model: FamiliarModel, labels: LabelSet, held: Sequence[set[str]]) -> BlockAnswers:
    """Return a learner's answers on labels that hold motifs, those of an element left out whole but: it expects any error."""
    predicted = model.predict_levels(labels.geometries())
    is_judged = np.isfinite([p.expected_rmse_ev for p in predicted])
    judged = labels.select(is_judged)
    verdicts = [model.familiarity(geometry) for geometry in judged.geometries()]
    is_told = [v is not None and v.verdict is not Verdict.INSIDE for v in verdicts]
    rows = np.flatnonzero(is_judged).tolist()
    return BlockAnswers([predicted[k] for k in rows], judged.levels(), [held[k] for k in rows], is_told)


def judge_folds(
    data: LeaveOut, work: Path, *, report: Report, tell: Tell
) -> Iterator[tuple[BlockAnswers, BlockAnswers]]:
    """Yield, fold by fold, the answers on what was left out and on what was watched."""
    for fold in range(N_BLOCKS):
        model = load_folder(train_fold(data, fold, work, report=report), device="cpu")
        if not (predicts_levels(model) and judges_familiarity(model)):
            raise TypeError(f"{model.card.name} does not tell how familiar a molecule is")
        names, is_asked = {m.name for m in data.folds[fold]}, data.is_foreign(fold) & data.is_train
        held = [data.held[k] & names for k in np.flatnonzero(is_asked).tolist()]
        foreign = answer(model, data.labels.select(is_asked), held)
        _, watched = data.parts(fold)
        known = answer(model, watched, [set()] * len(watched))
        figures = foreign.judge()
        tell(
            f"fold {fold + 1}: {len(foreign.held)} molecules of {len(names)} motifs, RMSE {figures['rmse_ev']:.3f} eV, "
            f"{figures['expected_rmse_ev']:.3f} expected; {known.judge()['rmse_ev']:.3f} eV on what was watched"
        )
        yield foreign, known
