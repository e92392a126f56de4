"""Atoms see their surroundings: pairs within a cutoff, and messages between them. Every network over atoms and pairs uses it.

Continuous-filter convolutions (Schuett et al., NeurIPS 2017, arXiv:1706.08566), plus a few vectors per atom whose lengths and
projections on bonds carry the angles (Schuett et al., ICML 2021, arXiv:2102.03150).
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from core.elements import QM9_NUMBERS
from core.models.batch import Batch
from core.models.radial import cosine_envelope, radial_centres, radial_spacing, spread_gaussians


@dataclass(frozen=True)
class AtomConfig:
    """What a network over atoms and pairs is for, and its sizes; lengths in Angstrom.

    Attributes
    ----------
    elements : tuple of int
        Atomic numbers that it can be given. The default is what networks were for that do not state it.
    """

    n_features: int = 64
    n_layers: int = 3
    n_radial: int = 32
    n_vectors: int = 16
    cutoff: float = 6.5
    elements: tuple[int, ...] = QM9_NUMBERS

    @property
    def n_embedded(self) -> int:
        """Rows of what is learnt by atomic number; 0 is no atom."""
        return max(self.elements) + 1


@dataclass(frozen=True)
class Pairs:
    """The p pairs of atoms of one molecule that are within the cutoff; atoms are numbered through the padded batch.

    Attributes
    ----------
    first, second : (p,)
        Places of the two atoms.
    unit : (p, 3)
        From the first to the second.
    distance : (p,) [Angstrom]
    envelope : (p, 1)
        1 at contact, smoothly 0 at the cutoff.
    n_places : int
        Atoms of the padded batch.
    """

    first: Tensor
    second: Tensor
    unit: Tensor
    distance: Tensor
    envelope: Tensor
    n_places: int

    def gather(self, per_atom: Tensor) -> tuple[Tensor, Tensor]:
        """Return the features (n_places, ...) of the first and of the second atom of each pair."""
        return per_atom.index_select(0, self.first), per_atom.index_select(0, self.second)

    def collect(self, to_first: Tensor, to_second: Tensor) -> Tensor:
        """Sum contributions (p, ...) into atoms: (n_places, ...)."""
        total = to_first.new_zeros(self.n_places, *to_first.shape[1:])
        return total.index_add(0, self.first, to_first).index_add(0, self.second, to_second)

    def collect_arrows(self, to_first: Tensor, to_second: Tensor) -> Tensor:
        """Sum contributions times the unit vector to the other atom: (p, k) -> (n_places, 3, k)."""
        arrow = self.unit[..., None]
        return self.collect(arrow * to_first[:, None], -arrow * to_second[:, None])


def make_pairs(batch: Batch, cutoff: float) -> Pairs:
    """Return the pairs of a batch with unit vectors, distances and the cosine envelope."""
    n_molecules, n_atoms = batch.numbers.shape
    real = batch.numbers > 0
    squares = (batch.positions[:, :, None] - batch.positions[:, None]).square().sum(-1)
    near = (squares < cutoff**2) & real[:, :, None] & real[:, None]
    molecule, i, j = torch.triu(near, diagonal=1).nonzero(as_tuple=True)
    first, second = molecule * n_atoms + i, molecule * n_atoms + j
    positions = batch.positions.flatten(0, 1)
    difference = positions[second] - positions[first]
    distance = difference.square().sum(-1).clamp_min(1e-6).sqrt()
    envelope = cosine_envelope(distance, cutoff)[:, None]
    return Pairs(first, second, difference / distance[:, None], distance, envelope, n_molecules * n_atoms)


class Interaction(nn.Module):
    """One pass of messages: scalars through radial filters, and vectors whose lengths are scalars again."""

    def __init__(self, config: AtomConfig) -> None:
        super().__init__()
        width, vectors = config.n_features, config.n_vectors
        self.filter = nn.Linear(config.n_radial, width + vectors)
        self.source = nn.Linear(width, width + vectors, bias=False)
        self.mix = nn.Linear(vectors, vectors, bias=False)
        self.update = nn.Sequential(nn.Linear(width + 2 * vectors, width), nn.SiLU(), nn.Linear(width, width))
        self.width = width

    def forward(self, scalars: Tensor, vectors: Tensor, radial: Tensor, pairs: Pairs) -> tuple[Tensor, Tensor]:
        """Scalars (n_places, width), vectors (n_places, 3, n_vectors) -> the same, updated.

        radial (p, n_radial + 1): the basis and a one for the bias, times the envelope.
        """
        filters = torch.cat([self.filter.weight, self.filter.bias[:, None]], 1)
        filters = radial @ filters.T  # (p, width + vectors)
        from_first, from_second = pairs.gather(self.source(scalars))
        to_first, to_second = filters * from_second, filters * from_first
        # whole rows: to collect a part of each takes five times as long
        message = pairs.collect(to_first, to_second)[:, : self.width]
        pull = pairs.collect_arrows(to_first[:, self.width :], to_second[:, self.width :])
        vectors = self.mix(vectors) + pull
        lengths = vectors.square().sum(1)  # (n_places, n_vectors)
        overlap = (vectors * self.mix(vectors)).sum(1)
        return scalars + self.update(torch.cat([message, lengths, overlap], -1)), vectors


class PairReadout(nn.Module):
    """Scalars of each pair of atoms: (p, n_symmetric), alike in both orders, and (p, n_directed) in either order."""

    def __init__(self, config: AtomConfig, *, n_symmetric: int, n_directed: int) -> None:
        super().__init__()
        self.n_symmetric = n_symmetric
        width = config.n_features
        self.near, self.far = nn.Linear(width, width), nn.Linear(width, width, bias=False)
        self.product = nn.Linear(width, width, bias=False)
        self.radial = nn.Linear(config.n_radial, width, bias=False)
        self.angle_near = nn.Linear(config.n_vectors, width, bias=False)
        self.angle_far = nn.Linear(config.n_vectors, width, bias=False)
        self.out = nn.Sequential(nn.SiLU(), nn.Linear(width, width), nn.SiLU())
        self.last = nn.Linear(width, n_symmetric + n_directed)
        nn.init.normal_(self.last.weight, std=0.02)

    def forward(self, scalars: Tensor, vectors: Tensor, radial: Tensor, pairs: Pairs) -> tuple[Tensor, Tensor, Tensor]:
        """Return what the class says, from inputs as of `Interaction.forward`."""
        near = pairs.gather(self.near(scalars))
        far = pairs.gather(self.far(scalars))
        product = pairs.gather(self.product(scalars))
        even = product[0] * product[1]
        # projections of each atom's vectors on the bond, both seen from that atom: (p, n_vectors)
        arrow = pairs.unit[..., None]
        toward = [sign * (v * arrow).sum(1) for sign, v in zip((1, -1), pairs.gather(vectors), strict=True)]
        alike = torch.addmm(even, radial, self.radial.weight.T)  # in both orders
        angles = torch.cat([self.angle_near.weight, self.angle_far.weight], 1).T
        outputs = []
        for one, other in ((0, 1), (1, 0)):
            hidden = torch.addmm(alike, torch.cat([toward[one], toward[other]], -1), angles)
            hidden = hidden.add_(near[one]).add_(far[other])
            outputs.append(self.last(self.out(hidden)) * pairs.envelope)
        symmetric = outputs[0][..., : self.n_symmetric] + outputs[1][..., : self.n_symmetric]
        return symmetric, outputs[0][..., self.n_symmetric :], outputs[1][..., self.n_symmetric :]


class AtomNetwork(nn.Module):
    """What networks over atoms and pairs begin with: elements embedded, then messages between the atoms."""

    def __init__(self, config: AtomConfig) -> None:
        super().__init__()
        self.config = config
        self.embedding = nn.Embedding(config.n_embedded, config.n_features, padding_idx=0)
        self.interactions = nn.ModuleList(Interaction(config) for _ in range(config.n_layers))
        self.centres: Tensor
        self.register_buffer("centres", radial_centres(config.cutoff, config.n_radial), persistent=False)

    def look_around(self, batch: Batch) -> tuple[Tensor, Tensor, Tensor, Pairs]:
        """Return what the atoms know after all messages, as `PairReadout` takes it.

        Scalars (n_places, n_features), vectors (n_places, 3, n_vectors), the radial basis of the pairs (p, n_radial), the pairs.
        """
        pairs = make_pairs(batch, self.config.cutoff)
        spacing = radial_spacing(self.config.cutoff, self.config.n_radial)
        radial = spread_gaussians(pairs.distance, self.centres, spacing)
        scalars = self.embedding(batch.numbers.flatten())
        filtered = torch.cat([radial, torch.ones_like(pairs.envelope)], -1) * pairs.envelope
        vectors = scalars.new_zeros(len(scalars), 3, self.config.n_vectors)
        for interaction in self.interactions:
            scalars, vectors = interaction(scalars, vectors, filtered, pairs)
        return scalars, vectors, radial, pairs
