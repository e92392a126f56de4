"""Many-body tensor representation: how atoms, pairs and triples of elements are distributed, as smooth histograms.

Huo and Rupp 2022 (doi 10.1088/2632-2153/aca005), computed by DScribe (Himanen et al. 2020, doi 10.1016/j.cpc.2019.106949).
The terms are those of Stuke et al. 2019 (doi 10.1063/1.5086105): atomic numbers, inverse distances and cosines of angles,
pairs and triples weighted by an exponential of their size. Grids, widths and decay are our own: on the training molecules
the error hardly depends on them.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations_with_replacement, product
from typing import TYPE_CHECKING, Literal

import numpy as np
from ase import Atoms

from core.elements import QM9_SYMBOLS
from core.structure.domain import check_elements
from core.structure.geometry import Geometry

if TYPE_CHECKING:
    from dscribe.descriptors import MBTR

FEATURES_AT_ONCE = 512  # molecules at a time: 10 MB in DScribe's double precision
SMALLEST_WEIGHT = 1e-3  # of a pair or triple that is still counted
Normalization = Literal["none", "l2"]


@dataclass(frozen=True)
class Term:
    """One of the three distributions.

    Attributes
    ----------
    n_bodies : int
        Atoms that it looks at together.
    function, axis : str
        DScribe's name of what is distributed; ours, with its unit.
    low, high, step : float
        The axis. `high` of the atomic numbers is one more than the heaviest element's.
    sigma : float
        Width of the Gaussians, on the axis.
    decay : float or None
        Pairs count exp(-decay x distance), triples exp(-decay x perimeter) [1/Angstrom].
    norm : float
        Length of the vector of a typical QM9 molecule: what the term is divided by, so that the three count alike.
    """

    n_bodies: int
    function: str
    axis: str
    low: float
    high: float
    step: float
    sigma: float
    decay: float | None
    norm: float


TERMS = (
    Term(1, "atomic_number", "atomic number", 0.0, 0.0, 0.25, 0.25, None, 24.0),
    Term(2, "inverse_distance", "inverse distance / (1/Angstrom)", 0.0, 1.4, 0.025, 0.05, 0.5, 173.0),
    Term(3, "cosine", "cosine of the angle", -1.2, 1.2, 0.1, 0.15, 0.5, 37.0),
)


@dataclass(frozen=True, eq=False)
class TermCurve:
    """The distribution for one element, pair or triple, for a picture.

    Attributes
    ----------
    label : str
        "C", "C-H", or "H-C-H" with the atom at the angle's apex in the middle.
    axis : str
        With its unit.
    x, y : (n_points,) float64
        Weighted count per unit of the axis.
    """

    n_bodies: int
    label: str
    axis: str
    x: np.ndarray
    y: np.ndarray


class ManyBodyTensor:
    """One-, two- and three-body terms, one after another: about 5 ms a molecule of QM9 size.

    DScribe's own processes (n_jobs) take 20 s to start, so molecules go one after another.

    Parameters
    ----------
    elements : sequence of str
        Others are refused.
    normalization : str
        "none": extensive, each term divided by a typical molecule's norm; "l2": each term of unit length.
    """

    units = "weighted count per unit of each axis, divided by a typical molecule's"
    source = "Huo and Rupp 2022, doi 10.1088/2632-2153/aca005; terms of Stuke et al. 2019, doi 10.1063/1.5086105"

    def __init__(self, elements: Sequence[str] = QM9_SYMBOLS, *, normalization: Normalization = "none") -> None:
        self.elements = tuple(elements)
        self.normalization = normalization

    @cached_property
    def descriptors(self) -> list[MBTR]:
        """DScribe's own, one per term."""
        return [describe_term(term, self.elements) for term in TERMS]

    @property
    def n_features(self) -> int:
        """Length of a molecule's features."""
        return sum(d.get_number_of_features() for d in self.descriptors)

    @cached_property
    def labels(self) -> list[str]:
        """What each feature is."""
        names: list[str] = []
        for term, descriptor in zip(TERMS, self.descriptors, strict=True):
            places = sorted(((place.start, group) for group, place in self.groups(term, descriptor).items()))
            names += [f"{group} at {x:.3f}" for _, group in places for x in grid(descriptor)]
        return names

    def check(self, geometry: Geometry) -> None:
        """Raise DomainError if there is another element."""
        check_elements(geometry, self.elements)

    def __call__(self, geometries: Sequence[Geometry]) -> np.ndarray:
        """See `Featurizer.__call__`."""
        for geometry in geometries:
            self.check(geometry)
        chunks = [geometries[k : k + FEATURES_AT_ONCE] for k in range(0, len(geometries), FEATURES_AT_ONCE)]
        rows = [np.hstack([self.scaled(x, term) for term, x in self.raw(chunk)]) for chunk in chunks]
        return np.concatenate([np.zeros((0, self.n_features)), *rows]).astype(np.float32)

    def raw(self, geometries: Sequence[Geometry]) -> list[tuple[Term, np.ndarray]]:
        """Return each term with DScribe's (n_molecules, n_features of the term) float64."""
        atoms = [Atoms(g.numbers, g.positions) for g in geometries]
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Please use atoms.calc", FutureWarning)  # DScribe's own, about ASE
            return [
                (term, np.reshape(descriptor.create(atoms), (len(atoms), -1)))
                for term, descriptor in zip(TERMS, self.descriptors, strict=True)
            ]

    def scaled(self, values: np.ndarray, term: Term) -> np.ndarray:
        """Return a term's (n_molecules, n) made comparable to the others; zeros stay (one atom has no pairs)."""
        if self.normalization == "none":
            return values / term.norm
        lengths = np.linalg.norm(values, axis=1, keepdims=True)
        return values / np.where(lengths > 0, lengths, 1.0)

    def curves(self, geometry: Geometry) -> list[TermCurve]:
        """Return one molecule's distributions, those of groups that it has, for a picture.

        Raises
        ------
        DomainError
            If there is another element.
        """
        self.check(geometry)
        found = []
        for (term, values), descriptor in zip(self.raw([geometry]), self.descriptors, strict=True):
            for group, place in self.groups(term, descriptor).items():
                if values[0, place].any():
                    found.append(TermCurve(term.n_bodies, group, term.axis, grid(descriptor), values[0, place]))
        return found

    def groups(self, term: Term, descriptor: MBTR) -> dict[str, slice]:
        """Return where each element, pair or triple lies in a term's vector."""
        named: Iterable[tuple[str, ...]] = combinations_with_replacement(self.elements, term.n_bodies)
        if term.n_bodies == 3:
            pairs = combinations_with_replacement(self.elements, 2)
            named = ((one, apex, other) for apex, (one, other) in product(self.elements, pairs))
        return {"-".join(group): descriptor.get_location(group) for group in named}


def describe_term(term: Term, elements: Sequence[str]) -> MBTR:
    """Return DScribe's descriptor of a term."""
    from dscribe.descriptors import MBTR  # four seconds to import

    high = term.high or max(Atoms(elements).numbers) + 1.0
    weighting = {"function": "exp", "scale": term.decay, "threshold": SMALLEST_WEIGHT} if term.decay else None
    return MBTR(
        species=list(elements),
        geometry={"function": term.function},
        grid={"min": term.low, "max": high, "n": round((high - term.low) / term.step) + 1, "sigma": term.sigma},
        weighting=weighting,
        normalization="none",
    )


def grid(descriptor: MBTR) -> np.ndarray:
    """Return the points of a term's axis."""
    return np.linspace(descriptor.grid["min"], descriptor.grid["max"], descriptor.grid["n"])
