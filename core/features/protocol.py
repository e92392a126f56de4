"""What every featurizer promises."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from core.structure.geometry import Geometry


class Featurizer(Protocol):
    """Geometries to vectors of one length.

    Invariant, held by tests/features/test_featurizer_laws.py: the same molecule turned, shifted, mirrored or renumbered, alone or
    in company, has the same features to float32's precision.

    Attributes
    ----------
    n_features : int
    units : str
    source : str
        Authors, year, DOI.
    """

    @property
    def n_features(self) -> int:
        """Length of a molecule's features."""
        ...

    @property
    def units(self) -> str:
        """Unit of the features, for people."""
        ...

    @property
    def source(self) -> str:
        """Where the definition stands: authors, year, DOI."""
        ...

    @property
    def labels(self) -> list[str]:
        """Return what each feature stands for: n_features names, for pictures."""
        ...

    def check(self, geometry: Geometry) -> None:
        """Raise DomainError if the vector has no room for this molecule."""
        ...

    def __call__(self, geometries: Sequence[Geometry]) -> np.ndarray:
        """Return (n_molecules, n_features) float32.

        Raises
        ------
        DomainError
            If one of them does not pass `check`.
        """
        ...
