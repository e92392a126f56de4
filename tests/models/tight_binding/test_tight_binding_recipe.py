"""What a training of the tight-binding network is for."""

import numpy as np
import pandas as pd

from core.labels.label_set import LabelSet, elements_of


def test_elements_are_those_of_all_labels():
    water, methane, sulphide = (np.array(z, np.uint8) for z in ([8, 1, 1], [6, 1, 1, 1, 1], [16, 1, 1]))
    sets = [LabelSet(pd.DataFrame({"numbers": rows})) for rows in ([water, methane], [sulphide])]
    assert elements_of(*sets) == (1, 6, 8, 16)
