"""Train a network that has a band or a spectrum as its output."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, get_args

import numpy as np
import torch
from torch import Tensor, nn

from core.elements import BY_NUMBER, QM9_NUMBERS, QM9_SYMBOLS
from core.errors import DomainError, InputError
from core.features.coulomb_matrix import heavy_limit, reorder_rows
from core.json_lines import Record
from core.labels.label_set import LabelSet, elements_of
from core.machine.progress import Report
from core.models.batch import Batch
from core.models.card import LEVELS, Form
from core.models.direct.learner import Architecture, Inputs
from core.models.fitting.loop import EVALUATE_EVERY, FitOptions, fit_network, scale_epochs
from core.models.fitting.recipe import Fitted, Recipe, TrainOptions
from core.models.protocol import headline_spectra
from core.models.store import NETWORK_FILE, save_network
from core.spectrum.broaden import STEP_EV
from core.spectrum.levels import N_BAND
from core.structure.geometry import Geometry

HUBER_EV = 0.3  # beyond it the loss on levels grows linearly: a few wrong labels must not rule
DIRECT_N_FULL = 6000  # molecules that the epochs were chosen for
DIRECT_MOST_EPOCHS = 8.0  # times as many for few molecules
PATIENCE = 0.25  # of all epochs


@dataclass(frozen=True)
class EncodedSamples:
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
        """See `Samples.loss_name`."""
        return "loss_ev" if self.form == LEVELS else "loss"

    @property
    def error_name(self) -> str:
        """See `Samples.error_name`."""
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
        output, target = network(self.some_inputs(rows, rng))[0], self.target[torch.as_tensor(rows)]
        if self.form == LEVELS:
            return nn.functional.huber_loss(output, target, delta=HUBER_EV) / HUBER_EV
        return relative_spectral_errors(output, target).mean()

    @torch.inference_mode()
    def error(self, network: nn.Module) -> float:
        """See `Samples.error`: RMSE of the band [eV], or the mean relative spectral error."""
        order = np.argsort(self.sizes, kind="stable")
        chunks = [order[k : k + 64] for k in range(0, len(order), 64)]
        output = torch.cat([network(self.some_inputs(chunk))[0] for chunk in chunks])
        target = self.target[torch.as_tensor(order)]
        if self.form == LEVELS:
            return float((output - target).square().mean().sqrt())
        return float(relative_spectral_errors(output, target).mean())


def relative_spectral_errors(predicted: Tensor, reference: Tensor) -> Tensor:
    """Return (n_molecules,) as `core.spectrum.metrics.rse` does, with a gradient."""
    squares = STEP_EV * (predicted - reference).square().sum(1)
    return (squares + 1e-12).sqrt() / (STEP_EV * reference.sum(1))


def encode_samples(
    labels: LabelSet,
    architecture: Architecture,
    *,
    form: Form,
    elements: Sequence[int] = QM9_NUMBERS,
    noise: float = 0.0,
) -> EncodedSamples:
    """Return the rows of these elements that have a band and that the architecture has room for, encoded.

    Raises
    ------
    InputError
        If there is none.
    """
    rows = zip(labels.geometries(), labels.levels(), strict=True)
    within = labels.select([e.has_band and is_within(g, architecture, elements) for g, e in rows])
    if not len(within):
        symbols = " ".join(BY_NUMBER[number].symbol for number in elements)
        rule = f"the {architecture.network.title} needs molecules of {symbols} with a band of {N_BAND} levels"
        raise InputError(f"{rule}, none of {len(labels)} rows is one")
    geometries, levels = within.geometries(), within.levels()
    target = np.array([e.band_ev for e in levels]) if form == LEVELS else headline_spectra(levels)
    sizes = np.array([g.n_atoms for g in geometries])
    return EncodedSamples(architecture.encode(geometries), torch.from_numpy(target).float(), sizes, form, noise)


def is_within(geometry: Geometry, architecture: Architecture, elements: Sequence[int]) -> bool:
    """Return whether a geometry is within the domain of an architecture that learns these elements."""
    try:
        architecture.check(geometry, elements)
    except DomainError:
        return False
    return True


@dataclass(frozen=True)
class DirectSettings:
    """What was chosen for an architecture, on the validation part.

    Attributes
    ----------
    config : dataclass
        Sizes of the architecture's network.
    options : FitOptions
        For DIRECT_N_FULL molecules.
    noise : float
        See `EncodedSamples`.
    description, room
        For the card, what it is and what it has room for; names in braces are filled in from the sizes.
    """

    name: str
    architecture: Architecture
    config: Any
    options: FitOptions
    description: str
    room: str
    noise: float = 0.0
    limits: tuple[str, ...] = ()


FORM_LIMITS: dict[Form, str] = {
    "levels": "It predicts the band of 16 only: no LUMO, no deeper levels, no weights on atoms.",
    "spectrum": "It predicts the spectrum of the band at sigma 0.5 eV only: no levels and no expected error.",
}


def options_for(settings: DirectSettings, n_molecules: int, options: TrainOptions) -> FitOptions:
    """Return how to fit that many molecules."""
    epochs = options.epochs or scale_epochs(
        settings.options, n_molecules, n_full=DIRECT_N_FULL, most=DIRECT_MOST_EPOCHS
    )
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
    settings: DirectSettings,
    form: Form,
) -> Fitted:
    """See `core.models.fitting.recipe.Fit`."""
    architecture = settings.architecture
    elements = elements_of(train)
    samples = encode_samples(train, architecture, form=form, elements=elements, noise=settings.noise)
    held_out = encode_samples(valid, architecture, form=form, elements=elements)
    chosen = options_for(settings, len(samples.sizes), options)
    torch.manual_seed(options.seed)
    config: Any = replace(settings.config, form=form, elements=elements)
    if config.n_heavy is not None:
        inside = [g for g in train.geometries() if is_within(g, architecture, elements)]
        config = replace(config, n_heavy=heavy_limit(inside))
    network: Any = architecture.network(config)
    network.standardise(samples.inputs, samples.target)

    def report_epoch(record: Record) -> None:
        report({"stage": "fit", "epochs": chosen.epochs} | record)

    history = fit_network(network, samples, held_out, chosen, checkpoint=work / "fit.ckpt", report=report_epoch)
    save_network(network.eval().requires_grad_(False), out / NETWORK_FILE)
    return Fitted(
        architecture=settings.description.format(**asdict(config)),
        n_parameters=sum(p.numel() for p in network.parameters()),
        history=[{"stage": "fit"} | r for r in history],
        limits=(FORM_LIMITS[form], *settings.limits),
    )


def direct_recipes(kind: str, settings: DirectSettings) -> dict[str, Recipe]:
    """Return the recipes of one architecture by key, one for levels and one for spectra."""
    domain = (
        f"neutral closed-shell molecules of {', '.join(QM9_SYMBOLS)} with at least {N_BAND} valence levels, "
        f"{settings.room.format(**asdict(settings.config))}; trained on up to 9 heavy atoms"
    )
    return {
        f"{kind}_{form}": Recipe(
            name=f"{settings.name}, {form}",
            kind=kind,
            form=form,
            fit=partial(fit_direct_network, settings=settings, form=form),
            domain=domain,
        )
        for form in get_args(Form)
    }
