"""The flagship: a network that writes a molecule's small Hamiltonian, which is then diagonalised.

Atoms see their surroundings through continuous-filter convolutions (Schuett et al., NeurIPS 2017, arXiv:1706.08566),
plus a few vectors per atom whose lengths and projections on bonds carry the angles (Schuett et al., ICML 2021,
arXiv:2102.03150). From the atoms' features a Slater-Koster Hamiltonian (Slater and Koster, Phys. Rev. 1954,
doi 10.1103/PhysRev.94.1498) in a minimal orthogonal valence basis is made: s on H; s, p on the others.
Its eigenvalues are the levels, its eigenvectors the explanation. Rotation, translation, permutation and mirror
invariance are exact by construction.
"""

from typing import ClassVar

import torch
from torch import Tensor, nn

from core.elements import BY_NUMBER
from core.models.batch import Batch
from core.models.messages import AtomConfig, AtomNetwork, PairReadout, Pairs

PAD_EV = 60.0  # energy of orbitals that pad a batch: far above every real one, near enough for float32
# By atomic number, of all elements that the program knows
VALENCE_ELECTRONS, ORBITALS = (torch.zeros(max(BY_NUMBER) + 1, dtype=torch.int64) for _ in range(2))
for _element in BY_NUMBER.values():
    VALENCE_ELECTRONS[_element.number] = _element.n_valence_electrons
    ORBITALS[_element.number] = _element.n_orbitals
HARRISON_EV = (-4.7, 11.0, -2.7, 6.2)  # ss-sigma, pp-sigma, pp-pi, sp-sigma at 1.5 Angstrom (Harrison 1980)
N_SYMMETRIC, N_DIRECTED = 3, 4  # per pair: (ss, pp-sigma, pp-pi); per order of the pair: (sp, a, b, c)


class TightBindingConfig(AtomConfig):
    """What the network is for, and its sizes."""


class TightBindingNetwork(AtomNetwork):
    """Atomic numbers and positions in, Hamiltonians out; `levels` diagonalises them."""

    config_class: ClassVar = TightBindingConfig
    title: ClassVar = "tight-binding network"

    def __init__(self, config: TightBindingConfig) -> None:
        super().__init__(config)
        width = config.n_features
        self.pair_readout = PairReadout(config, n_symmetric=N_SYMMETRIC, n_directed=N_DIRECTED)
        self.onsite = nn.Sequential(nn.Linear(width, width), nn.SiLU(), nn.Linear(width, 2))
        start = torch.zeros(config.n_embedded, 2)
        for number in config.elements:
            start[number] = torch.tensor(BY_NUMBER[number].onsite_ev)
        self.element_ev = nn.Parameter(start)
        self.decay = nn.Parameter(torch.full((4,), 0.7))  # Angstrom
        self.hopping_ev = nn.Parameter(torch.tensor(HARRISON_EV))

    def forward(self, batch: Batch) -> tuple[Tensor, Tensor, Tensor]:
        """Return Hamiltonians, the atom of each orbital, and the atoms' features.

        H (b, m, m) [eV]; atoms (b, m), -1 for padding, s before p on an atom; features (b, n, n_features).
        """
        scalars, vectors, radial, pairs = self.look_around(batch)
        symmetric, forward, backward = self.pair_readout(scalars, vectors, radial, pairs)
        hop = self.pair_blocks(symmetric, forward, backward, pairs)
        site = self.site_blocks(batch.numbers.flatten(), scalars, forward, backward, pairs)
        return *assemble(batch.numbers, pairs, hop, site), scalars.unflatten(0, batch.numbers.shape)

    def pair_blocks(self, symmetric: Tensor, forward: Tensor, backward: Tensor, pairs: Pairs) -> Tensor:
        """Return the Slater-Koster blocks (p, 4, 4) [eV], rows on the first atom."""
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
        """Return the on-site blocks (n_places, 4, 4) [eV]: element constants, environment, and its anisotropic pull."""
        energies = self.element_ev[numbers] + self.onsite(scalars)  # (n_places, 2)
        unit = pairs.unit
        outer = (unit[..., :, None] * unit[..., None, :]).flatten(-2)
        eye = torch.eye(3, dtype=unit.dtype, device=unit.device)

        def pull(directed: Tensor, sign: float) -> Tensor:
            _, a, b, c = directed.unbind(-1)
            return torch.cat([a[..., None] * outer, b[..., None], sign * c[..., None] * unit], -1)

        total = pairs.collect(pull(forward, 1.0), pull(backward, -1.0))  # (n_places, 9 + 1 + 3)
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
    """Return H (b, m, m) and each orbital's atom (b, m) from pair blocks (p, 4, 4) and site blocks (b n, 4, 4)."""
    n_molecules, n_atoms = numbers.shape
    n_pairs, device = len(hop), numbers.device
    shells = torch.arange(4, device=device)
    exists = (shells < ORBITALS.to(device)[numbers][..., None]).flatten(1)  # (b, 4 n)
    m = int(exists.sum(1).max())
    orbital = torch.argsort((~exists).to(torch.uint8), dim=1, stable=True)[:, :m]
    real = exists.gather(1, orbital)
    atom, shell = orbital // 4, orbital % 4
    # which stored block joins atoms i and j of a molecule: last comes one of zeros, for atoms that are no pair
    block = torch.full((n_molecules * n_atoms, n_atoms), 2 * n_pairs + len(site), dtype=torch.int64, device=device)
    order = torch.arange(n_pairs, device=device)
    block[pairs.first, pairs.second % n_atoms] = order
    block[pairs.second, pairs.first % n_atoms] = n_pairs + order
    places = torch.arange(n_molecules * n_atoms, device=device)
    block[places, places % n_atoms] = 2 * n_pairs + places
    row = atom + n_atoms * torch.arange(n_molecules, device=device)[:, None]  # (b, m) its atom's place
    where = block[row[:, :, None], atom[:, None, :]] * 16 + shell[:, :, None] * 4 + shell[:, None, :]
    stored = torch.cat([hop, hop.transpose(-1, -2), site, torch.zeros_like(site[:1])]).flatten()
    hamiltonian = stored.index_select(0, where.flatten()).unflatten(0, (n_molecules, m, m))
    hamiltonian = hamiltonian * (real[:, :, None] & real[:, None, :])
    padding = torch.diag_embed(PAD_EV * (~real).to(hamiltonian.dtype))
    return hamiltonian + padding, torch.where(real, atom, -1)
