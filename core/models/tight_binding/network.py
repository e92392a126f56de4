"""The flagship: a network that writes a molecule's small Hamiltonian, which is then diagonalised.

Atoms see their surroundings through continuous-filter convolutions (Schuett et al., NeurIPS 2017, arXiv:1706.08566),
plus a few vectors per atom whose lengths and projections on bonds carry the angles (Schuett et al., ICML 2021,
arXiv:2102.03150). From the atoms' features a Slater-Koster Hamiltonian (Slater and Koster, Phys. Rev. 1954,
doi 10.1103/PhysRev.94.1498) in a minimal orthogonal valence basis is made: s on H; s, p on the others.
Its eigenvalues are the levels, its eigenvectors the explanation. Rotation, translation, permutation and mirror
invariance are exact by construction.
"""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn

from core.elements import BY_NUMBER, QM9_NUMBERS
from core.models.batch import Batch
from core.models.radial import cosine_envelope, radial_centres, radial_spacing, spread_gaussians

PAD_EV = 60.0  # energy of orbitals that pad a batch: far above every real one, near enough for float32
# By atomic number, of all elements that the program knows
VALENCE_ELECTRONS, ORBITALS = (torch.zeros(max(BY_NUMBER) + 1, dtype=torch.int64) for _ in range(2))
for _element in BY_NUMBER.values():
    VALENCE_ELECTRONS[_element.number] = _element.n_valence_electrons
    ORBITALS[_element.number] = _element.n_orbitals
HARRISON_EV = (-4.7, 11.0, -2.7, 6.2)  # ss-sigma, pp-sigma, pp-pi, sp-sigma at 1.5 Angstrom (Harrison 1980)
N_SYMMETRIC, N_DIRECTED = 3, 4  # per pair: (ss, pp-sigma, pp-pi); per order of the pair: (sp, a, b, c)


@dataclass(frozen=True)
class TightBindingConfig:
    """What the network is for, and its sizes; lengths in Angstrom.

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
    """The p pairs i < j of a batch's atoms that are within the cutoff in any of its molecules."""

    first: Tensor  # (p,) index i
    second: Tensor  # (p,) index j
    unit: Tensor  # (n_molecules, p, 3) from i to j
    distance: Tensor  # (n_molecules, p) [Angstrom]
    envelope: Tensor  # (n_molecules, p, 1) 1 at contact, smoothly 0 at the cutoff and where there is no atom
    into_first: Tensor  # (n_molecules, n, p) 0/1: adds up over the pairs that an atom is first in
    into_second: Tensor  # (n_molecules, n, p)
    arrows_from_first: Tensor  # (n_molecules, 3 n, p) the same times the unit vector, away from the atom
    arrows_from_second: Tensor  # (n_molecules, 3 n, p)

    def gather(self, per_atom: Tensor) -> tuple[Tensor, Tensor]:
        """Return the features of the first and of the second atom of each pair."""
        return per_atom.index_select(1, self.first), per_atom.index_select(1, self.second)

    def collect(self, to_first: Tensor, to_second: Tensor) -> Tensor:
        """Sum (n_molecules, p, k) contributions into atoms: (n_molecules, n, k)."""
        return torch.baddbmm(torch.bmm(self.into_first, to_first), self.into_second, to_second)

    def collect_arrows(self, to_first: Tensor, to_second: Tensor) -> Tensor:
        """Sum contributions times the unit vector to the other atom: (n_molecules, p, k) -> (n_molecules, n, 3, k)."""
        total = torch.baddbmm(torch.bmm(self.arrows_from_first, to_first), self.arrows_from_second, to_second)
        energies: Tensor = total.unflatten(1, (-1, 3))
        return energies


def make_pairs(batch: Batch, cutoff: float) -> Pairs:
    """Return the pairs of a batch with unit vectors, distances and the cosine envelope."""
    n_atoms = batch.numbers.shape[1]
    first, second = torch.triu_indices(n_atoms, n_atoms, offset=1, device=batch.numbers.device)
    difference = batch.positions[:, second] - batch.positions[:, first]
    real = (batch.numbers[:, first] > 0) & (batch.numbers[:, second] > 0)
    distance = difference.square().sum(-1).clamp_min(1e-6).sqrt()
    near = (real & (distance < cutoff)).any(0)  # in a long molecule few are: work grows with its length, not its square
    if not near.all():
        first, second, real = first[near], second[near], real[:, near]
        difference, distance = difference[:, near], distance[:, near]
    envelope = cosine_envelope(distance, cutoff) * real
    unit = difference / distance[..., None]
    atoms = torch.arange(n_atoms, device=first.device)[:, None]
    into_first, into_second = ((atoms == index).to(distance.dtype) for index in (first, second))
    across = unit.transpose(1, 2)[:, None]  # (n_molecules, 1, 3, p)
    return Pairs(
        first,
        second,
        unit,
        distance,
        envelope[..., None],
        into_first.expand(len(unit), -1, -1),
        into_second.expand(len(unit), -1, -1),
        (into_first[:, None] * across).flatten(1, 2),
        (-into_second[:, None] * across).flatten(1, 2),
    )


class Interaction(nn.Module):
    """One pass of messages: scalars through radial filters, and vectors whose lengths are scalars again."""

    def __init__(self, config: TightBindingConfig) -> None:
        super().__init__()
        width, vectors = config.n_features, config.n_vectors
        self.filter = nn.Linear(config.n_radial, width + vectors)
        self.source = nn.Linear(width, width + vectors, bias=False)
        self.mix = nn.Linear(vectors, vectors, bias=False)
        self.update = nn.Sequential(nn.Linear(width + 2 * vectors, width), nn.SiLU(), nn.Linear(width, width))
        self.widths = (width, vectors)

    def forward(self, scalars: Tensor, vectors: Tensor, radial: Tensor, pairs: Pairs) -> tuple[Tensor, Tensor]:
        """Scalars (b, n, width), vectors (b, n, 3, n_vectors) -> the same, updated.

        radial (b, p, n_radial + 1): the basis and a one for the bias, times the envelope.
        """
        filters = torch.cat([self.filter.weight, self.filter.bias[:, None]], 1)
        filters = radial @ filters.T  # (b, p, width + vectors)
        from_first, from_second = pairs.gather(self.source(scalars))
        to_first, to_second = filters * from_second, filters * from_first
        scalar_to_first, vector_to_first = to_first.split(self.widths, -1)
        scalar_to_second, vector_to_second = to_second.split(self.widths, -1)
        message = pairs.collect(scalar_to_first, scalar_to_second)
        pull = pairs.collect_arrows(vector_to_first, vector_to_second)
        vectors = self.mix(vectors) + pull
        lengths = vectors.square().sum(2)  # (b, n, n_vectors)
        overlap = (vectors * self.mix(vectors)).sum(2)
        return scalars + self.update(torch.cat([message, lengths, overlap], -1)), vectors


class PairReadout(nn.Module):
    """Scalars of each pair of atoms, in both orders: (b, p, N_SYMMETRIC) and twice (b, p, N_DIRECTED) [eV]."""

    def __init__(self, config: TightBindingConfig) -> None:
        super().__init__()
        width = config.n_features
        self.near, self.far = nn.Linear(width, width), nn.Linear(width, width, bias=False)
        self.product = nn.Linear(width, width, bias=False)
        self.radial = nn.Linear(config.n_radial, width, bias=False)
        self.angle_near = nn.Linear(config.n_vectors, width, bias=False)
        self.angle_far = nn.Linear(config.n_vectors, width, bias=False)
        self.out = nn.Sequential(nn.SiLU(), nn.Linear(width, width), nn.SiLU())
        self.last = nn.Linear(width, N_SYMMETRIC + N_DIRECTED)
        nn.init.normal_(self.last.weight, std=0.02)

    def forward(self, scalars: Tensor, vectors: Tensor, radial: Tensor, pairs: Pairs) -> tuple[Tensor, Tensor, Tensor]:
        """Return what the class says, from inputs as of `Interaction.forward`."""
        near = pairs.gather(self.near(scalars))
        far = pairs.gather(self.far(scalars))
        product = pairs.gather(self.product(scalars))
        even = product[0] * product[1]
        # projections of each atom's vectors on the bond, both seen from that atom: (b, p, n_vectors)
        toward = [
            sign * torch.einsum("bpxv,bpx->bpv", v, pairs.unit)
            for sign, v in zip((1, -1), pairs.gather(vectors), strict=True)
        ]
        weights = torch.cat([self.radial.weight, self.angle_near.weight, self.angle_far.weight], 1)
        outputs = []
        for one, other in ((0, 1), (1, 0)):
            hidden = torch.cat([radial, toward[one], toward[other]], -1) @ weights.T
            hidden = hidden.add_(near[one]).add_(far[other]).add_(even)
            outputs.append(self.last(self.out(hidden)) * pairs.envelope)
        symmetric = outputs[0][..., :N_SYMMETRIC] + outputs[1][..., :N_SYMMETRIC]
        return symmetric, outputs[0][..., N_SYMMETRIC:], outputs[1][..., N_SYMMETRIC:]


class TightBindingNetwork(nn.Module):
    """Atomic numbers and positions in, Hamiltonians out; `levels` diagonalises them."""

    config_class: ClassVar = TightBindingConfig
    title: ClassVar = "tight-binding network"

    def __init__(self, config: TightBindingConfig) -> None:
        super().__init__()
        self.config = config
        width = config.n_features
        self.embedding = nn.Embedding(config.n_embedded, width, padding_idx=0)
        self.interactions = nn.ModuleList(Interaction(config) for _ in range(config.n_layers))
        self.pair_readout = PairReadout(config)
        self.onsite = nn.Sequential(nn.Linear(width, width), nn.SiLU(), nn.Linear(width, 2))
        start = torch.zeros(config.n_embedded, 2)
        for number in config.elements:
            start[number] = torch.tensor(BY_NUMBER[number].onsite_ev)
        self.element_ev = nn.Parameter(start)
        self.decay = nn.Parameter(torch.full((4,), 0.7))  # Angstrom
        self.hopping_ev = nn.Parameter(torch.tensor(HARRISON_EV))
        self.centres: Tensor
        self.register_buffer("centres", radial_centres(config.cutoff, config.n_radial), persistent=False)

    def forward(self, batch: Batch) -> tuple[Tensor, Tensor, Tensor]:
        """Return Hamiltonians, the atom of each orbital, and the atoms' features.

        H (b, m, m) [eV]; atoms (b, m), -1 for padding, s before p on an atom; features (b, n, n_features).
        """
        pairs = make_pairs(batch, self.config.cutoff)
        spacing = radial_spacing(self.config.cutoff, self.config.n_radial)
        radial = spread_gaussians(pairs.distance, self.centres, spacing)
        scalars = self.embedding(batch.numbers)
        filtered = torch.cat([radial, torch.ones_like(pairs.envelope)], -1) * pairs.envelope
        vectors = scalars.new_zeros(*batch.numbers.shape, 3, self.config.n_vectors)
        for interaction in self.interactions:
            scalars, vectors = interaction(scalars, vectors, filtered, pairs)
        symmetric, forward, backward = self.pair_readout(scalars, vectors, radial, pairs)
        hop = self.pair_blocks(symmetric, forward, backward, pairs)
        site = self.site_blocks(batch.numbers, scalars, forward, backward, pairs)
        return *assemble(batch.numbers, pairs, hop, site), scalars

    def pair_blocks(self, symmetric: Tensor, forward: Tensor, backward: Tensor, pairs: Pairs) -> Tensor:
        """Return the Slater-Koster blocks (b, p, 4, 4) [eV], rows on the first atom."""
        start = self.hopping_ev * torch.exp((1.5 - pairs.distance[..., None]) / self.decay) * pairs.envelope
        ss, sigma, pi = (symmetric + start[..., :3]).unbind(-1)
        sp, ps = forward[..., 0] + start[..., 3], backward[..., 0] + start[..., 3]
        unit = pairs.unit
        outer = unit[..., :, None] * unit[..., None, :]
        eye = torch.eye(3, dtype=unit.dtype, device=unit.device)
        pp = (sigma - pi)[..., None, None] * outer + pi[..., None, None] * eye
        top = torch.cat([ss[..., None], sp[..., None] * unit], -1)[..., None, :]
        return torch.cat([top, torch.cat([-(ps[..., None] * unit)[..., None], pp], -1)], -2)

    def site_blocks(self, numbers: Tensor, scalars: Tensor, forward: Tensor, backward: Tensor, pairs: Pairs) -> Tensor:
        """Return the on-site blocks (b, n, 4, 4) [eV]: element constants, environment, and its anisotropic pull."""
        energies = self.element_ev[numbers] + self.onsite(scalars)  # (b, n, 2)
        unit = pairs.unit
        outer = (unit[..., :, None] * unit[..., None, :]).flatten(-2)
        eye = torch.eye(3, dtype=unit.dtype, device=unit.device)

        def pull(directed: Tensor, sign: float) -> Tensor:
            _, a, b, c = directed.unbind(-1)
            return torch.cat([a[..., None] * outer, b[..., None], sign * c[..., None] * unit], -1)

        total = pairs.collect(pull(forward, 1.0), pull(backward, -1.0))  # (b, n, 9 + 1 + 3)
        pp = total[..., :9].unflatten(-1, (3, 3)) + (energies[..., 1] + total[..., 9])[..., None, None] * eye
        sp = total[..., 10:]
        top = torch.cat([energies[..., :1], sp], -1)[..., None, :]
        return torch.cat([top, torch.cat([sp[..., None], pp], -1)], -2)

    def levels(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """Return orbital energies (b, m) [eV] ascending, padding last, and the number of occupied ones (b,)."""
        hamiltonian, _, _ = self(batch)
        return torch.linalg.eigvalsh(hamiltonian), n_valence_levels(batch.numbers)


def n_valence_levels(numbers: Tensor) -> Tensor:
    """Return half the valence electrons: (..., n) atomic numbers -> (...)."""
    return VALENCE_ELECTRONS.to(numbers.device)[numbers].sum(-1) // 2


def assemble(numbers: Tensor, pairs: Pairs, hop: Tensor, site: Tensor) -> tuple[Tensor, Tensor]:
    """Return H (b, m, m) and each orbital's atom (b, m) from pair blocks (b, p, 4, 4) and site blocks (b, n, 4, 4)."""
    n_atoms, n_pairs = numbers.shape[1], hop.shape[1]
    device = numbers.device
    shells = torch.arange(4, device=device)
    exists = (shells < ORBITALS.to(device)[numbers][..., None]).flatten(1)  # (b, 4 n)
    m = int(exists.sum(1).max())
    orbital = torch.argsort((~exists).to(torch.uint8), dim=1, stable=True)[:, :m]
    real = exists.gather(1, orbital)
    atom, shell = orbital // 4, orbital % 4
    # which stored block joins atoms i and j: last comes one of zeros, for atoms that are no pair
    block = torch.full((n_atoms, n_atoms), 2 * n_pairs + n_atoms, dtype=torch.int64, device=device)
    order = torch.arange(n_pairs, device=device)
    block[pairs.first, pairs.second], block[pairs.second, pairs.first] = order, n_pairs + order
    sites = torch.arange(n_atoms, device=device)
    block[sites, sites] = 2 * n_pairs + sites
    where = block[atom[:, :, None], atom[:, None, :]] * 16 + shell[:, :, None] * 4 + shell[:, None, :]
    stored = torch.cat([hop, hop.transpose(-1, -2), site, torch.zeros_like(site[:, :1])], 1).flatten(1)
    hamiltonian = stored.gather(1, where.flatten(1)).unflatten(1, (m, m))
    hamiltonian = hamiltonian * (real[:, :, None] & real[:, None, :])
    padding = torch.diag_embed(PAD_EV * (~real).to(hamiltonian.dtype))
    return hamiltonian + padding, torch.where(real, atom, -1)
