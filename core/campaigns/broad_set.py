"""The broad set: molecules put together at random from every motif in turn, at several kinds of geometry.

`eigenscope draw-broad` writes them as Parquet, which `eigenscope label` reads. The next molecule is built of the motif that
fewest molecules before it hold, so that any prefix of the order covers all motifs alike.
"""

import random
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice

import numpy as np
from rdkit import Chem

from core.campaigns.jobs import RATTLED, rattle
from core.errors import EigenscopeError
from core.json_lines import Record
from core.labels.splits import is_kept_from_training
from core.machine.pools import map_in_processes
from core.models.protocol import LevelModel, covers
from core.models.registry import load_model
from core.structure.constitution import graph_key
from core.structure.domain import ENGINE_DOMAIN, molecule_violation
from core.structure.geometry import AS_GIVEN, Geometry
from core.structure.molecule import Molecule, parse_smiles
from core.structure.motifs import MADE_OF_MOTIFS, Motif, find_motifs, load_motifs
from core.structure.place import Placement, place_molecule

BROAD_SEED = 20261126
# (smallest, largest number of heavy atoms, share): a third above 12
DRAWN_SIZES = (
    (2, 4, 0.05),
    (5, 9, 0.28),
    (10, 12, 0.24),
    (13, 16, 0.23),
    (17, 20, 0.12),
    (21, 24, 0.05),
    (25, 30, 0.03),
)
EVERY_SIZE = (1, 1000)  # heavy atoms
SHARE_RELAXED, SHARE_FAST = 0.65, 0.2  # of the geometries: GFN2-xTB and the force field alone; the rest is rattled
FILLERS = (
    "*C", "*C*", "*CC", "*CC*", "*C(C)*", "*C(*)*", "*F", "*O*", "*N(*)*", "*C(=O)*", "*C#N", "*C=C",
    "*c1ccccc1", "*OC", "*N", "*O",
)  # fmt: skip
SHARE_FILLERS = 0.6  # of what is attached: small everyday groups; the rest is another motif
MOST_ADDED_TO_LARGE = 4  # heavy atoms, to a motif that is larger than the size drawn
PRICE_OF_A_TRY = 0.2  # molecules
MAX_TRIES = 40  # pieces tried at one attachment point
CARBON_LIKE = (6, 14)  # of two atoms joined one is carbon or silicon: other bonds are made within motifs alone
DUMMY = 0
# what is in no chemist's bottle: gem-diols and the like, ketene hydrates, chains of carbonyls
UNLIKELY_SMARTS = (
    "[OX2H1][CX4][OX2H1,NX3H2,SX2H1]",
    "[NX3H2][CX4;!$(CC(=O)O)][NX3H2]",
    "[OX2H1][CX3;!$(C=O)]=[CX2]",
    "[CX3](=O)[CX3](=O)[CX3](=O)[CX3]=O",
)
UNLIKELY = tuple(Chem.MolFromSmarts(s) for s in UNLIKELY_SMARTS)


@dataclass(frozen=True)
class BroadMolecule:
    """One molecule of the set before it has a geometry.

    Attributes
    ----------
    id : str
        MADE_OF_MOTIFS and its place.
    kind : str
        Of the geometry to make: "xtb", "fast" or "rattled".
    """

    id: str
    smiles: str
    motif: str
    kind: str


@dataclass(frozen=True)
class WantedMolecules:
    """Which molecules of the order are taken.

    Attributes
    ----------
    heavy_atoms : (fewest, most)
    holding : tuple of RDKit patterns
        At least one of them is there, where any are given.
    """

    heavy_atoms: tuple[int, int] = EVERY_SIZE
    holding: tuple[Chem.Mol, ...] = ()

    def __call__(self, molecule: BroadMolecule) -> bool:
        """Return whether a molecule is one of them."""
        mol = Chem.MolFromSmiles(molecule.smiles)
        fewest, most = self.heavy_atoms
        is_of_size = fewest <= mol.GetNumHeavyAtoms() <= most
        return is_of_size and (not self.holding or any(mol.HasSubstructMatch(pattern) for pattern in self.holding))


def draw_broad_smiles(*, seed: int = BROAD_SEED) -> Iterator[BroadMolecule]:
    """Yield molecules without end, each constitution once; none that is reserved or in a test part that is shipped."""
    rng = random.Random(seed)
    motifs = list(load_motifs())
    n_tried = dict.fromkeys([motif.name for motif in motifs], 0.0)  # and held: what fails must not be tried for ever
    shares = [share for *_, share in DRAWN_SIZES]
    seen: set[str] = set()
    while True:
        motif = min(motifs, key=lambda m: (n_tried[m.name], rng.random()))
        n_tried[motif.name] += PRICE_OF_A_TRY
        ((fewest, most, _),) = rng.choices(DRAWN_SIZES, shares)
        mol = grow_motif(motif, rng.randint(fewest, most), motifs=motifs, rng=rng)
        if mol is None or not is_likely(mol):
            continue
        key = constitution_of(mol)
        if key in seen or is_kept_from_training(key):
            continue
        seen.add(key)
        for name in find_motifs(mol):
            n_tried[name] += 1
        draw = rng.random()
        kind = "xtb" if draw < SHARE_RELAXED else "fast" if draw < SHARE_RELAXED + SHARE_FAST else RATTLED
        yield BroadMolecule(f"{MADE_OF_MOTIFS}{len(seen)}", Chem.MolToSmiles(mol), motif.name, kind)


def grow_motif(motif: Motif, n_heavy: int, *, motifs: list[Motif], rng: random.Random) -> Chem.Mol | None:
    """Return a motif with pieces attached up to so many heavy atoms, hydrogens at the ends; None if it is no molecule."""
    mol = Chem.RWMol(Chem.MolFromSmiles(motif.seed))
    n_heavy = max(n_heavy, mol.GetNumHeavyAtoms() + rng.randint(0, MOST_ADDED_TO_LARGE))
    for _ in range(MAX_TRIES):
        missing = n_heavy - mol.GetNumHeavyAtoms()
        if missing <= 0 or not open_points(mol):
            break
        piece = rng.choice(FILLERS) if rng.random() < SHARE_FILLERS else rng.choice(motifs).seed
        attached = Chem.MolFromSmiles(piece)
        if attached.GetNumHeavyAtoms() <= missing:
            mol = attach(mol, attached, rng=rng)
    return cap(mol)


def open_points(mol: Chem.Mol) -> list[Chem.Atom]:
    """Return the atoms that stand for an attachment point."""
    return [a for a in mol.GetAtoms() if a.GetAtomicNum() == DUMMY]


def attach(mol: Chem.RWMol, piece: Chem.Mol, *, rng: random.Random) -> Chem.RWMol:
    """Return a molecule with a piece at one of its attachment points, or as it was where the two atoms are not to be joined."""
    there, here = rng.choice(open_points(mol)), rng.choice(open_points(piece))
    ends = [point.GetNeighbors()[0].GetAtomicNum() for point in (there, here)]
    if not set(ends) & set(CARBON_LIKE):
        return mol
    n_before = mol.GetNumAtoms()
    joined = Chem.RWMol(Chem.CombineMols(mol, piece))
    points = there.GetIdx(), n_before + here.GetIdx()
    first, second = (joined.GetAtomWithIdx(k).GetNeighbors()[0].GetIdx() for k in points)
    joined.AddBond(first, second, Chem.BondType.SINGLE)
    for k in sorted(points, reverse=True):
        joined.RemoveAtom(k)
    return joined


def cap(mol: Chem.RWMol) -> Chem.Mol | None:
    """Return the molecule with hydrogens at its attachment points; None where valences do not add up."""
    capped = Chem.RWMol(mol)
    for point in open_points(capped):
        point.SetAtomicNum(1)
    try:
        Chem.SanitizeMol(capped)
        return Chem.MolFromSmiles(Chem.MolToSmiles(Chem.RemoveHs(capped)))
    except (Chem.MolSanitizeException, ValueError):
        return None


def is_likely(mol: Chem.Mol) -> bool:
    """Return whether the engine takes a molecule, and it is none of UNLIKELY."""
    if molecule_violation(Molecule(Chem.MolToSmiles(mol)), ENGINE_DOMAIN) is not None:
        return False
    return not any(mol.HasSubstructMatch(pattern) for pattern in UNLIKELY)


def constitution_of(mol: Chem.Mol) -> str:
    """Return the constitution key of a molecule from its bonds: that of `constitution_key`, which looks at a geometry."""
    full = Chem.AddHs(mol)
    bonds = [(b.GetBeginAtomIdx(), b.GetEndAtomIdx()) for b in full.GetBonds()]
    return graph_key([a.GetAtomicNum() for a in full.GetAtoms()], bonds)


def place_broad(molecule: BroadMolecule) -> Geometry | None:
    """Return the molecule's geometry of its kind, or None where there is none: the set does without it."""
    seed = int(molecule.id.rsplit("-", 1)[1])
    with suppress(EigenscopeError):
        placement = Placement(relax=molecule.kind != "fast", n_conformers=1, seed=seed, rescue_conformers=0)
        geometry = place_molecule(parse_smiles(molecule.smiles), placement).geometry
        if molecule.kind != RATTLED:
            return geometry
        return Geometry(geometry.numbers, rattle(geometry.positions, np.random.default_rng(seed)), AS_GIVEN)
    return None


def draw_broad(
    n_molecules: int,
    *,
    start: int = 0,
    seed: int = BROAD_SEED,
    wanted: WantedMolecules | None = None,
    n_workers: int | None = None,
) -> Iterator[tuple[BroadMolecule, Geometry]]:
    """Yield `n_molecules` from place `start` on that are wanted, with a geometry; those that get none are left out."""
    drawn = list(islice(filter(wanted, islice(draw_broad_smiles(seed=seed), start, None)), n_molecules))
    yield from place_all(drawn, n_workers=n_workers)


def place_all(drawn: list[BroadMolecule], *, n_workers: int | None = None) -> Iterator[tuple[BroadMolecule, Geometry]]:
    """Yield the molecules with the geometry of their kind, in order; those that get none are left out."""
    placed = map_in_processes(place_broad, drawn, n_workers=n_workers)
    for molecule, geometry in zip(drawn, placed, strict=True):
        if geometry is not None:
            yield molecule, geometry


def most_doubted(rows: Sequence[Record], n_kept: int, *, model: LevelModel | None = None) -> list[Record]:
    """Return the rows (smiles, numbers, positions flat) of which a model expects the largest errors, in their own order.

    What the model does not cover is doubted most of all.

    Parameters
    ----------
    model : LevelModel, optional
        The tight-binding network when left out.
    """
    learner = model or load_model()
    geometries = [Geometry(row["numbers"], row["positions"]) for row in rows]
    doubts = np.full(len(rows), np.inf)
    covered = [k for k, geometry in enumerate(geometries) if covers(learner, geometry)]
    if covered:
        predicted = learner.predict_levels([geometries[k] for k in covered])
        doubts[covered] = [levels.expected_rmse_ev for levels in predicted]
    kept = np.sort(np.argsort(-doubts, kind="stable")[:n_kept])
    return [rows[k] for k in kept.tolist()]
