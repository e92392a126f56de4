"""Which labels a training learns from, and which it watches."""

import numpy as np

from core.labels.label_set import LabelSet, training_split
from core.models.fitting.recipe import TrainOptions


def training_parts(labels: LabelSet, options: TrainOptions) -> tuple[LabelSet, LabelSet]:
    """Return what is trained on, cut to `n_molecules`, and the validation part."""
    train, valid = training_split(labels, valid_fraction=options.valid_fraction, seed=1)
    if options.n_molecules is not None:
        draw = np.random.default_rng(options.seed).permutation(len(train))
        train = train.select(draw < options.n_molecules)
    return train, valid
