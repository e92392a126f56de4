"""Accuracy beyond QM9, by strata of molecules. Nothing was trained, chosen or calibrated on what is measured.

Of sets that are trained on, that is the part that is kept from it: the split `test`, by constitution.
"""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from rdkit import Chem

from core.assets import COMPARISON, QM9_PBE, REFERENCE
from core.elements import ELEMENTS
from core.evaluation.files import load_figure_rows
from core.files import write_text
from core.labels.label_set import LabelSet, join_labels, load_labels
from core.labels.splits import TEST, TRAIN, is_named_otherwise, molecule_keys
from core.machine.progress import Tell
from core.models.protocol import Learner, covers, headline_spectra, predicts_levels
from core.models.registry import load_learner, reference_keys
from core.models.uncertainty.evaluator import judge_expectations
from core.spectrum.metrics import Figures, evaluate_levels, evaluate_spectra
from core.structure.motifs import MADE_OF_MOTIFS, find_motifs, load_motifs

ELSEWHERE = "elsewhere.json"
SET_NAMES = {
    "library": "random molecules of the home library, at the library's GFN2-xTB geometries",
    "larger": "molecules of 10 to 14 heavy atoms, fragments of QM9 molecules joined",
    "broad": "broad test: groups, elements and sizes that QM9 lacks, 1 to 30 heavy atoms",
    "smallest": "smallest molecules: hydrogen, one to three heavy atoms in every way that valences allow, some of four and five",
    "catenated": "chains and rings of like atoms: sulphur, silicon, phosphorus, nitrogen, boron, oxygen",
    "series": "homologous series of up to 30 heavy atoms, from alkanes to oligothiophenes",
}
SETS_ELSEWHERE = {
    "library": ("library_pbe.parquet",),
    "larger": ("larger_pbe.parquet",),
    "broad": (
        "broad_pbe.parquet",
        "drawn_pbe.parquet",
        "drawn_later_pbe.parquet",
        "drawn_third_pbe.parquet",
        "drawn_fourth_pbe.parquet",
    ),
    "smallest": ("smallest_pbe.parquet",),
    "catenated": ("catenated_pbe.parquet",),
    "series": ("series_pbe.parquet",),
}
WITH_TRAINING = ("broad", "smallest", "catenated", "series")  # sets with rows that are trained on, or of such molecules
WHOLE_SET = "all"
SIZES = ((1, 4), (5, 9), (10, 16), (17, 24), (25, 40))  # heavy atoms
# groups that GDB-17, and so QM9, leaves out or nearly so
ABSENT_GROUPS = {
    "terminal =CH2": "[CX3H2]=[#6,#7]",
    "acyclic C=C": "[CX3]=;!@[CX3]",
    "acyclic C=N": "[CX3]=;!@[NX2]",
    "N-N single bond": "[#7;!$([#7]~[#8])]-[#7;!$([#7]~[#8])]",
    "N-O single bond": "[NX3;!$([N+])]-[OX2]",
    "O-O single bond": "[OX2]-[OX2]",
    "allene": "[#6]=[CX2]=[#6]",
    "nitro": "[N+](=O)[O-]",
    "benzene ring": "c1ccccc1",
}
STRATUM_FIGURES = ("n", "rmse_ev", "rse", "homo_mae_ev", "mean_signed_error_ev")
EXPECTATIONS = (
    "expected_rmse_ev", "within_twice", "levels_within_90", "homo_within_90",
    "lumo_rmse_ev", "lumo_expected_ev", "lumo_within_90", "auroc", "fifths",
)  # fmt: skip


def strata_of(labels: LabelSet) -> Iterator[tuple[str, np.ndarray]]:
    """Yield (name, (n_rows,) bool) of the whole set, and of its parts that are neither empty nor all of it."""
    yield WHOLE_SET, np.ones(len(labels), dtype=bool)
    for name, has in parts_of(labels):
        if has.any() and not has.all():
            yield name, has


def parts_of(labels: LabelSet) -> Iterator[tuple[str, np.ndarray]]:
    """Yield masks of origins, sizes, kinds of geometry, elements that QM9 lacks, ABSENT_GROUPS and families of motifs."""
    is_made = labels.table["id"].astype(str).str.startswith(MADE_OF_MOTIFS).to_numpy()
    yield "real, or QM9's with a group made", ~is_made
    yield "put together from motifs", is_made
    n_heavy = np.array([(np.asarray(z) > 1).sum() for z in labels.table["numbers"]])
    for low, high in SIZES:
        yield f"{low} to {high} heavy atoms", (n_heavy >= low) & (n_heavy <= high)
    kinds = labels.table["geometry"].astype(str)
    for kind in sorted(set(kinds)):
        yield f"geometry {kind}", (kinds == kind).to_numpy()
    for element in ELEMENTS:
        if not element.in_qm9:
            yield f"with {element.symbol}", np.array([element.number in z for z in labels.table["numbers"]])
    molecules = [Chem.MolFromSmiles(str(s)) if s else None for s in labels.table["smiles"]]
    for name, smarts in ABSENT_GROUPS.items():
        pattern = Chem.MolFromSmarts(smarts)
        yield name, np.array([m is not None and m.HasSubstructMatch(pattern) for m in molecules])
    families = {motif.name: motif.family for motif in load_motifs()}
    held = [{families[name] for name in find_motifs(m)} if m is not None else set() for m in molecules]
    for family in dict.fromkeys(families.values()):
        yield f"any of {family}", np.array([family in names for names in held])


def measure_elsewhere(out: Path = COMPARISON, *, tell: Tell) -> list[Figures]:
    """Measure every shipped learner of the reference's levels on every stratum of SETS_ELSEWHERE; write and return the rows.

    Returns
    -------
    list of dict
        set, stratum, key, n_refused and STRATUM_FIGURES; of learners of levels also expected_rmse_ev, within_twice,
        levels_within_90, homo_within_90, those of LUMOs and auroc, which say how honest the expected errors are there, and of
        whole sets "fifths", as `judge_expectations`.
        Without a covered row there is n, 0, and no error.
    """
    rows: list[Figures] = []
    for dataset in SETS_ELSEWHERE:
        labels = load_measured(dataset)
        strata = list(strata_of(labels))
        for key in reference_keys():
            judge = judge_learner(load_learner(key, device="cpu"), labels)
            for name, mask in strata:
                figures = judge(mask)
                if name != WHOLE_SET:
                    figures.pop("fifths", None)
                rows.append({"set": dataset, "stratum": name, "key": key} | figures)
            tell(f"{dataset}, {key}: {len(labels)} molecules, {len(strata)} strata")
    write_text(out / ELSEWHERE, json.dumps(rows, indent=1))
    return rows


def load_measured(dataset: str) -> LabelSet:
    """Return the labels of one of SETS_ELSEWHERE that nothing was trained on, by index or by constitution."""
    labels = join_labels(*[load_labels(REFERENCE / file) for file in SETS_ELSEWHERE[dataset]])
    if dataset in WITH_TRAINING:
        return labels.split(TEST)
    broad = join_labels(*[load_labels(REFERENCE / file) for file in SETS_ELSEWHERE["broad"]]).split(TRAIN)
    learnt = set(molecule_keys(broad.table))
    is_learnt = np.array([key in learnt for key in molecule_keys(labels.table)])
    return labels.select(~is_learnt & ~is_named_otherwise(labels.table, among=load_labels(QM9_PBE).split(TRAIN).table))


def judge_learner(learner: Learner, labels: LabelSet) -> Callable[[np.ndarray], Figures]:
    """Return what makes the figures of a learner on some rows of labels, (n_rows,) bool: they are predicted once, here."""
    is_covered = np.array([covers(learner, geometry) for geometry in labels.geometries()])
    reference = labels.levels()
    if not predicts_levels(learner):
        is_compared = is_covered & np.array([levels.has_band for levels in reference])
        spectra = learner.predict_spectra(labels.select(is_compared).geometries()) if is_compared.any() else np.zeros(0)
        wanted = headline_spectra([reference[k] for k in np.flatnonzero(is_compared)])

        def judge_spectra(some: np.ndarray) -> Figures:
            rows = some[is_compared]
            figures = evaluate_spectra(spectra[rows], wanted[rows]) if rows.any() else {"n": 0}
            return chosen_figures(figures, n_refused=int((some & ~is_covered).sum()))

        return judge_spectra
    covered = np.flatnonzero(is_covered).tolist()
    predicted = learner.predict_levels(labels.select(is_covered).geometries()) if covered else []
    by_row = dict(zip(covered, predicted, strict=True))

    def judge_levels(some: np.ndarray) -> Figures:
        rows = np.flatnonzero(some & is_covered).tolist()
        if not rows:
            return chosen_figures({"n": 0}, n_refused=int(some.sum()))
        both = [by_row[k] for k in rows], [reference[k] for k in rows]
        figures = chosen_figures(evaluate_levels(*both), n_refused=int((some & ~is_covered).sum()))
        expected = judge_expectations(*both)
        # of molecules with fewer levels than a band too, over those that they have: the errors that were expected
        return figures | {name: expected[name] for name in ("rmse_ev", *EXPECTATIONS)}

    return judge_levels


def chosen_figures(figures: Figures, *, n_refused: int) -> Figures:
    """Return STRATUM_FIGURES, None where there is none, and the number of refused rows."""
    return {name: figures.get(name) for name in STRATUM_FIGURES} | {"n_refused": n_refused}


def load_elsewhere(folder: Path = COMPARISON) -> list[Figures]:
    """Return the rows that `measure_elsewhere` wrote.

    Raises
    ------
    InputError
        If the file is missing or cannot be read.
    """
    return load_figure_rows(folder / ELSEWHERE, command="eigenscope compare elsewhere")
