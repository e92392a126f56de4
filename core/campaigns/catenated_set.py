"""Chains and rings of like atoms: polysulfanes, polysilanes, polyphosphanes, chains of nitrogen, boron and oxygen.

Sets of organic molecules hold pairs of them at most, and a network that knows S-S puts the HOMO of S8 more than two
electronvolts off. `eigenscope draw-catenated` writes them as Parquet, which `eigenscope label` reads.
"""

import random
from collections.abc import Iterator

from rdkit import Chem

from core.campaigns.broad_set import BroadMolecule
from core.campaigns.jobs import RATTLED
from core.campaigns.smallest_set import new_molecules

CATENATED_IDS = "catenated-"  # how their ids begin
CATENATED_SEED = 20261128
# of each element: how often, how many in a chain, how many in a ring of them alone, and the units; {} takes a ring's digit
CHAINS: dict[str, tuple[float, range, range, tuple[str, ...]]] = {
    "S": (0.55, range(3, 7), range(5, 9), ("S{}",) * 10 + ("S{}(=O)", "S{}(=O)(=O)")),
    "Si": (0.15, range(3, 6), range(3, 7), ("[SiH2]{}", "[Si]{}(C)(C)", "[SiH]{}(C)", "[Si]{}(F)(F)", "[SiH]{}(Cl)")),
    "P": (0.13, range(3, 5), range(3, 6), ("P{}", "P{}", "P{}(C)", "P{}(F)", "P{}(Cl)")),
    "N": (0.10, range(3, 5), range(3, 6), ("N{}", "N{}(C)", "N{}(C)")),
    "B": (0.04, range(2, 4), range(3, 4), ("B{}", "B{}(C)", "B{}(F)")),
    "O": (0.03, range(3, 4), range(3, 4), ("O{}",)),
}
CHAIN_ENDS = (
    "", "", "C", "C", "CC", "C(F)(F)F", "C=C", "c1ccccc1", "F", "Cl", "Br", "C(C)=O", "C#N", "N(C)C", "[SiH3]", "C(C)C", "CO",
    "c1ccccn1", "CC=C", "C(=O)N",
)  # fmt: skip
BRIDGES = (
    "", "", "C{}", "CC{}", "CCC{}", "C=C{}", "C(C)C{}", "CCCC{}", "c2ccccc2{}", "C(=O){}", "CCO{}", "CNC{}", "CSC{}",
)  # fmt: skip
SHARE_CHAINS_CLOSED = 0.45
SHARE_RATTLED = 0.15


def draw_chain(rng: random.Random) -> Chem.Mol | None:
    """Return a chain or a ring with at least two or three like atoms in a row; None where RDKit refuses it."""
    elements = list(CHAINS)
    (element,) = rng.choices(elements, [CHAINS[e][0] for e in elements])
    _, lengths, rings, units = CHAINS[element]
    if rng.random() < SHARE_CHAINS_CLOSED:
        bridge = rng.choice(BRIDGES)
        first, *others = rng.choices(units, k=rng.choice(lengths if bridge else rings))
        *inner, last = [*others, bridge] if bridge else others
        smiles = first.format("1") + "".join(unit.format("") for unit in inner) + last.format("1")
    else:
        first, *others = rng.choices(units, k=rng.choice(lengths))
        start, end = rng.choices(CHAIN_ENDS, k=2)
        smiles = first.format("") + (f"({start})" if start else "") + "".join(unit.format("") for unit in others) + end
    return Chem.MolFromSmiles(smiles)


def catenated_molecules() -> Iterator[BroadMolecule]:
    """Yield molecules without end, each constitution once; most relaxed with GFN2-xTB, some rattled."""
    rng = random.Random(CATENATED_SEED)
    chains = (mol for mol in iter(lambda: draw_chain(rng), ()) if mol is not None)
    for k, mol in enumerate(new_molecules(chains, set())):
        kind = RATTLED if rng.random() < SHARE_RATTLED else "xtb"
        yield BroadMolecule(f"{CATENATED_IDS}{k + 1}", Chem.MolToSmiles(mol), "", kind)
