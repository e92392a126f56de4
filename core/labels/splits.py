"""Which molecules a model may be trained on: splits by molecule, and the molecules that are kept from every training.

A molecule is known by its QM9 index where the labels state one, else by its constitution: all its geometries, and its
stereoisomers, fall on one side.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd

from core.assets import QM9_PBE, RESERVED, RESERVED_CONSTITUTIONS, RESERVED_QM9_CONSTITUTIONS, TEST_MOLECULES
from core.errors import InputError
from core.structure.constitution import constitution_key
from core.structure.geometry import Geometry

TRAIN, TEST, KEPT_ASIDE = "train", "test", "reserved"
SPLIT_DRAWN = "split drawn here"  # begins the note of a set that came without one
OWN_FILE = "file"  # of labels of a user's own molecules as `eigenscope label` writes them: none drawn yet
SPLIT_SEED = 20261124
TEST_FRACTION = 0.1
BROAD_SPLIT_SEED, BROAD_TEST_FRACTION = 20261126, 0.2
NOT_QM9 = -1
QM9_ID = re.compile(r"(?:qm9|gdb|dsgdb9nsd)[-_ ]?0*(\d+)(?:\D.*)?", re.IGNORECASE)


def load_reserved() -> set[int]:
    """Return the QM9 indices kept aside for acceptance: never label, pre-train or train on them."""
    return {int(x) for x in RESERVED.read_text().split()}


@lru_cache(maxsize=1)
def load_reserved_constitutions() -> frozenset[str]:
    """Return the constitutions kept aside: of the same molecules, whatever labels call them, and of others, QM9's or not."""
    return frozenset(RESERVED_QM9_CONSTITUTIONS.read_text().split() + RESERVED_CONSTITUTIONS.read_text().split())


def named_qm9_index(name: str, properties: Mapping[str, str]) -> int:
    """Return the QM9 index that a molecule's name or properties state, else NOT_QM9."""
    stated = str(properties.get("qm9_index", "")).strip()
    if stated.isdecimal():
        return int(stated)
    match = QM9_ID.fullmatch(name.strip())
    return int(match.group(1)) if match else NOT_QM9


def molecule_keys(table: pd.DataFrame) -> list[int | str]:
    """Return what tells molecules apart, row by row: the QM9 index, else the constitution."""
    indexed = has_index(table)
    indices = iter(table["qm9_index"][indexed] if indexed.any() else ())
    constitutions = iter(constitution_keys(table[~indexed]))
    return [int(next(indices)) if known else next(constitutions) for known in indexed]


def stated_constitutions(table: pd.DataFrame) -> list[str]:
    """Return the constitution that each row states; "" where it states none."""
    if "constitution" not in table:
        return [""] * len(table)
    return [key if isinstance(key, str) else "" for key in table["constitution"]]  # tables that are joined may lack it


def constitution_keys(table: pd.DataFrame) -> list[str]:
    """Return the constitution of each row: as stated, else of its geometry, some 0.3 ms a row."""
    rows = zip(stated_constitutions(table), table["numbers"], table["positions"], strict=True)
    return [key or constitution_key(Geometry(numbers, positions)) for key, numbers, positions in rows]


def is_reserved(key: int | str) -> bool:
    """Return whether a molecule is kept aside for acceptance."""
    return key in load_reserved_constitutions() if isinstance(key, str) else key in reserved_indices()


def is_row_reserved(table: pd.DataFrame) -> np.ndarray:
    """Return (n_rows,) bool: whether a row's molecule is kept aside, by its QM9 index or by its constitution."""
    reserved = np.array([is_reserved(key) for key in constitution_keys(table)], dtype=bool)
    indexed = has_index(table)
    if indexed.any():
        reserved[indexed] |= table["qm9_index"][indexed].isin(reserved_indices()).to_numpy()
    return reserved


def is_kept_from_training(key: int | str) -> bool:
    """Return whether a molecule is kept aside for acceptance, or one of the shipped test molecules."""
    return is_reserved(key) or key in shipped_test_keys()


def check_trainable(table: pd.DataFrame, *, test: pd.DataFrame) -> None:
    """Raise InputError if a row to be trained on is of a reserved molecule, of one of `test`, or of a shipped test molecule."""
    tested = set(molecule_keys(test))
    known = np.array([key in tested or is_kept_from_training(key) for key in molecule_keys(table)], dtype=bool)
    forbidden = table["id"][known | is_named_otherwise(table, among=test)].astype(str).tolist()
    if forbidden:
        raise InputError(
            f"training must not see reserved or test molecules, found {len(forbidden)}: {', '.join(forbidden[:5])}"
        )


def is_named_otherwise(table: pd.DataFrame, *, among: pd.DataFrame) -> np.ndarray:
    """Return (n_rows,) bool: whether a row with a QM9 index is a molecule that another table holds without, or vice versa.

    They are told by their constitutions; those of rows with an index differ within QM9's own splits, which go by index.
    """
    indexed, indexed_there = has_index(table), has_index(among)
    found = np.zeros(len(table), dtype=bool)
    own, their = compositions(table), compositions(among)
    for rows, others in ((indexed, ~indexed_there), (~indexed, indexed_there)):
        rows = np.flatnonzero(rows & np.isin(own, their[others]))  # constitutions take time: of like atoms only
        there = set(constitution_keys(among[others & np.isin(their, own[rows])]))
        found[rows] = [key in there for key in constitution_keys(table.iloc[rows])]
    return found


def compositions(table: pd.DataFrame) -> np.ndarray:
    """Return (n_rows,) of bytes: what is alike where molecules have the same atoms."""
    return np.array([np.sort(np.asarray(numbers, np.uint8)).tobytes() for numbers in table["numbers"]], dtype=object)


def has_index(table: pd.DataFrame) -> np.ndarray:
    """Return (n_rows,) bool: whether a QM9 index is stated."""
    if "qm9_index" not in table:
        return np.zeros(len(table), dtype=bool)
    stated: np.ndarray = table["qm9_index"].to_numpy() != NOT_QM9
    return stated


def draw_of(key: int | str, *, seed: int) -> float:
    """Return a number in [0, 1) that follows from molecule and seed alone: it stays when labels are added."""
    return float(np.random.default_rng((seed, key if isinstance(key, int) else int(key, 16))).random())


def is_broad_test(constitution: str) -> bool:
    """Return whether a molecule of the broad set is one that no learner is trained on: every fifth is."""
    return draw_of(constitution, seed=BROAD_SPLIT_SEED) >= 1 - BROAD_TEST_FRACTION


def draw_split(table: pd.DataFrame, *, fraction: float = TEST_FRACTION) -> tuple[pd.Series, str]:
    """Return a split for labels that come without one, and a sentence that says how it was drawn.

    Reserved molecules are in neither part. Molecules of the shipped test split are test molecules here too, so that a
    model trained on these labels can still be measured on the shipped ones.

    Parameters
    ----------
    fraction : float
        Of the other molecules that are for testing, on average.

    Raises
    ------
    InputError
        If it is not between 0 and 1.
    """
    if not 0 < fraction < 1:
        raise InputError(f"the fraction of molecules to test on must be between 0 and 1, got {fraction:g}")
    shipped = shipped_test_keys()

    def side(key: int | str) -> str:
        return TEST if key in shipped or draw_of(key, seed=SPLIT_SEED) < fraction else TRAIN

    drawn = pd.Series([side(key) for key in molecule_keys(table)], index=table.index, dtype=object)
    sides = drawn.mask(is_row_reserved(table), KEPT_ASIDE)
    counts = ", ".join(f"{name} {(sides == name).sum()}" for name in (TRAIN, TEST, KEPT_ASIDE))
    return sides, (
        f"{SPLIT_DRAWN} by molecule, {fraction:.0%} of them test, seed {SPLIT_SEED}; molecules of the shipped "
        f"test split are test here too, those reserved for acceptance are in neither: {counts} rows"
    )


@lru_cache(maxsize=1)
def reserved_indices() -> frozenset[int]:
    """Return `load_reserved` as a set, read once."""
    return frozenset(load_reserved())


@lru_cache(maxsize=1)
def shipped_test_indices() -> frozenset[int]:
    """Return the QM9 indices of the shipped test molecules."""
    return frozenset(index for index, _ in load_test_molecules())


@lru_cache(maxsize=1)
def shipped_test_keys() -> frozenset[int | str]:
    """Return the QM9 indices and the constitutions of the shipped test molecules."""
    return frozenset(key for pair in load_test_molecules() for key in pair)


def load_test_molecules() -> list[tuple[int, str]]:
    """Return (QM9 index, constitution) of each shipped test molecule, from a list that is there without the labels."""
    pairs = [line.split() for line in TEST_MOLECULES.read_text().splitlines()]
    return [(int(index), constitution) for index, constitution in pairs]


def find_test_molecules(labels: Path = QM9_PBE) -> list[tuple[int, str]]:
    """Return the same from the labels themselves."""
    table = pd.read_parquet(labels, columns=["qm9_index", "split", "numbers", "positions"])
    table = table[table["split"] == TEST]
    return sorted(zip(table["qm9_index"].tolist(), constitution_keys(table), strict=True))


def save_test_molecules(path: Path = TEST_MOLECULES) -> None:
    """Write the list of the shipped test molecules anew from the labels."""
    path.write_text("".join(f"{index} {constitution}\n" for index, constitution in find_test_molecules()))
