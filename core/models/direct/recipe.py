"""Train the networks that answer directly: perceptron, convolutional and deep tensor network, on levels or on spectra."""

from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, get_args

import numpy as np
import torch
from torch import Tensor, nn

from core.elements import COVERED_SYMBOLS
from core.errors import DomainError, InputError
from core.features.coulomb_matrix import heavy_limit, reorder_rows
from core.labels.label_set import LabelSet
from core.machine.progress import Report
from core.models.batch import Batch
from core.models.card import LEVELS, Form
from core.models.direct.cnn import ConvolutionalConfig
from core.models.direct.dtnn import DeepTensorConfig
from core.models.direct.learner import KINDS, Inputs
from core.models.direct.mlp import PerceptronConfig
from core.models.fitting.loop import EVALUATE_EVERY, FitOptions, fit, scale_epochs
from core.models.fitting.recipe import Fitted, Recipe, TrainOptions
from core.models.protocol import spectra_of_levels
from core.models.store import WEIGHTS, save_network
from core.spectrum.broaden import STEP_EV
from core.spectrum.levels import N_BAND
from core.structure.geometry import Geometry

HUBER_EV = 0.3  # beyond it the loss on levels grows linearly: a few wrong labels must not rule
N_FULL = 6000  # molecules that the epochs were chosen for
MOST_EPOCHS = 8.0  # times as many for few molecules
PATIENCE = 0.25  # of all epochs


@dataclass(frozen=True)
class AnswerSamples:
    """Encoded molecules with the band or spectrum of each: the `Samples` of `core.models.fitting.loop`.

    Attributes
    ----------
    target : (n_molecules, 16) [eV] or (n_molecules, 300) [states/eV]
    sizes : (n_molecules,)
        Atoms.
    noise : float
        On the row norms [Hartree] by which a Coulomb matrix is sorted anew in each batch; 0 leaves it.
    """

    inputs: Inputs
    target: Tensor
    sizes: np.ndarray
    form: Form
    noise: float = 0.0

    @property
    def loss_name(self) -> str:
        return "loss_ev" if self.form == LEVELS else "loss"

    @property
    def error_name(self) -> str:
        return "valid_rmse_ev" if self.form == LEVELS else "valid_rse"

    def some_inputs(self, rows: np.ndarray, rng: np.random.Generator | None = None) -> Inputs:
        """Return the inputs of some molecules; Coulomb matrices sorted anew if there is a generator."""
        index = torch.as_tensor(rows)
        if isinstance(self.inputs, Batch):
            return self.inputs.select(index)
        matrices = self.inputs[index]
        if rng is None or not self.noise:
            return matrices
        shifts = self.noise * rng.standard_normal(matrices.shape[:2], np.float32)
        return torch.from_numpy(reorder_rows(matrices.numpy(), shifts))

    def loss(self, network: nn.Module, rows: np.ndarray, rng: np.random.Generator) -> Tensor:
        """See `Samples.loss`: Huber loss on levels [eV], relative spectral error of densities."""
        answer, target = network(self.some_inputs(rows, rng))[0], self.target[torch.as_tensor(rows)]
        if self.form == LEVELS:
            return nn.functional.huber_loss(answer, target, delta=HUBER_EV) / HUBER_EV
        return relative_spectral_errors(answer, target).mean()

    @torch.inference_mode()
    def error(self, network: nn.Module) -> float:
        """See `Samples.error`: RMSE of the band [eV], or the mean relative spectral error."""
        order = np.argsort(self.sizes, kind="stable")
        chunks = [order[k : k + 64] for k in range(0, len(order), 64)]
        answer = torch.cat([network(self.some_inputs(chunk))[0] for chunk in chunks])
        target = self.target[torch.as_tensor(order)]
        if self.form == LEVELS:
            return float((answer - target).square().mean().sqrt())
        return float(relative_spectral_errors(answer, target).mean())


def relative_spectral_errors(predicted: Tensor, reference: Tensor) -> Tensor:
    """Return (n_molecules,) as `core.spectrum.metrics.rse` does, with a gradient."""
    squares = STEP_EV * (predicted - reference).square().sum(1)
    return (squares + 1e-12).sqrt() / (STEP_EV * reference.sum(1))


def answer_samples(labels: LabelSet, kind: str, form: Form, *, noise: float = 0.0) -> AnswerSamples:
    """Return the rows that have a band and that the architecture has room for, encoded.

    Raises
    ------
    InputError
        If there is none.
    """
    rows = zip(labels.geometries(), labels.levels(), strict=True)
    within = labels.select([e.has_band and is_within(g, kind) for g, e in rows])
    if not len(within):
        rule = f"{kind} needs molecules of {' '.join(COVERED_SYMBOLS)} with a band of {N_BAND} levels"
        raise InputError(f"{rule}, none of {len(labels)} rows is one")
    geometries, levels = within.geometries(), within.levels()
    target = np.array([e.band_ev for e in levels]) if form == LEVELS else spectra_of_levels(levels)
    sizes = np.array([g.n_atoms for g in geometries])
    return AnswerSamples(KINDS[kind].encode(geometries), torch.from_numpy(target).float(), sizes, form, noise)


def is_within(geometry: Geometry, kind: str) -> bool:
    """Return whether an architecture can be asked about a geometry."""
    try:
        KINDS[kind].check(geometry)
    except DomainError:
        return False
    return True


@dataclass(frozen=True)
class Settings:
    """What was chosen for an architecture, on the validation part.

    Attributes
    ----------
    options : FitOptions
        For N_FULL molecules.
    noise : float
        See `AnswerSamples`.
    architecture, room
        For the card, what it is and what it has room for; names in braces are filled in from the sizes.
    """

    name: str
    config: PerceptronConfig | ConvolutionalConfig | DeepTensorConfig
    options: FitOptions
    architecture: str
    room: str
    noise: float = 0.0
    limits: tuple[str, ...] = ()


MATRIX_LIMIT = "It jumps where two atoms change places in the Coulomb matrix, which is sorted by the norm of its rows."
FORM_LIMITS: dict[Form, str] = {
    "levels": "It answers with the band of 16 only: no LUMO, no deeper levels, no weights on atoms.",
    "spectrum": "It answers with the spectrum of the band at sigma 0.5 eV only: no levels and no expected error.",
}
SETTINGS = {
    "mlp": Settings(
        name="MLP",
        config=PerceptronConfig(),
        options=FitOptions(epochs=100, batch_size=64, learning_rate=1e-3),
        noise=1.0,
        architecture=(
            "multilayer perceptron of {n_layers} layers of {n_hidden} on the upper triangle of the row-norm sorted Coulomb "
            "matrix; trained on randomly sorted ones (Montavon et al. 2013)"
        ),
        room="at most {n_atoms} atoms, {n_heavy} of them heavy",
        limits=(MATRIX_LIMIT,),
    ),
    "cnn": Settings(
        name="CNN",
        config=ConvolutionalConfig(),
        options=FitOptions(epochs=80, batch_size=64, learning_rate=1e-3),
        noise=1.0,
        architecture=(
            "convolutional network, two layers of {n_channels} crosses of a row and a column (Kawahara et al. 2017), then "
            "{n_features} features a row and two dense layers of {n_hidden}, on the row-norm sorted Coulomb matrix; trained on "
            "randomly sorted ones (Montavon et al. 2013)"
        ),
        room="at most {n_atoms} atoms, {n_heavy} of them heavy",
        limits=(MATRIX_LIMIT,),
    ),
    "dtnn": Settings(
        name="DTNN",
        config=DeepTensorConfig(),
        options=FitOptions(epochs=80, batch_size=32, learning_rate=2e-3),
        architecture=(
            "deep tensor network (Schuett et al. 2017): {n_passes} passes of {n_features} features within {cutoff} Angstrom, "
            "pooled by {n_heads} softmax-weighted means over the atoms"
        ),
        room="any size",
    ),
}


def options_for(settings: Settings, n_molecules: int, options: TrainOptions) -> FitOptions:
    """Return how to fit that many molecules."""
    epochs = options.epochs or scale_epochs(settings.options, n_molecules, n_full=N_FULL, most=MOST_EPOCHS)
    patience = max(EVALUATE_EVERY, round(PATIENCE * epochs))
    return replace(settings.options, epochs=epochs, patience=patience, seed=options.seed)


def fit_direct_network(
    train: LabelSet,
    valid: LabelSet,
    *,
    out: Path,
    work: Path,
    options: TrainOptions,
    report: Report,
    kind: str,
    form: Form,
) -> Fitted:
    """See `core.models.fitting.recipe.Fit`."""
    settings = SETTINGS[kind]
    samples = answer_samples(train, kind, form, noise=settings.noise)
    held_out = answer_samples(valid, kind, form)
    chosen = options_for(settings, len(samples.sizes), options)
    torch.manual_seed(options.seed)
    config: Any = replace(settings.config, form=form)
    if config.n_heavy is not None:
        config = replace(config, n_heavy=heavy_limit([g for g in train.geometries() if is_within(g, kind)]))
    network: Any = KINDS[kind].network(config)
    network.standardise(samples.inputs, samples.target)

    def tell(record: dict) -> None:
        report({"stage": "fit", "epochs": chosen.epochs} | record)

    history = fit(network, samples, held_out, chosen, checkpoint=work / "fit.ckpt", report=tell)
    save_network(network.eval().requires_grad_(False), out / WEIGHTS)
    return Fitted(
        architecture=settings.architecture.format(**asdict(config)),
        n_parameters=sum(p.numel() for p in network.parameters()),
        history=[{"stage": "fit"} | r for r in history],
        limits=(FORM_LIMITS[form], *settings.limits),
    )


def direct_recipe(kind: str, form: Form) -> Recipe:
    """Return the recipe of one architecture in one form."""
    settings = SETTINGS[kind]
    return Recipe(
        name=f"{settings.name}, {form}",
        kind=kind,
        form=form,
        fit=partial(fit_direct_network, kind=kind, form=form),
        domain=(
            f"neutral closed-shell molecules of {', '.join(COVERED_SYMBOLS)} with at least {N_BAND} valence levels, "
            f"{settings.room.format(**asdict(settings.config))}; trained on up to 9 heavy atoms"
        ),
    )


DIRECT_RECIPES = {f"{kind}_{form}": direct_recipe(kind, form) for kind in SETTINGS for form in get_args(Form)}
