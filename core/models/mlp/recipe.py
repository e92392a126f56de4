"""Train the perceptron, on levels or on spectra: what was chosen for it on the validation part."""

from core.features.coulomb_matrix import MATRIX_LIMIT
from core.models.direct.fit import DirectSettings, direct_recipes
from core.models.fitting.loop import FitOptions
from core.models.mlp.learner import ARCHITECTURE
from core.models.mlp.network import PerceptronConfig

SETTINGS = DirectSettings(
    name="MLP",
    architecture=ARCHITECTURE,
    config=PerceptronConfig(),
    options=FitOptions(epochs=100, batch_size=64, learning_rate=1e-3),
    noise=1.0,
    description=(
        "multilayer perceptron of {n_layers} layers of {n_hidden} on the upper triangle of the row-norm sorted Coulomb "
        "matrix; trained on randomly sorted ones (Montavon et al. 2013)"
    ),
    room="at most {n_atoms} atoms, {n_heavy} of them heavy",
    limits=(MATRIX_LIMIT,),
)
RECIPES = direct_recipes("mlp", SETTINGS)
