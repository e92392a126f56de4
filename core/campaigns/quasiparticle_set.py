"""Molecules to compute ionisation energies of: every group and element, two to nine heavy atoms, and C7H10O2."""

import hashlib

import numpy as np
import pandas as pd

from core.assets import BROAD_PBE, DRAWN_PBE, QM9_PBE, REFERENCE, check_labels_there
from core.labels.splits import TEST, TRAIN, shipped_test_keys
from core.structure.constitution import constitution_key
from core.structure.geometry import Geometry

SEED = 20261126
N_BY_SIZE = {2: 15, 3: 60, 4: 130, 5: 150, 6: 130, 7: 100, 8: 70, 9: 50}  # heavy atoms -> molecules of the broad sets
TEST_SHARE = 0.25  # of them: from their own test parts
N_HOME = 80  # molecules of the home library to train on
HOME_NUMBERS = [1] * 10 + [6] * 7 + [8] * 2
LIBRARY_PBE = REFERENCE / "library_pbe.parquet"
COLUMNS = ["id", "smiles", "split", "numbers", "positions"]


def draw_quasiparticle_set() -> pd.DataFrame:
    """Return the set, in a random order of which every beginning is a sample: id, smiles, split, numbers, positions.

    Of the broad sets those at GFN2-xTB geometries, as users have them, by N_BY_SIZE; of the home library N_HOME at the same;
    and every C7H10O2 molecule of QM9's test part at QM9's own geometry, another conformer than the home library's: test.

    Raises
    ------
    InputError
        If the labels that it is drawn from are not there.
    """
    for path in (BROAD_PBE, DRAWN_PBE, QM9_PBE, LIBRARY_PBE):
        check_labels_there(path)
    broad, drawn, qm9, library = (pd.read_parquet(p) for p in (BROAD_PBE, DRAWN_PBE, QM9_PBE, LIBRARY_PBE))
    relaxed = pd.concat([broad, drawn[drawn["geometry"].str.endswith("GFN2-xTB")]])
    sizes = relaxed["numbers"].map(lambda numbers: int((np.asarray(numbers) > 1).sum()))
    parts = []
    for size, n_molecules in N_BY_SIZE.items():
        of_size = shuffled_rows(relaxed[sizes == size])
        n_test = min(round(TEST_SHARE * n_molecules), int((of_size["split"] == TEST).sum()))
        parts.append(of_size[of_size["split"] == TEST].head(n_test))
        parts.append(of_size[of_size["split"] == TRAIN].head(n_molecules - n_test))
    parts.append(shuffled_rows(library[is_new(library)]).head(N_HOME).assign(split=TRAIN))
    is_home = qm9["numbers"].map(lambda numbers: sorted(numbers) == HOME_NUMBERS)
    parts.append(qm9[is_home & (qm9["split"] == TEST) & (qm9["geometry"] == "dft")])
    return shuffled_rows(pd.concat(parts))[COLUMNS].reset_index(drop=True)


def shuffled_rows(table: pd.DataFrame) -> pd.DataFrame:
    """Return the rows in the order of a hash of seed and id: it stays when others are added."""
    order = [hashlib.sha256(f"{SEED}:{x}".encode()).hexdigest() for x in table["id"]]
    return table.iloc[np.argsort(order, kind="stable")]


def is_new(table: pd.DataFrame) -> list[bool]:
    """Return whether each molecule's constitution is none of the shipped test molecules."""
    tested = shipped_test_keys()
    rows = zip(table["numbers"], table["positions"], strict=True)
    return [constitution_key(Geometry(numbers, positions)) not in tested for numbers, positions in rows]
