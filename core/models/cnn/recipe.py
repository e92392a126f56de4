"""Train the convolutional network, on levels or on spectra: what was chosen for it on the validation part."""

from core.features.coulomb_matrix import MATRIX_LIMIT
from core.models.cnn.learner import ARCHITECTURE
from core.models.cnn.network import ConvolutionalConfig
from core.models.direct.fit import DirectSettings, direct_recipes
from core.models.fitting.loop import FitOptions

SETTINGS = DirectSettings(
    name="CNN",
    architecture=ARCHITECTURE,
    config=ConvolutionalConfig(),
    options=FitOptions(epochs=80, batch_size=64, learning_rate=1e-3),
    noise=1.0,
    description=(
        "convolutional network, two layers of {n_channels} crosses of a row and a column (Kawahara et al. 2017), then "
        "{n_features} features a row and two dense layers of {n_hidden}, on the row-norm sorted Coulomb matrix; trained on "
        "randomly sorted ones (Montavon et al. 2013)"
    ),
    room="at most {n_atoms} atoms, {n_heavy} of them heavy",
    limits=(MATRIX_LIMIT,),
)
RECIPES = direct_recipes("cnn", SETTINGS)
