"""Groups and motifs of organic chemistry by name: what a reference set must cover."""

from dataclasses import dataclass
from functools import cache, cached_property

import pandas as pd
from rdkit import Chem

from core.assets import MOTIFS

MADE_OF_MOTIFS = "motif-"  # how the ids of molecules begin that are put together from them


@dataclass(frozen=True)
class Motif:
    """A group, a ring or a pattern of bonds.

    Attributes
    ----------
    name, family : str
        "trisubstituted alkene", "alkenes".
    smarts : str
        What finds it.
    seed : str
        A SMILES that holds it, with `*` where more may be attached: what molecules are built of.
    """

    name: str
    family: str
    smarts: str
    seed: str

    @cached_property
    def pattern(self) -> Chem.Mol:
        """The SMARTS as RDKit takes it."""
        return Chem.MolFromSmarts(self.smarts)


@cache
def load_motifs() -> tuple[Motif, ...]:
    """Return all motifs, in the order of their table."""
    table = pd.read_csv(MOTIFS, sep="\t", keep_default_na=False)
    return tuple(Motif(*row) for row in table[["name", "family", "smarts", "seed"]].itertuples(index=False))


def find_motifs(mol: Chem.Mol) -> list[str]:
    """Return the names of the motifs that an RDKit molecule holds, in the order of the table.

    Examples
    --------
    >>> find_motifs(Chem.MolFromSmiles("C=CC#N"))
    ['terminal alkene', 'nitrile']
    """
    return [motif.name for motif in load_motifs() if mol.HasSubstructMatch(motif.pattern)]
