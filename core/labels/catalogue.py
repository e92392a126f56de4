"""The sets of molecules that come with the program: what each is, how many rows of what kind, and how they are distributed."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from core.assets import HOME_LIBRARY, LIBRARY_PBE, REFERENCE
from core.errors import InputError
from core.structure.geometry import Geometry
from core.theory import QUASIPARTICLE_THEORY, REFERENCE_THEORY, XTB_THEORY

GEOMETRY_COLUMNS = ("numbers", "positions")
LABEL_COLUMNS = ("n_core", "n_occupied", "levels_ev")
LABEL_TEXT_COLUMNS = ("id", "smiles", "split", "geometry")
ALL, OTHER = "all", "other"
QM9_SOURCE = "QM9, doi 10.1038/sdata.2014.22"


@dataclass(frozen=True)
class DataSet:
    """A Parquet file of molecules in 3-D, with or without reference levels.

    Attributes
    ----------
    level_of_theory : str
        Of its levels; "" where it has none.
    what : str
        One sentence: which molecules, how come by, what for.
    """

    key: str
    name: str
    path: Path
    what: str
    level_of_theory: str
    source: str
    licence: str = "CC0"


KNOWN_SETS = (
    DataSet(
        "qm9_pbe",
        "QM9 labels",
        REFERENCE / "qm9_pbe.parquet",
        "QM9 molecules of up to 9 heavy atoms at relaxed, MMFF94 and rattled geometries: what every learner is trained "
        "and tested on.",
        str(REFERENCE_THEORY),
        QM9_SOURCE + "; levels computed here",
    ),
    DataSet(
        "aa",
        "Amino acids and dipeptides",
        REFERENCE / "aa.parquet",
        "Conformers of the 20 amino acids, neutral, and of dipeptides, embedded here (ETKDGv3, MMFF94): many shapes of "
        "like chemistry.",
        str(REFERENCE_THEORY),
        "drawn and labelled here",
    ),
    DataSet(
        "oe",
        "Organic electronics",
        REFERENCE / "oe.parquet",
        "Conjugated molecules put together at random from rings, linkers, donors and acceptors, 10 to 20 heavy atoms, in "
        "the manner of the OE62 set.",
        str(REFERENCE_THEORY),
        "drawn and labelled here",
    ),
    DataSet(
        "larger",
        "Larger molecules",
        REFERENCE / "larger_pbe.parquet",
        "Fragments of QM9 molecules joined to 10 to 14 heavy atoms: whether a learner carries over in size. Never for "
        "training.",
        str(REFERENCE_THEORY),
        QM9_SOURCE + "; drawn and labelled here",
    ),
    DataSet(
        "broad",
        "Groups that QM9 lacks",
        REFERENCE / "broad_pbe.parquet",
        "Vinyl groups, N-N, N-O, sulphur, halogens and more; real molecules of up to 21 heavy atoms. A fifth of the molecules is "
        "never trained on.",
        str(REFERENCE_THEORY),
        "enumerated, changed from QM9, or from FreeSolv, ESOL and ChEMBL lists; labelled here",
        licence="levels CC0, SMILES CC BY-SA",
    ),
    DataSet(
        "drawn",
        "Every group and motif",
        REFERENCE / "drawn_pbe.parquet",
        "Molecules put together from 274 groups and motifs in turn, 2 to 30 heavy atoms, relaxed with GFN2-xTB, by force field "
        "or rattled. A fifth of the molecules is never trained on.",
        str(REFERENCE_THEORY),
        "drawn and labelled here",
    ),
    DataSet(
        "drawn_later",
        "Every group and motif, later ones",
        REFERENCE / "drawn_later_pbe.parquet",
        "More of the same molecules, places 8,001 to 9,200 of their order. A fifth of the molecules is never trained on.",
        str(REFERENCE_THEORY),
        "drawn and labelled here",
    ),
    DataSet(
        "drawn_third",
        "Every group and motif, further on",
        REFERENCE / "drawn_third_pbe.parquet",
        "More of the same molecules, places 9,201 to 10,200 of their order. A fifth of the molecules is never trained on.",
        str(REFERENCE_THEORY),
        "drawn and labelled here",
    ),
    DataSet(
        "drawn_fourth",
        "Every group and motif, still further on",
        REFERENCE / "drawn_fourth_pbe.parquet",
        "More of the same molecules, places 10,201 to 12,100 of their order. A fifth of the molecules is never trained on.",
        str(REFERENCE_THEORY),
        "drawn and labelled here",
    ),
    DataSet(
        "drawn_fifth",
        "Small molecules of groups known least",
        REFERENCE / "drawn_fifth_pbe.parquet",
        "More of the same molecules: of 5 to 10 heavy atoms, and of 11 to 14 those with silicon, cumulated bonds, N-N bonds or "
        "separated charges. All for training.",
        str(REFERENCE_THEORY),
        "drawn and labelled here",
    ),
    DataSet(
        "smallest",
        "Smallest molecules",
        REFERENCE / "smallest_pbe.parquet",
        "Molecules of up to three heavy atoms, all that can be written, and some of four and five put together at random. A "
        "fifth of the molecules is never trained on.",
        str(REFERENCE_THEORY),
        "drawn and labelled here",
    ),
    DataSet(
        "catenated",
        "Chains of like atoms",
        REFERENCE / "catenated_pbe.parquet",
        "Chains and rings of sulphur, silicon, phosphorus, nitrogen, boron and oxygen, put together at random. A fifth of the "
        "molecules is never trained on.",
        str(REFERENCE_THEORY),
        "drawn and labelled here",
    ),
    DataSet(
        "ionisation",
        "Ionisation energies",
        REFERENCE / "g0w0_camb3lyp.parquet",
        "Minus ionisation energies, level by level, of molecules of the broad sets and of C7H10O2: what "
        "the learner of ionisation energies is trained on.",
        str(QUASIPARTICLE_THEORY),
        "drawn and labelled here",
    ),
    DataSet(
        "series",
        "Homologous series",
        REFERENCE / "series_pbe.parquet",
        "Ten series, from alkanes to oligothiophenes, of 6 to 30 heavy atoms: whether errors grow with size. Never for training.",
        str(REFERENCE_THEORY),
        "drawn and labelled here",
    ),
    DataSet(
        "conformers",
        "Conformers from SMILES",
        REFERENCE / "conformers_pbe.parquet",
        "Every conformer found of 537 QM9 molecules from their SMILES, relaxed with GFN2-xTB: whether an average over conformers "
        "is that of the references. Never for training.",
        str(REFERENCE_THEORY),
        QM9_SOURCE + "; conformers found and labelled here",
    ),
    DataSet(
        "b3lyp",
        "At B3LYP geometries",
        REFERENCE / "broad_b3lyp.parquet",
        "Small molecules of the broad test that QM9 lacks, relaxed with B3LYP/6-31G(2df,p) as QM9's were: whether what moves "
        "atoms there carries over. Never for training.",
        str(REFERENCE_THEORY),
        "the broad sets; relaxed and labelled here",
        licence="levels CC0, SMILES CC BY-SA",
    ),
    DataSet(
        "trajectories",
        "Frames at 300 K",
        REFERENCE / "trajectories_pbe.parquet",
        "Frames of GFN2-xTB molecular dynamics at 300 K of 30 test molecules, and each at rest: whether levels hold "
        "away from rest. Never for training.",
        str(REFERENCE_THEORY),
        QM9_SOURCE + ", and the broad sets; moved and labelled here",
    ),
    DataSet(
        "dynamics",
        "Frames at 300 K, to train on",
        REFERENCE / "dynamics_pbe.parquet",
        "The same of 120 training molecules: the tight-binding network learns from them.",
        str(REFERENCE_THEORY),
        QM9_SOURCE + ", and the broad sets; moved and labelled here",
    ),
    DataSet(
        "library",
        "Home library labels",
        LIBRARY_PBE,
        "Random molecules of the home library at their library geometry: whether a scan finds the truth. Never for training.",
        str(REFERENCE_THEORY),
        QM9_SOURCE + "; labelled here",
    ),
    DataSet(
        "c7h10o2",
        "Home library",
        HOME_LIBRARY,
        "Stereoisomers of C7H10O2 in 3-D, relaxed with GFN2-xTB: what Scan searches. It has no reference levels.",
        "",
        QM9_SOURCE + "; geometries made here",
        licence="constitutions CC0, geometries MIT",
    ),
    DataSet(
        "qm9_gfn2",
        "QM9 at GFN2-xTB",
        REFERENCE / "qm9_gfn2.parquet",
        "Cheap levels of random QM9 molecules, every second one rattled: what the tight-binding network is pre-trained on.",
        str(XTB_THEORY),
        QM9_SOURCE + "; levels computed here",
    ),
    DataSet(
        "broad_gfn2",
        "Every group and motif at GFN2-xTB",
        REFERENCE / "broad_gfn2.parquet",
        "Cheap levels of other molecules made of the same motifs, every second one rattled: what the tight-binding network is "
        "pre-trained on.",
        str(XTB_THEORY),
        "drawn and computed here",
    ),
)


def present_sets() -> list[DataSet]:
    """Return the sets that are there: those known by name, then any other label file of the reference folder."""
    known = [s for s in KNOWN_SETS if s.path.exists()]
    others = sorted(set(REFERENCE.glob("*.parquet")) - {s.path for s in KNOWN_SETS})
    unnamed = [
        DataSet(
            p.stem,
            p.stem.replace("_", " "),
            p,
            "Labels without a description.",
            str(REFERENCE_THEORY),
            "unknown",
            "unknown",
        )
        for p in others
        if set(LABEL_COLUMNS) <= set(columns_of(p))
    ]
    return known + unnamed


def describe_absent() -> str:
    """Return a sentence on the sets known by name that are not there, as in an installed package; "" where all are."""
    names = [s.name for s in KNOWN_SETS if not s.path.exists()]
    if not names:
        return ""
    return (
        f"Labels are not part of the installed package, so these sets are not shown: {', '.join(names)}. Their files are "
        f"in `assets/reference` of Eigenscope's repository; copied to `{REFERENCE}`, they show here."
    )


def columns_of(path: Path) -> list[str]:
    """Return the columns of a Parquet file.

    Raises
    ------
    InputError
        If it cannot be read.
    """
    try:
        names: list[str] = pq.read_schema(path).names
        return names
    except (OSError, pa.ArrowException) as error:
        raise InputError(f"{path.name} must be a readable Parquet file: {error}") from error


def summarise_set(dataset: DataSet) -> pd.DataFrame:
    """Return one row a molecule-geometry: what the distributions are made of.

    Returns
    -------
    DataFrame
        id, smiles, split, geometry ("" where the file has none), n_atoms, n_heavy, homo_ev [eV] (nan where not labelled).

    Raises
    ------
    InputError
        If the file cannot be read or holds no molecules.
    """
    columns = columns_of(dataset.path)
    if "numbers" not in columns:
        raise InputError(f"{dataset.path.name} needs the column numbers, it has {', '.join(columns)}")
    is_labelled = bool(dataset.level_of_theory) and set(LABEL_COLUMNS) <= set(columns)
    wanted = [*(c for c in LABEL_TEXT_COLUMNS if c in columns), "numbers", *(LABEL_COLUMNS if is_labelled else ())]
    table = pd.read_parquet(dataset.path, columns=wanted)
    if table.empty:
        raise InputError(f"{dataset.path.name} holds no molecule")
    summary = pd.DataFrame(
        {c: table[c].astype(str) if c in table else "" for c in LABEL_TEXT_COLUMNS}, index=table.index
    )
    summary["n_atoms"] = [len(z) for z in table["numbers"]]
    summary["n_heavy"] = [int((z > 1).sum()) for z in table["numbers"]]
    summary["homo_ev"] = (
        [float(e[n - 1]) for e, n in zip(table["levels_ev"], table["n_occupied"], strict=True)]
        if is_labelled
        else np.nan
    )
    summary["elements"] = [tuple(np.unique(z).tolist()) for z in table["numbers"]]
    return summary


def count_rows(summary: pd.DataFrame, kinds: Sequence[str]) -> pd.DataFrame:
    """Return the number of rows of each split (index) by kind of geometry: columns `kinds`, OTHER, and ALL, their sum."""
    known = summary["geometry"].where(summary["geometry"].isin(kinds), OTHER)
    table = pd.crosstab(summary["split"], known).reindex(columns=[*kinds, OTHER], fill_value=0)
    return table.assign(**{ALL: table.sum(axis=1)}).rename_axis(index=None, columns=None)


def homo_shares(summary: pd.DataFrame, edges_ev: np.ndarray) -> np.ndarray:
    """Return (n_bins,) the share of a set's labelled rows whose HOMO lies between each two edges [eV]."""
    values = summary["homo_ev"].dropna()
    return np.histogram(values, edges_ev)[0] / max(len(values), 1)


def homo_edges(summaries: Sequence[pd.DataFrame], *, step_ev: float = 0.1) -> np.ndarray:
    """Return bin edges [eV], multiples of the step, that hold the HOMOs of all these sets."""
    values = pd.concat([s["homo_ev"] for s in summaries]).dropna()
    if values.empty:
        return np.array([])
    first, last = np.floor(values.min() / step_ev), np.floor(values.max() / step_ev) + 1
    return step_ev * np.arange(first, last + 1)


def size_shares(summary: pd.DataFrame) -> pd.Series:
    """Return the share of rows by number of heavy atoms (index, ascending)."""
    return summary["n_heavy"].value_counts(normalize=True).sort_index()


def element_shares(summary: pd.DataFrame) -> pd.Series:
    """Return the share of rows that hold each element (index: atomic number, ascending)."""
    counts = summary["elements"].explode().value_counts().sort_index()
    return counts / max(len(summary), 1)


def find_molecules(summary: pd.DataFrame, query: str, *, limit: int = 50) -> pd.DataFrame:
    """Return the first rows whose id is, or whose id or SMILES contains, the query; all of them where it is empty."""
    text = query.strip()
    exact = summary[summary["id"] == text]
    if len(exact) or not text:
        return (exact if text else summary).head(limit)
    part = summary["id"].str.contains(text, case=False, regex=False) | summary["smiles"].str.contains(text, regex=False)
    return summary[part].head(limit)


def load_geometry(dataset: DataSet, name: str) -> Geometry:
    """Return the geometry of the row with this id.

    Raises
    ------
    InputError
        If there is none.
    """
    rows = pd.read_parquet(dataset.path, columns=list(GEOMETRY_COLUMNS), filters=[("id", "==", name)])
    if rows.empty:
        raise InputError(f"{dataset.name} has no molecule {name!r}")
    return Geometry(rows["numbers"].iloc[0], rows["positions"].iloc[0], origin=f"{dataset.name}, {name}")
