"""Seeking the conformers of a molecule: ETKDGv3 and a force field propose, GFN2-xTB decides.

Mirror images have the same levels. The two enantiomers of a chiral molecule get mirrored conformers, exactly; of an achiral
molecule one conformer stands for itself and its mirror image.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from rdkit import Chem
from rdkit.Chem import rdDistGeom, rdMolAlign, rdMolDescriptors, rdMolTransforms

from core.errors import GeometryError
from core.structure.embed import FORCE_FIELD_STEPS, conformer_geometry, embed_either_way
from core.structure.ensemble import Ensemble
from core.structure.force_field import force_field_of
from core.structure.geometry import Geometry
from core.structure.molecule import Molecule
from core.structure.placed import is_placed
from core.structure.relax import relax_geometry
from core.structure.stereochemistry import hand_free_smiles, mirror_image, settle
from core.structure.unchecked_embedding import MIRROR
from core.units import KCAL_PER_MOL_EV

TURNED_HYDROGENS = Chem.MolFromSmarts("[OX2H,SX2H,NX3H2,PX3H2]")  # groups that turn a hydrogen
TURNED = Chem.MolFromSmarts("[!$(*#*)&!D1]-&!@[!$(*#*)&!D1]")  # bonds that turn heavy atoms
MOST_SYMMETRIES = 240  # exchanges of like atoms that are tried when two conformers are laid on one another
TURNS_DEGREES = (110.0, 230.0, 170.0)  # none by symmetry, from which no force would lead away
MOST_TURNED_TWICE = 20  # conformers
EMBEDDING_ATTEMPTS = 20
SIZE_OF_A_SECOND, SIZE_POWER = 42.0, 2.4  # atoms that GFN2-xTB relaxes in a second on one core, and how that grows


@dataclass(frozen=True)
class ConformerSearch:
    """How conformers are sought. Changing a field makes another ensemble.

    Attributes
    ----------
    seed : int
    base, per_turn, per_ring_atom, most_embedded : int
        ETKDGv3 embeddings: a base, more for each rotatable bond or group that turns a hydrogen, and for each saturated atom
        of a ring, up to the most.
    turns_bonds : bool
        Every rotatable bond of every conformer is turned as well, one at a time.
    most_relaxed : int
        Of the different ones, those of lowest force-field energy that GFN2-xTB relaxes.
    force_field_window_ev, window_ev : float
        Above the lowest one, by the force field before and by GFN2-xTB after relaxing: what lies higher is left out.
    most_kept : int
    same_angstrom, same_ev : float
        Conformers closer than this in root mean square distance (carbon-bound hydrogens left out, like atoms exchanged) and
        in energy are one.
    """

    seed: int = 7
    base: int = 6
    per_turn: int = 12
    per_ring_atom: int = 2
    most_embedded: int = 60
    turns_bonds: bool = False
    most_relaxed: int = 12
    force_field_window_ev: float = 8.0 * KCAL_PER_MOL_EV
    window_ev: float = 2.5 * KCAL_PER_MOL_EV
    most_kept: int = 8
    same_angstrom: float = 0.25
    same_ev: float = 0.012

    def n_embedded(self, mol: Chem.Mol) -> int:
        """Return how many embeddings are tried for a molecule."""
        n_turns, n_ring_atoms = count_freedom(mol)
        return min(self.base + self.per_turn * n_turns + self.per_ring_atom * n_ring_atoms, self.most_embedded)

    def estimate_s(self, mol: Chem.Mol) -> float:
        """Return about how long the search takes on one core [s]: how many are relaxed at most, and how large they are."""
        n_turns, n_ring_atoms = count_freedom(mol)
        n_relaxed = min(self.most_relaxed, 1 + 3 * n_turns + n_ring_atoms // 3)
        size = Chem.AddHs(mol).GetNumAtoms() / SIZE_OF_A_SECOND
        return float(n_relaxed * size**SIZE_POWER)


SEARCH = ConformerSearch()
THOROUGH = ConformerSearch(
    base=40,
    per_turn=60,
    per_ring_atom=10,
    most_embedded=400,
    turns_bonds=True,
    most_relaxed=80,
    force_field_window_ev=15.0 * KCAL_PER_MOL_EV,
    window_ev=4.0 * KCAL_PER_MOL_EV,
    most_kept=40,
)


@dataclass(frozen=True, eq=False)
class Conformer:
    """One conformer on its way: its geometry, its energy [eV] by whatever relaxed it last, and how many it stands for."""

    geometry: Geometry
    energy_ev: float
    degeneracy: int = 1


def count_freedom(mol: Chem.Mol) -> tuple[int, int]:
    """Return the rotatable bonds and groups that turn a hydrogen, and the saturated atoms of rings, of a molecule.

    Examples
    --------
    >>> count_freedom(Chem.MolFromSmiles("OCC1CCCCC1"))
    (2, 6)
    """
    rings, saturated = mol.GetRingInfo(), Chem.HybridizationType.SP3
    in_rings = [a for a in mol.GetAtoms() if rings.NumAtomRings(a.GetIdx()) and a.GetHybridization() == saturated]
    n_turns = rdMolDescriptors.CalcNumRotatableBonds(mol) + len(mol.GetSubstructMatches(TURNED_HYDROGENS))
    return n_turns, len(in_rings)


def find_conformers(molecule: Molecule, search: ConformerSearch = SEARCH, *, start: Geometry | None = None) -> Ensemble:
    """Return the conformers of a molecule whose stereochemistry is told, relaxed with GFN2-xTB and checked.

    Parameters
    ----------
    start : Geometry or None
        Of the molecule, in its own order of atoms: where distance geometry embeds none, its bonds are turned.

    Returns
    -------
    Ensemble
        Atoms in the order of RDKit's AddHs of the molecule. Enantiomers get mirror images.

    Raises
    ------
    GeometryError
        If none embeds, or none stays the molecule on relaxing.
    """
    drawn = Molecule(hand_free_smiles(molecule))
    proposed = embed_proposals(drawn.rdkit, search)
    if not proposed:
        if start is None:
            raise GeometryError(f"no 3-D geometry: ETKDGv3 could not embed {molecule.smiles}")
        drawn, proposed = molecule, turn_proposals(molecule.rdkit, start)
    comparison = Comparison(drawn, search)
    different = comparison.merge(proposed, window_ev=search.force_field_window_ev)
    chosen = different[: search.most_relaxed]
    relaxed = comparison.merge(list(relax_conformers(drawn.rdkit, chosen)), window_ev=search.window_ev)
    if not relaxed:
        raise GeometryError(f"no conformer of {molecule.smiles} stays this molecule when GFN2-xTB relaxes it")
    kept = [comparison.counted(conformer) for conformer in relaxed[: search.most_kept]]
    kept = in_hand_of(molecule, drawn, kept)
    lowest = kept[0].energy_ev
    return Ensemble(
        tuple(c.geometry for c in kept),
        np.array([c.energy_ev - lowest for c in kept]),
        np.array([c.degeneracy for c in kept]),
        lowest_ev=lowest,
        n_left_out=len(different) - len(chosen) + len(relaxed) - len(kept),
    )


def embed_proposals(graph: Chem.Mol, search: ConformerSearch) -> list[Conformer]:
    """Return embedded conformers that the force field relaxed, unsorted and with repeats; none where none embeds.

    What ETKDGv3 cannot embed is tried by plain distance geometry from random coordinates, which strained cages need.

    Raises
    ------
    GeometryError
        If no force field has parameters for the molecule.
    """
    mol = Chem.AddHs(graph)
    force_field_of(mol)
    parameters: Any = rdDistGeom.ETKDGv3()
    parameters.randomSeed = search.seed
    parameters.maxIterations = EMBEDDING_ATTEMPTS
    if not embed_either_way(mol, search.n_embedded(graph), parameters):
        return []
    if search.turns_bonds:
        turn_bonds(mol)
    return relax_proposals(mol)


def turn_proposals(graph: Chem.Mol, geometry: Geometry) -> list[Conformer]:
    """Return a geometry, and it with every bond and every two bonds turned, relaxed by the force field."""
    mol = Chem.AddHs(graph)
    conformer = Chem.Conformer(geometry.n_atoms)
    conformer.SetPositions(np.array(geometry.positions))
    mol.AddConformer(conformer, assignId=True)
    turn_bonds(mol)
    if mol.GetNumConformers() <= MOST_TURNED_TWICE:
        turn_bonds(mol)
    return relax_proposals(mol)


def relax_proposals(mol: Chem.Mol) -> list[Conformer]:
    """Return a molecule's conformers, hydrogens explicit, relaxed by the force field."""
    force_field = force_field_of(mol)
    outcomes = force_field.relax(mol, max_steps=FORCE_FIELD_STEPS)
    return [
        Conformer(conformer_geometry(mol, c.GetId(), origin=force_field.origin), energy * KCAL_PER_MOL_EV)
        for c, (_, energy) in zip(mol.GetConformers(), outcomes, strict=True)
    ]


def turn_bonds(mol: Chem.Mol) -> None:
    """Add to a molecule's conformers every one of them with each rotatable bond turned by TURNS_DEGREES."""
    hydrogens = [
        (a, *pair) for a, *pair in mol.GetSubstructMatches(Chem.MolFromSmarts("[#1]-[O,S,N;H1,H2]-&!@[!#1;!D1]"))
    ]
    bonds = [tuple(pair) for pair in mol.GetSubstructMatches(TURNED)]
    quartets = [quartet for i, j in bonds if (quartet := around_bond(mol, i, j))]
    quartets += [quartet for _, i, j in hydrogens if (quartet := around_bond(mol, i, j))]
    for conformer in list(mol.GetConformers()):
        for quartet in dict.fromkeys(quartets):
            for turn in TURNS_DEGREES:
                turned = Chem.Conformer(conformer)
                angle = rdMolTransforms.GetDihedralDeg(turned, *quartet)
                rdMolTransforms.SetDihedralDeg(turned, *quartet, angle + turn)
                mol.AddConformer(turned, assignId=True)


def around_bond(mol: Chem.Mol, i: int, j: int) -> tuple[int, int, int, int] | None:
    """Return four atoms that tell a bond's torsion; None where an end has no other neighbour."""
    before = [n.GetIdx() for n in mol.GetAtomWithIdx(i).GetNeighbors() if n.GetIdx() != j]
    after = [n.GetIdx() for n in mol.GetAtomWithIdx(j).GetNeighbors() if n.GetIdx() != i]
    return (before[0], i, j, after[0]) if before and after else None


def relax_conformers(graph: Chem.Mol, conformers: Sequence[Conformer]) -> Iterator[Conformer]:
    """Yield the conformers that GFN2-xTB relaxes to the same molecule."""
    for conformer in conformers:
        try:
            geometry, energy_ev = relax_geometry(conformer.geometry)
        except GeometryError:
            continue
        if is_placed(graph, geometry):
            yield Conformer(geometry, energy_ev)


class Comparison:
    """Tells the conformers of one molecule apart.

    Attributes
    ----------
    is_achiral : bool
        The molecule is its own mirror image, so that a conformer's mirror image is a conformer of it too.
    """

    def __init__(self, molecule: Molecule, search: ConformerSearch) -> None:
        self.search = search
        self.is_achiral = settle(mirror_image(molecule).smiles) == settle(molecule.smiles)
        whole = Chem.AddHs(molecule.rdkit)
        self.atoms = [a.GetIdx() for a in whole.GetAtoms() if not is_plain_hydrogen(a)]
        kept = Chem.RWMol(whole)
        for atom in sorted(set(range(whole.GetNumAtoms())) - set(self.atoms), reverse=True):
            kept.RemoveAtom(atom)
        self.mol = kept.GetMol()
        for atom in self.mol.GetAtoms():  # what has lost its hydrogens keeps its place in the graph
            atom.SetNoImplicit(True)
            atom.SetNumRadicalElectrons(0)
        self.mol.UpdatePropertyCache(strict=False)
        matches = self.mol.GetSubstructMatches(self.mol, uniquify=False, maxMatches=MOST_SYMMETRIES)
        self.maps = [list(enumerate(match)) for match in matches]

    def merge(self, conformers: Sequence[Conformer], *, window_ev: float) -> list[Conformer]:
        """Return the different conformers within the window, by energy; of like ones the lowest stays."""
        found: list[Conformer] = []
        for conformer in sorted(conformers, key=lambda c: c.energy_ev):
            if found and conformer.energy_ev > found[0].energy_ev + window_ev:
                break
            if not any(self.is_same(conformer, other) for other in reversed(found)):
                found.append(conformer)
        return found

    def is_same(self, one: Conformer, other: Conformer) -> bool:
        """Return whether two conformers are one, or of an achiral molecule each other's mirror image."""
        if abs(one.energy_ev - other.energy_ev) > self.search.same_ev:
            return False
        near = self.search.same_angstrom
        if self.distance(one.geometry.positions, other.geometry.positions) < near:
            return True
        return self.is_achiral and self.distance(one.geometry.positions * MIRROR, other.geometry.positions) < near

    def counted(self, conformer: Conformer) -> Conformer:
        """Return a conformer with how many it stands for."""
        positions = conformer.geometry.positions
        has_twin = self.is_achiral and self.distance(positions * MIRROR, positions) >= self.search.same_angstrom
        return replace(conformer, degeneracy=1 + has_twin)

    def distance(self, one: np.ndarray, other: np.ndarray) -> float:
        """Return the root mean square distance [Angstrom] of two sets of positions (n_atoms, 3), like atoms exchanged."""
        self.mol.RemoveAllConformers()
        for positions in (one, other):
            conformer = Chem.Conformer(len(self.atoms))
            conformer.SetPositions(np.ascontiguousarray(positions[self.atoms]))
            self.mol.AddConformer(conformer, assignId=True)
        if len(self.atoms) < 2:
            return 0.0
        return float(rdMolAlign.GetBestRMS(self.mol, self.mol, 0, 1, self.maps))


def is_plain_hydrogen(atom: Chem.Atom) -> bool:
    """Return whether an atom is a hydrogen on carbon: where those stand follows from the others."""
    return atom.GetAtomicNum() == 1 and atom.GetDegree() == 1 and atom.GetNeighbors()[0].GetAtomicNum() == 6


def in_hand_of(molecule: Molecule, drawn: Molecule, conformers: Sequence[Conformer]) -> list[Conformer]:
    """Return conformers of a molecule or of its mirror image in the hand and the order of atoms of the molecule."""
    is_mirrored = settle(drawn.smiles) != settle(molecule.smiles) and settle(mirror_image(drawn).smiles) != settle(
        drawn.smiles
    )
    source = Chem.AddHs(drawn.rdkit)
    if is_mirrored:
        for atom in source.GetAtoms():
            atom.InvertChirality()
    order = list(source.GetSubstructMatch(Chem.AddHs(molecule.rdkit), useChirality=True))
    factor = MIRROR if is_mirrored else np.ones(3)
    if len(order) != source.GetNumAtoms():
        order = list(source.GetSubstructMatch(Chem.AddHs(molecule.rdkit)))
    return [
        replace(
            c,
            geometry=Geometry(c.geometry.numbers[order], c.geometry.positions[order] * factor, c.geometry.origin),
        )
        for c in conformers
    ]
