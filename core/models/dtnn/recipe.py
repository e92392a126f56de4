"""Train the deep tensor network, on levels or on spectra: what was chosen for it on the validation part."""

from core.models.direct.fit import DirectSettings, direct_recipes
from core.models.dtnn.learner import ARCHITECTURE
from core.models.dtnn.network import DeepTensorConfig
from core.models.fitting.loop import FitOptions

SETTINGS = DirectSettings(
    name="DTNN",
    architecture=ARCHITECTURE,
    config=DeepTensorConfig(),
    options=FitOptions(epochs=80, batch_size=32, learning_rate=2e-3),
    description=(
        "deep tensor network (Schuett et al. 2017): {n_passes} passes of {n_features} features within {cutoff} Angstrom, "
        "pooled by {n_heads} softmax-weighted means over the atoms"
    ),
    room="any size",
)
RECIPES = direct_recipes("dtnn", SETTINGS)
