"""The smallest molecules: every closed shell of up to three heavy atoms that can be written, hydrogen, and some of four and five.

Sets of organic molecules hold hardly any of them, and nothing larger tells a network of H2, N2 or silane.
`eigenscope draw-smallest` writes them as Parquet, which `eigenscope label` reads.
"""

import random
from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import combinations_with_replacement, product

from rdkit import Chem

from core.campaigns.broad_set import BroadMolecule, constitution_of, is_likely
from core.campaigns.jobs import RATTLED
from core.labels.splits import is_kept_from_training

SMALLEST_IDS = "smallest-"  # how their ids begin
SMALLEST_SEED = 20261127
N_AT_RANDOM = 2500
SIZES_AT_RANDOM = (4, 5)  # heavy atoms
SHARE_OF_RINGS = 0.5
AtomState = tuple[str, int, int]  # element, charge, valence
Bond = tuple[int, int, int]  # two atoms, order
# What is written as neutral, and what stands beside a charge of the other sign; the numbers behind: how often at random
NEUTRAL: dict[AtomState, float] = {
    ("B", 0, 3): 3, ("C", 0, 4): 30, ("N", 0, 3): 12, ("O", 0, 2): 6, ("F", 0, 1): 1, ("Si", 0, 4): 3,
    ("P", 0, 3): 3, ("P", 0, 5): 2, ("S", 0, 2): 4, ("S", 0, 4): 1, ("S", 0, 6): 2, ("Cl", 0, 1): 1,
    ("Br", 0, 1): 1, ("I", 0, 1): 1,
}  # fmt: skip
POSITIVE: dict[AtomState, float] = {("N", 1, 4): 2, ("P", 1, 4): 1, ("O", 1, 3): 0.5, ("S", 1, 3): 1}
NEGATIVE: dict[AtomState, float] = {
    ("C", -1, 3): 1,
    ("N", -1, 2): 1,
    ("O", -1, 1): 1.5,
    ("S", -1, 1): 1,
    ("B", -1, 4): 1,
}
ATOM_STATES = NEUTRAL | POSITIVE | NEGATIVE
HYPERVALENT = {"P": 4, "S": 3}  # beyond it they carry no hydrogens here
TYPE_OF_ORDER = {1: Chem.BondType.SINGLE, 2: Chem.BondType.DOUBLE, 3: Chem.BondType.TRIPLE}
OFTEN = (0.6, 0.3, 0.1)  # an order at random
CHAINS_OF_THREE: list[tuple[Bond, ...]] = [((0, 1, a), (1, 2, b)) for a, b in product(TYPE_OF_ORDER, TYPE_OF_ORDER)]
RINGS_OF_THREE: list[tuple[Bond, ...]] = [((0, 1, a), (1, 2, b), (0, 2, 1)) for a, b in ((1, 1), (2, 1), (1, 2))]
BONDS_OF_SIZE: dict[int, Sequence[tuple[Bond, ...]]] = {
    1: [()],
    2: [((0, 1, order),) for order in TYPE_OF_ORDER],
    3: CHAINS_OF_THREE + RINGS_OF_THREE,
}
KINDS_OF_ONE_AND_TWO = ("xtb", "fast", RATTLED, RATTLED, RATTLED, RATTLED)


def write_molecule(states: Sequence[AtomState], bonds: Sequence[Bond]) -> Chem.Mol | None:
    """Return heavy atoms with those bonds, hydrogens where valences are not full.

    None where a valence is exceeded, a hydrogen would sit on hypervalent phosphorus or sulphur, a charge has no charge of
    the other sign beside it, or RDKit refuses.
    """
    mol, used = Chem.RWMol(), [0] * len(states)
    for symbol, charge, _ in states:
        atom = Chem.Atom(symbol)
        atom.SetFormalCharge(charge)
        atom.SetNoImplicit(True)
        mol.AddAtom(atom)
    for i, j, order in bonds:
        mol.AddBond(i, j, TYPE_OF_ORDER[order])
        used[i], used[j] = used[i] + order, used[j] + order
    for k, (symbol, charge, valence) in enumerate(states):
        beside = [a.GetFormalCharge() for a in mol.GetAtomWithIdx(k).GetNeighbors()]
        is_bare = valence > HYPERVALENT.get(symbol, valence) and used[k] < valence
        if used[k] > valence or is_bare or (charge and -charge not in beside):
            return None
        mol.GetAtomWithIdx(k).SetNumExplicitHs(valence - used[k])
    with suppress(Chem.MolSanitizeException, ValueError):
        Chem.SanitizeMol(mol)
        return Chem.MolFromSmiles(Chem.MolToSmiles(mol))
    return None


def has_one_charge_at_most(states: Sequence[AtomState]) -> bool:
    """Return whether atoms are neutral together, with one positive and one negative among them at most."""
    charges = [charge for _, charge, _ in states]
    return sum(charges) == 0 and sum(charge > 0 for charge in charges) <= 1


def all_molecules(n_heavy: int) -> Iterator[Chem.Mol]:
    """Yield what valences allow of one, two or three heavy atoms, often more than once."""
    combined = product(ATOM_STATES, repeat=3) if n_heavy == 3 else combinations_with_replacement(ATOM_STATES, n_heavy)
    for states in filter(has_one_charge_at_most, combined):
        for bonds in BONDS_OF_SIZE[n_heavy]:
            if (mol := write_molecule(states, bonds)) is not None:
                yield mol


def random_molecules(rng: random.Random) -> Iterator[Chem.Mol]:
    """Yield molecules of SIZES_AT_RANDOM without end: trees of atoms and bonds drawn at random, some closed to a ring."""
    names, often = list(ATOM_STATES), list(ATOM_STATES.values())
    while True:
        n_heavy = rng.choice(SIZES_AT_RANDOM)
        states = rng.choices(names, often, k=n_heavy)
        if not has_one_charge_at_most(states):
            continue
        ends = [(rng.randrange(k), k) for k in range(1, n_heavy)]
        if rng.random() < SHARE_OF_RINGS:
            ends.append(rng.choice([e for e in combinations_with_replacement(range(n_heavy), 2) if e[0] < e[1]]))
        bonds = [(i, j, rng.choices(list(TYPE_OF_ORDER), OFTEN)[0]) for i, j in set(ends)]
        if (mol := write_molecule(states, bonds)) is not None:
            yield mol


def new_molecules(molecules: Iterator[Chem.Mol], seen: set[str]) -> Iterator[Chem.Mol]:
    """Yield each constitution that is not among `seen`, to which it is added, but none kept aside or in a shipped test part."""
    for mol in filter(is_likely, molecules):
        key = constitution_of(mol)
        if key not in seen:
            seen.add(key)
            if not is_kept_from_training(key):
                yield mol


def smallest_molecules() -> Iterator[BroadMolecule]:
    """Yield those of up to two heavy atoms at each of KINDS_OF_ONE_AND_TWO, then larger ones relaxed."""
    seen: set[str] = set()
    small = ["[H][H]", *(Chem.MolToSmiles(mol) for n in (1, 2) for mol in new_molecules(all_molecules(n), seen))]
    drawn = [(smiles, kind) for smiles in small for kind in KINDS_OF_ONE_AND_TWO]
    drawn += [(Chem.MolToSmiles(mol), "xtb") for mol in new_molecules(all_molecules(3), seen)]
    at_random = new_molecules(random_molecules(random.Random(SMALLEST_SEED)), seen)
    drawn += [(Chem.MolToSmiles(mol), "xtb") for mol, _ in zip(at_random, range(N_AT_RANDOM), strict=False)]
    for k, (smiles, kind) in enumerate(drawn):
        yield BroadMolecule(f"{SMALLEST_IDS}{k + 1}", smiles, "", kind)
