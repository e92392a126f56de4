"""The card of a trained learner: what it is and how it came to be."""

import os
import platform
from datetime import date
from importlib.metadata import version
from pathlib import Path

import torch

from core.assets import QM9_PBE, REFERENCE
from core.files import write_text
from core.json_lines import Record
from core.labels.label_set import LabelSet
from core.models.card import CARD, IONISATION_ENERGIES, ORBITAL_ENERGIES, ModelCard, weight_checksums
from core.models.fitting.recipe import Fitted, TrainOptions
from core.models.registry import find_recipe
from core.theory import QUASIPARTICLE_THEORY, REFERENCE_THEORY

NOT_IONISATION = "Levels are orbital energies of the level of theory trained on, not ionisation energies."


def describe_training(
    key: str, out: Path, fitted: Fitted, *, options: TrainOptions, train: LabelSet, n_valid: int, minutes: float
) -> ModelCard:
    """Return the card of what was fitted, before it is measured."""
    recipe, all_labels = find_recipe(key), (options.labels, *options.more_labels)
    return ModelCard(
        key=out.name,
        kind=recipe.kind,
        form=recipe.form,
        name=recipe.name,
        architecture=fitted.architecture,
        n_parameters=fitted.n_parameters,
        level_of_theory=train.provenance.level_of_theory or "not stated",
        energies=IONISATION_ENERGIES if of_ionisation(train) else ORBITAL_ENERGIES,
        domain=fitted.domain or recipe.domain,
        data=", ".join(filter(None, [*(describe_data(train, x) for x in all_labels), fitted.data])),
        split=(
            f"the rows of train, {options.valid_fraction:.0%} of the molecules for validation, by a hash of the QM9 index or of "
            "the constitution; the figures are on those of test, which nothing was chosen by"
        ),
        n_training={str(k): int(v) for k, v in train.table["geometry"].value_counts().items()},
        n_validation=n_valid,
        seed=options.seed,
        command=command_of(key, options),
        trained_on=date.today().isoformat(),
        training_minutes=round(minutes, 1),
        hardware=f"{platform.machine()} CPU, {torch.get_num_threads()} of {os.cpu_count()} threads, shared with other work",
        software={n: version(n) for n in ("torch", "numpy", "scikit-learn", "dscribe", "rdkit", "tblite")}
        | {"python": platform.python_version()},
        units={"rmse_ev": "eV", "rse": "fraction", "homo_mae_ev": "eV", "lumo_mae_ev": "eV", "expected_rmse_ev": "eV"},
        test={},
        limits=[
            *([] if of_ionisation(train) else [NOT_IONISATION]),
            *fitted.limits,
            "Beyond the size and the chemistry of the training molecules the expected error is an extrapolation.",
        ],
        history=[round_record(r) for r in fitted.history],
    )


def of_ionisation(labels: LabelSet) -> bool:
    """Return whether labels are minus ionisation energies rather than orbital energies."""
    return labels.provenance.level_of_theory == str(QUASIPARTICLE_THEORY)


def describe_data(labels: LabelSet, path: Path) -> str:
    """Return what was learnt from, for the card."""
    if path == QM9_PBE:
        return f"assets/reference/{path.name} ({REFERENCE_THEORY} levels of QM9 molecules; QM9 geometries, CC0)"
    known = [labels.provenance.level_of_theory, labels.provenance.doi, labels.provenance.licence]
    place = f"assets/reference/{path.name}" if path.parent == REFERENCE else path
    return f"{place} ({'; '.join(x for x in known if x) or 'level of theory, source and licence not stated'})"


def command_of(key: str, options: TrainOptions) -> str:
    """Return the command that trains the same again."""
    shipped = find_recipe(key).labels
    given = {"labels": options.labels if options.labels != shipped else None, "molecules": options.n_molecules}
    given |= {"pretrain-epochs": options.pretrain_epochs, "epochs": options.epochs, "cycles": options.cycles}
    given |= {"seed": options.seed if options.seed != TrainOptions().seed else None}
    pairs = [
        *given.items(),
        *(("more-labels", path) for path in options.more_labels),
        ("pretrained", options.pretrained),
    ]
    if options.pretrain_labels != TrainOptions().pretrain_labels:
        pairs += [("pretrain-labels", path) for path in options.pretrain_labels]
    return " ".join([f"eigenscope train {key}", *(f"--{name} {x}" for name, x in pairs if x is not None)])


def save_card(card: ModelCard, out: Path) -> ModelCard:
    """Write a card into a learner's folder, with the checksums of the weights that are there; return it as written."""
    card = card.model_copy(update={"weights": weight_checksums(out)})
    write_text(out / CARD, card.model_dump_json(indent=1))
    return card


def round_record(record: Record) -> Record:
    """Round a record of the history: a card is read by people."""
    return {k: round(v, 5) if isinstance(v, float) else v for k, v in record.items()}
