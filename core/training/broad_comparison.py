"""The best of the older learners, trained on the broad set, beside the flagship on what that set keeps from training."""

import json
from pathlib import Path

import numpy as np

from core.assets import BROAD_PBE, COMPARISON, DRAWN_PBE
from core.evaluation.elsewhere import WHOLE_SET, judge_learner, load_measured, strata_of
from core.evaluation.files import BROAD_LEARNERS
from core.files import write_text
from core.labels.label_set import LabelSet, join_labels, load_labels
from core.machine.progress import Report, Tell
from core.models.fitting.recipe import TrainOptions
from core.models.protocol import Learner, covers
from core.models.registry import DEFAULT, load_folder, load_learner
from core.spectrum.metrics import Figures
from core.training.parts import training_parts
from core.training.train import trained_folder

RETRAINED = ("krr_mbtr", "dtnn_levels")  # of each kind the best on QM9
SHOWN_STRATA = ("heavy atoms", "with ")  # beside the whole: sizes and elements


def compare_broad(out: Path = COMPARISON, *, work: Path, report: Report, tell: Tell) -> list[Figures]:
    """Train RETRAINED on the broad set's training rows, and measure them and the flagship on its test rows; write the figures.

    All are compared on the molecules that all cover: those of a band, as the older learners know nothing else. The flagship has
    learnt from QM9's molecules too.

    Parameters
    ----------
    work : Path
        The learners' folders and checkpoints: what is there is not trained again.

    Returns
    -------
    list of dict
        key, name, n_training, stratum and what `core.evaluation.elsewhere.judge_learner` returns.
    """
    learners: dict[str, Learner] = {key: trained_on_broad(key, work, report=report) for key in RETRAINED}
    learners[DEFAULT] = load_learner(DEFAULT, device="cpu")
    labels = load_measured("broad")
    by_all = np.array([all(covers(own, g) for own in learners.values()) for g in labels.geometries()])
    compared = labels.select(by_all)
    rows: list[Figures] = []
    for key, learner in learners.items():
        judge = judge_learner(learner, compared)
        for name, some in strata_of(compared):
            if name == WHOLE_SET or any(word in name for word in SHOWN_STRATA):
                figures = judge(some)
                figures.pop("fifths", None)
                about = {"name": learner.card.name, "n_training": sum(learner.card.n_training.values())}
                rows.append({"key": key, "stratum": name} | about | figures)
        whole = next(row for row in rows if row["key"] == key and row["stratum"] == WHOLE_SET)
        tell(f"{learner.card.name}: {whole['n']} molecules, RMSE {whole['rmse_ev']:.3f} eV")
    write_text(out / BROAD_LEARNERS, json.dumps(rows, indent=1))
    return rows


def trained_on_broad(key: str, work: Path, *, report: Report) -> Learner:
    """Return a learner trained on the broad set alone; one that is there is taken."""
    options = TrainOptions(labels=BROAD_PBE, more_labels=(DRAWN_PBE,))

    def parts() -> tuple[LabelSet, LabelSet]:
        return training_parts(join_labels(*map(load_labels, (options.labels, *options.more_labels))), options)

    return load_folder(trained_folder(key, work / key, parts=parts, options=options, report=report), device="cpu")
