"""How a learner is made: what every recipe is given, and what it hands back."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol

from core.assets import QM9_GFN2, QM9_PBE
from core.elements import QM9_SYMBOLS
from core.json_lines import Record
from core.labels.label_set import LabelSet
from core.machine.progress import Report
from core.models.card import Form
from core.spectrum.metrics import Figures

CardCheck = Literal["from_smiles", "ranking"]
ExtraFigures = Callable[[Any, LabelSet], Figures]  # (what the kind's `load` returns, labels) -> figures


@dataclass(frozen=True)
class TrainOptions:
    """What a training may be given; what is left out is the recipe's own.

    Attributes
    ----------
    labels, more_labels : Path, tuple of Path
        The `train` rows of all are learnt from; the card's figures are on the `test` rows of the first.
    pretrain_labels : tuple of Path
        What a learner that is pre-trained learns from first.
    pretrained : Path or None
        A network that was pre-trained already, from which the training goes on.
    n_molecules : int or None
        Only so many rows of the training part, drawn by the seed.
    epochs, pretrain_epochs : int or None
        Of learners that have any.
    cycles : int or None
        See `core.models.fitting.loop.FitOptions`; of the tight-binding network.
    shared : Path or None
        For what does not depend on the labels trained on (pre-training, features): kept there for the next training
        of the same learner. The training's own `work` when left out.
    """

    seed: int = 1
    valid_fraction: float = 0.08
    labels: Path = QM9_PBE
    more_labels: tuple[Path, ...] = ()
    pretrain_labels: tuple[Path, ...] = (QM9_GFN2,)
    pretrained: Path | None = None
    n_molecules: int | None = None
    epochs: int | None = None
    pretrain_epochs: int | None = None
    cycles: int | None = None
    shared: Path | None = None


@dataclass(frozen=True)
class Fitted:
    """What a recipe made, for the card.

    Attributes
    ----------
    architecture : str
        What it is, with sizes, chosen hyperparameters and source.
    history : list of dict
        stage, epoch, loss_ev, valid_rmse_ev, seconds of every epoch; of every trial where there are no epochs.
    data : str
        What it saw besides the labels; "" for nothing.
    domain : str
        Which molecules it is for, for the card; "" for what the recipe says.
    limits : tuple of str
        Sentences for the card.
    """

    architecture: str
    n_parameters: int
    history: list[Record]
    data: str = ""
    domain: str = ""
    limits: tuple[str, ...] = ()


class Fit(Protocol):
    """Train on one part, watch the other, and write weights to a folder."""

    def __call__(
        self, train: LabelSet, valid: LabelSet, *, out: Path, work: Path, options: TrainOptions, report: Report
    ) -> Fitted:
        """Fit and save.

        Parameters
        ----------
        out : Path
            Gets the weights, as the learner's class reads them.
        work : Path
            For checkpoints; a second call with the same options goes on from them.
        report : callable
            Gets a dict per epoch: stage, epoch, epochs, loss_ev, valid_rmse_ev (not in every epoch), seconds.
        """
        ...


@dataclass(frozen=True)
class Recipe:
    """A learner that can be trained.

    Attributes
    ----------
    kind : str
        The folder of `core.models` that it is of.
    labels : Path
        What it learns from unless it is given others.
    domain : str
        Which molecules it is for, for the card.
    extra_figures : mapping
        What only this kind of learner can be measured by: the name under `ModelCard.extra_figures`, and what makes the
        figures of a trained learner and all labels.
    checks : tuple
        Fields of the card that training fills by a check of its own, of a learner of levels: "from_smiles" predicts some
        test molecules from their SMILES alone, "ranking" looks for test molecules in the home library.
    """

    name: str
    kind: str
    form: Form
    fit: Fit
    labels: Path = QM9_PBE
    domain: str = f"neutral closed-shell molecules of {', '.join(QM9_SYMBOLS)}; trained on up to 9 heavy atoms"
    extra_figures: Mapping[str, ExtraFigures] = field(default_factory=dict)
    checks: tuple[CardCheck, ...] = ()
