"""Arrays that value types hold: copies of their own that nobody changes."""

import numpy as np
from numpy.typing import ArrayLike, DTypeLike


def frozen(values: ArrayLike, dtype: DTypeLike = np.float64) -> np.ndarray:
    """Return a read-only copy of an array."""
    array = np.array(values, dtype)
    array.setflags(write=False)
    return array
