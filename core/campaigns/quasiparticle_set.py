"""Molecules to compute ionisation energies of: every group and element, two to nine heavy atoms, and C7H10O2."""

from typing import Any

import numpy as np
import pandas as pd

from core.assets import BROAD_PBE, DRAWN_PBE, LIBRARY_PBE, QM9_PBE, check_labels_there
from core.campaigns.jobs import shuffled_rows
from core.labels.splits import TEST, TRAIN, constitution_keys, is_kept_from_training, is_reserved
from core.structure.conformers import find_conformers
from core.structure.geometry import Geometry
from core.structure.molecule import parse_smiles

QUASIPARTICLE_SEED = 20261126
N_BY_SIZE = {2: 15, 3: 60, 4: 130, 5: 150, 6: 130, 7: 100, 8: 70, 9: 50}  # heavy atoms -> molecules of the broad sets
TEST_SHARE = 0.25  # of them: from their own test parts
N_HOME = 80  # molecules of the home library to train on
N_TURNED = 12  # to test on, beside the 30 of QM9's test part
HOME_NUMBERS = [1] * 10 + [6] * 7 + [8] * 2
DRAWN_COLUMNS = ["id", "smiles", "split", "numbers", "positions"]


def draw_quasiparticle_set() -> pd.DataFrame:
    """Return the set, in a random order of which every beginning is a sample: id, smiles, split, numbers, positions.

    Of the broad sets those at GFN2-xTB geometries, as users have them, by N_BY_SIZE; of the home library N_HOME at the same;
    for testing, C7H10O2 molecules at other conformers than the home library's lowest: those of QM9's test part at QM9's own
    geometry, and N_TURNED of the home library at the second of their conformers. None is a reserved one.

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
        of_size = shuffled_rows(relaxed[sizes == size], seed=QUASIPARTICLE_SEED)
        n_test = min(round(TEST_SHARE * n_molecules), int((of_size["split"] == TEST).sum()))
        parts.append(of_size[of_size["split"] == TEST].head(n_test))
        parts.append(of_size[of_size["split"] == TRAIN].head(n_molecules - n_test))
    home = shuffled_rows(library[is_new(library)], seed=QUASIPARTICLE_SEED)
    parts.append(home.head(N_HOME).assign(split=TRAIN))
    parts.append(at_second_conformers(home.iloc[N_HOME:], N_TURNED))
    is_home = qm9["numbers"].map(lambda numbers: sorted(numbers) == HOME_NUMBERS)
    tested = qm9[is_home & (qm9["split"] == TEST) & (qm9["geometry"] == "dft")]
    parts.append(tested[[not is_reserved(key) for key in constitution_keys(tested)]])
    return shuffled_rows(pd.concat(parts), seed=QUASIPARTICLE_SEED)[DRAWN_COLUMNS].reset_index(drop=True)


def is_new(table: pd.DataFrame) -> list[bool]:
    """Return whether each molecule's constitution is neither a shipped test molecule's nor a reserved one."""
    return [not is_kept_from_training(key) for key in constitution_keys(table)]


def at_second_conformers(table: pd.DataFrame, n_molecules: int) -> pd.DataFrame:
    """Return the first molecules that have several conformers, at the second of them: for testing."""
    rows: list[dict[str, Any]] = []
    for row in table.to_dict("records"):
        if len(rows) == n_molecules:
            break
        start = Geometry(row["numbers"], row["positions"])
        conformers = find_conformers(parse_smiles(row["smiles"]), start=start).geometries
        if len(conformers) > 1:
            second = {"numbers": conformers[1].numbers, "positions": conformers[1].positions.astype(np.float32).ravel()}
            rows.append(row | second | {"id": f"{row['id']}-c1", "split": TEST})
    return pd.DataFrame(rows)
