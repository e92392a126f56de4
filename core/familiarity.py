"""Whether a molecule is of the kinds that a learner was trained on, in words: the unfamiliar group, the nearest molecules."""

from dataclasses import dataclass

import pandas as pd
from rdkit import Chem

from core.models.protocol import LevelModel, Verdict, judges_familiarity
from core.readers.identity import perceive_bonds
from core.spectrum.plausible import UNTRAINED
from core.structure.entry import OK
from core.structure.geometry import Geometry
from core.structure.motifs import load_motifs

PLACE = "place"  # of an atom in the geometry
MOST_MATCHES = 200
MOST_NOTED = 1000


@dataclass(frozen=True)
class FamiliarityReport:
    """Where a molecule stands to those that a learner was trained on.

    Attributes
    ----------
    verdict : Verdict
    group : str
        Name of the motif around the strangest atom, else its surroundings as SMILES; "" inside.
    atoms : tuple of int
        Places of the unfamiliar atoms in the geometry.
    nearest : tuple of str
        SMILES of training molecules with the atoms most like the strangest one.
    """

    verdict: Verdict
    group: str
    atoms: tuple[int, ...]
    nearest: tuple[str, ...]

    @property
    def sentence(self) -> str:
        """The same in words; the nearest molecules are not in it."""
        if self.verdict == Verdict.INSIDE:
            return "inside the training molecules' chemistry"
        where = "near the edge of the training molecules' chemistry" if self.verdict == Verdict.NEAR else UNTRAINED
        return f"{where}: {self.group} is unfamiliar" if self.group else where


def report_familiarity(geometry: Geometry, model: LevelModel) -> FamiliarityReport | None:
    """Return where a molecule stands; None of a learner that does not know its training molecules atom by atom."""
    if not judges_familiarity(model):
        return None
    found = model.familiarity(geometry)
    if found is None:
        return None
    group = name_group(geometry, found.atoms[0]) if found.atoms else ""
    return FamiliarityReport(found.verdict, group, found.atoms, found.nearest)


def note_unfamiliar(table: pd.DataFrame, model: LevelModel) -> pd.DataFrame:
    """Return a prediction table whose notes name the molecules outside the training molecules' chemistry.

    Of tables of up to MOST_NOTED rows, six milliseconds a molecule; in longer ones none is named, and an empty note says
    nothing. `eigenscope.familiarity` tells of any molecule.
    """
    if len(table) > MOST_NOTED or not judges_familiarity(model):
        return table
    notes = []
    for row in table.to_dict("records"):
        note = str(row["note"])
        if row["status"] == OK and UNTRAINED not in note:  # else a run that goes on has said so
            report = report_familiarity(Geometry(row["numbers"], row["positions"]), model)
            if report is not None and report.verdict == Verdict.OUTSIDE:
                note = "; ".join(filter(None, (note, f"{report.sentence}; check with DFT before using it")))
        notes.append(note)
    return table.assign(note=notes)


def name_group(geometry: Geometry, atom: int) -> str:
    """Return the smallest motif that holds an atom of a geometry, else the atom with its neighbours; "" without bonds."""
    bonds = perceive_bonds(geometry)
    if bonds is None:
        return geometry.symbols[atom]
    graph = marked_heavy(bonds[1])
    place = {a.GetIntProp(PLACE): a.GetIdx() for a in graph.GetAtoms()}.get(atom)
    if place is None:
        return geometry.symbols[atom]
    held = [
        motif
        for motif in load_motifs()
        if any(place in match for match in graph.GetSubstructMatches(motif.pattern, maxMatches=MOST_MATCHES))
    ]
    if held:
        return min(held, key=lambda motif: motif.pattern.GetNumAtoms()).name
    around = [place, *(n.GetIdx() for n in graph.GetAtomWithIdx(place).GetNeighbors())]
    return str(Chem.MolFragmentToSmiles(graph, atomsToUse=around))


def marked_heavy(mol: Chem.Mol) -> Chem.Mol:
    """Return a molecule without its hydrogens, each atom with its place before they were taken off."""
    marked = Chem.Mol(mol)
    for atom in marked.GetAtoms():
        atom.SetIntProp(PLACE, atom.GetIdx())
    return Chem.RemoveHs(marked)
