"""Sets of molecules drawn here, each by a seeded recipe: larger ones, amino acids and dipeptides, organic electronics, series.

They are drawn as RDKit molecules with one 3-D conformer (ETKDGv3, then MMFF94) and hydrogens, named; `eigenscope draw`
writes them as SDF, which `eigenscope label` reads.
"""

import random
from collections.abc import Iterator
from itertools import product

import numpy as np
import pandas as pd
from rdkit import Chem
from rdkit.Chem import BRICS, AllChem

from core.assets import QM9_GFN2, check_labels_there
from core.structure.place import place_conformers

SEED = 20261123
LARGER_ATOMS = range(10, 15)
N_LARGER = 300
N_FRAGMENT_SOURCES = 3000  # QM9 molecules whose fragments are joined
AMINO_ACIDS = {
    "Gly": "NCC(=O)O",
    "Ala": "N[C@@H](C)C(=O)O",
    "Val": "N[C@@H](C(C)C)C(=O)O",
    "Leu": "N[C@@H](CC(C)C)C(=O)O",
    "Ile": "N[C@@H]([C@@H](C)CC)C(=O)O",
    "Ser": "N[C@@H](CO)C(=O)O",
    "Thr": "N[C@@H]([C@H](O)C)C(=O)O",
    "Cys": "N[C@@H](CS)C(=O)O",
    "Met": "N[C@@H](CCSC)C(=O)O",
    "Asp": "N[C@@H](CC(=O)O)C(=O)O",
    "Glu": "N[C@@H](CCC(=O)O)C(=O)O",
    "Asn": "N[C@@H](CC(N)=O)C(=O)O",
    "Gln": "N[C@@H](CCC(N)=O)C(=O)O",
    "Lys": "N[C@@H](CCCCN)C(=O)O",
    "Arg": "N[C@@H](CCCNC(=N)N)C(=O)O",
    "His": "N[C@@H](Cc1c[nH]cn1)C(=O)O",
    "Phe": "N[C@@H](Cc1ccccc1)C(=O)O",
    "Tyr": "N[C@@H](Cc1ccc(O)cc1)C(=O)O",
    "Trp": "N[C@@H](Cc1c[nH]c2ccccc12)C(=O)O",
    "Pro": "OC(=O)[C@@H]1CCCN1",
}
N_CONFORMERS_AMINO, N_CONFORMERS_DIPEPTIDE = 100, 20  # embedded; those alike are left out
DIPEPTIDE_ATOMS = 14  # heavy atoms at most: a reference costs the square to the cube of the size
PRUNE_ANGSTROM = 0.3  # heavy-atom RMSD below which two conformers count as one
# SMILES that begin at one attachment point and end at the other, so that text put side by side is a chain
RINGS = {
    "thiophene": "c1ccc(s1)",
    "furan": "c1ccc(o1)",
    "pyrrole": "c1ccc([nH]1)",
    "benzene": "c1ccc(cc1)",
    "pyridine": "c1ccc(nc1)",
    "thiazole": "c1cnc(s1)",
    "fluorene": "c1ccc2c(c1)Cc1c2ccc(c1)",
}
LINKERS = ("", "/C=C/", "C#C", "/N=N/", "/C=N/")
# Donors and acceptors, written towards the ring and away from it
ENDS = (
    ("", ""),
    ("CN(C)", "N(C)C"),
    ("CO", "OC"),
    ("N", "N"),
    ("C", "C"),
    ("F", "F"),
    ("N#C", "C#N"),
    ("O=C", "C=O"),
    ("O=[N+]([O-])", "[N+](=O)[O-]"),
    ("FC(F)(F)", "C(F)(F)F"),
)
# SMILES of the beginning, the repeating unit and the end of homologous series
SERIES = {
    "alkane": ("C", "C", ""),
    "polyene": ("C=C", "/C=C", ""),
    "glycol": ("C", "OCC", "OC"),
    "glycine": ("CC(=O)", "NCC(=O)", "NC"),
    "fluoroalkane": ("F", "C(F)(F)", "F"),
    "oligophenyl": ("", "c1ccc(cc1)", ""),
    "oligothiophene": ("", "c1ccc(s1)", ""),
    "thioether": ("C", "CS", "C"),
    "vinyl-chloride": ("C", "CC(Cl)", "C"),
    "silane": ("C", "[SiH2]C", ""),
}
SERIES_ATOMS = (6, 12, 18, 24, 30)  # heavy atoms: the longest chain of each series up to there
ELECTRONICS_ATOMS = range(10, 21)
N_ELECTRONICS = 560


def draw_larger(n_molecules: int = N_LARGER, *, seed: int = SEED) -> Iterator[Chem.Mol]:
    """Yield molecules of 10 to 14 heavy atoms, as many of each size: fragments of QM9 molecules, joined.

    Random molecules of the pre-training set (neither test nor reserved ones) are cut at the bonds that retrosynthesis
    would cut (BRICS, Degen et al., ChemMedChem 2008, doi 10.1002/cmdc.200800178), and the fragments joined at random by
    the same rules.
    """
    check_labels_there(QM9_GFN2, option="")
    rng = random.Random(seed)
    sources = sorted(set(pd.read_parquet(QM9_GFN2, columns=["smiles"])["smiles"]))
    fragments: set[str] = set()
    for smiles in rng.sample(sources, N_FRAGMENT_SOURCES):
        fragments |= set(BRICS.BRICSDecompose(Chem.MolFromSmiles(smiles)))
    pieces = [Chem.MolFromSmiles(f) for f in sorted(fragments) if "*" in f]
    wanted = {n: n_molecules // len(LARGER_ATOMS) for n in LARGER_ATOMS}
    seen: set[str] = set()
    while any(wanted.values()):
        some = rng.sample(pieces, 4)
        random.seed(rng.random())  # BRICSBuild shuffles by the module's generator
        for mol in BRICS.BRICSBuild(some, onlyCompleteMols=True, uniquify=True, scrambleReagents=True, maxDepth=2):
            mol.UpdatePropertyCache(strict=True)
            smiles = Chem.MolToSmiles(mol)
            if not wanted.get(mol.GetNumHeavyAtoms()) or smiles in seen:
                continue
            seen.add(smiles)
            placed = embed(Chem.MolFromSmiles(smiles), f"larger-{len(seen)}")
            if placed is not None and not Chem.GetFormalCharge(mol):  # some fragments are half of a zwitterion
                wanted[mol.GetNumHeavyAtoms()] -= 1
                yield placed
            break  # one molecule of four fragments: the next draw takes others


def draw_amino_acids(*, seed: int = SEED) -> Iterator[Chem.Mol]:
    """Yield conformers of the 20 amino acids, neutral, and of their dipeptides of up to DIPEPTIDE_ATOMS heavy atoms."""
    for name, smiles in AMINO_ACIDS.items():
        yield from conformers(Chem.MolFromSmiles(smiles), name, n=N_CONFORMERS_AMINO, seed=seed)
    for first, second in product(AMINO_ACIDS, repeat=2):
        mol = join_peptide(AMINO_ACIDS[first], AMINO_ACIDS[second])
        if mol is not None and mol.GetNumHeavyAtoms() <= DIPEPTIDE_ATOMS:
            yield from conformers(mol, f"{first}-{second}", n=N_CONFORMERS_DIPEPTIDE, seed=seed)


def join_peptide(first: str, second: str) -> Chem.Mol | None:
    """Return the dipeptide of two amino acids' SMILES, by their alpha groups; None where it is not one product."""
    reaction = AllChem.ReactionFromSmarts(  # type: ignore[attr-defined]
        "[N:1][C:2][C:3](=[O:4])[OX2H1].[NX3;H1,H2:5][C:6][C:7](=[O:8])[OX2H1:9]"
        ">>[N:1][C:2][C:3](=[O:4])[N:5][C:6][C:7](=[O:8])[O:9]"
    )
    products = reaction.RunReactants((Chem.MolFromSmiles(first), Chem.MolFromSmiles(second)))
    unique = {Chem.MolToSmiles(p[0]) for p in products}
    return Chem.MolFromSmiles(unique.pop()) if len(unique) == 1 else None


def draw_electronics(n_molecules: int = N_ELECTRONICS, *, seed: int = SEED) -> Iterator[Chem.Mol]:
    """Yield conjugated molecules of 10 to 20 heavy atoms: end, ring, linker, ring, (linker, ring,) end, at random."""
    rng = random.Random(seed)
    seen: set[str] = set()
    n_drawn = 0
    while n_drawn < n_molecules:
        mol = Chem.MolFromSmiles(random_conjugated(rng))
        if mol is None or mol.GetNumHeavyAtoms() not in ELECTRONICS_ATOMS:
            continue
        smiles = Chem.MolToSmiles(mol)
        if smiles in seen:
            continue
        seen.add(smiles)
        placed = embed(mol, f"oe-{len(seen)}")
        if placed is not None:
            n_drawn += 1
            yield placed


def random_conjugated(rng: random.Random) -> str:
    """Return the SMILES of a donor or acceptor end, rings with linkers between them, and another end."""
    rings = [rng.choice(list(RINGS.values())) for _ in range(rng.choice((1, 2, 2, 3)))]
    chain = rings[0] + "".join(rng.choice(LINKERS) + ring for ring in rings[1:])
    return rng.choice(ENDS)[0] + chain + rng.choice(ENDS)[1]


def draw_series() -> Iterator[Chem.Mol]:
    """Yield homologous series of up to 30 heavy atoms: whether errors drift with size."""
    for name, (start, unit, end) in SERIES.items():
        chains = [Chem.MolFromSmiles(start + unit * n + end) for n in range(1, max(SERIES_ATOMS) + 1)]
        for most in SERIES_ATOMS:
            fitting = [mol for mol in chains if mol.GetNumHeavyAtoms() <= most]
            placed = embed(fitting[-1], f"{name}-{fitting[-1].GetNumHeavyAtoms()}") if fitting else None
            if placed is not None:
                yield placed


def embed(mol: Chem.Mol, name: str) -> Chem.Mol | None:
    """Return the molecule with one conformer, or None where ETKDG or MMFF94 makes none."""
    return next(conformers(mol, name, n=1, seed=SEED), None)


def conformers(mol: Chem.Mol, name: str, *, n: int, seed: int) -> Iterator[Chem.Mol]:
    """Yield up to `n` different conformers, each a molecule of its own, "name-1", ...; "name" if only one is wanted."""
    placed = place_conformers(mol, n_conformers=n, seed=seed, prune_angstrom=PRUNE_ANGSTROM)
    for number, geometry in enumerate(placed, start=1):
        one = Chem.AddHs(mol)
        conformer = Chem.Conformer(geometry.n_atoms)
        conformer.SetPositions(np.array(geometry.positions))
        one.AddConformer(conformer, assignId=True)
        one.SetProp("_Name", name if n == 1 else f"{name}-{number}")
        one.SetProp("smiles", Chem.MolToSmiles(mol))
        yield one


DRAWN_SETS = {"larger": draw_larger, "aa": draw_amino_acids, "oe": draw_electronics, "series": draw_series}
