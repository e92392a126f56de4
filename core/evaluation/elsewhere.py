"""Accuracy on molecules unlike those trained on, by strata. Nothing was trained, chosen or calibrated on what is measured.

Of sets that expected errors are calibrated on, the other half of the molecules is measured: `calibration_parts`.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from rdkit import Chem

from core.assets import COMPARISON, REFERENCE
from core.errors import DomainError, InputError
from core.evaluation.evaluate import evaluate_labels
from core.files import write_text
from core.labels.label_set import LabelSet, calibration_parts, load_labels
from core.machine.progress import Tell
from core.models.protocol import Learner, predicts_levels, within_domain
from core.models.registry import learner_keys, load_learner
from core.models.uncertainty.evaluator import check_calibration
from core.spectrum.metrics import Figures

ELSEWHERE = "elsewhere.json"
SETS_ELSEWHERE = {
    "library": "library_pbe.parquet",
    "larger": "larger_pbe.parquet",
    "broad": "broad_pbe.parquet",
    "broad, larger": "broad_larger_pbe.parquet",
}
CALIBRATED_ON = ("broad_pbe.parquet",)
WHOLE_SET = "all"
SIZES = ((1, 4), (5, 9), (10, 12), (13, 16), (17, 24), (25, 40))  # heavy atoms
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
STRATUM_FIGURES = ("n", "n_refused", "rmse_ev", "rse", "homo_mae_ev", "mean_signed_error_ev")


@dataclass(frozen=True, eq=False)
class Stratum:
    """Some rows of a set, by what its molecules have in common."""

    dataset: str
    name: str
    labels: LabelSet


def strata_of(dataset: str, labels: LabelSet) -> Iterator[Stratum]:
    """Yield the whole set, its sizes and its groups; those without a molecule are left out."""
    n_heavy = np.array([(np.asarray(z) > 1).sum() for z in labels.table["numbers"]])
    yield Stratum(dataset, WHOLE_SET, labels)
    for low, high in SIZES:
        is_between = (n_heavy >= low) & (n_heavy <= high)
        if is_between.any() and not is_between.all():
            yield Stratum(dataset, f"{low} to {high} heavy atoms", labels.select(is_between))
    molecules = [Chem.MolFromSmiles(str(s)) if s else None for s in labels.table["smiles"]]
    for name, smarts in ABSENT_GROUPS.items():
        pattern = Chem.MolFromSmarts(smarts)
        has = np.array([m is not None and m.HasSubstructMatch(pattern) for m in molecules])
        if has.any() and not has.all():
            yield Stratum(dataset, name, labels.select(has))


def measure_elsewhere(out: Path = COMPARISON, *, tell: Tell) -> list[Figures]:
    """Measure every shipped learner on every stratum of SETS_ELSEWHERE; write and return the rows.

    Returns
    -------
    list of dict
        set, stratum, key and STRATUM_FIGURES of `evaluate_labels`; of learners of levels also expected_rmse_ev and within_twice,
        which say how honest the expected errors are there. Errors are None where the learner covers no row.
    """
    learners = [load_learner(key, device="cpu") for key in learner_keys()]
    rows = []
    for dataset, file in SETS_ELSEWHERE.items():
        for stratum in strata_of(dataset, load_measured(file)):
            rows += [measure_stratum(learner, stratum) for learner in learners]
            tell(f"{dataset}, {stratum.name}: {len(stratum.labels)} molecules")
    write_text(out / ELSEWHERE, json.dumps(rows, indent=1))
    return rows


def load_measured(file: str) -> LabelSet:
    """Return the labels of a set that nothing was calibrated on."""
    labels = load_labels(REFERENCE / file)
    return calibration_parts(labels)[1] if file in CALIBRATED_ON else labels


def measure_stratum(learner: Learner, stratum: Stratum) -> Figures:
    """Return one learner's figures on one stratum."""
    row: Figures = {"set": stratum.dataset, "stratum": stratum.name, "key": learner.key}
    try:
        figures = evaluate_labels(learner, stratum.labels)
    except DomainError:
        return row | {"n": 0, "n_refused": len(stratum.labels)}
    row |= {name: figures.get(name) for name in STRATUM_FIGURES} | {"n_refused": figures.get("n_refused", 0)}
    if predicts_levels(learner):
        calibration = check_calibration(learner, within_domain(learner, stratum.labels))
        row |= {name: calibration[name] for name in ("expected_rmse_ev", "within_twice")}
    return row


def load_elsewhere(folder: Path = COMPARISON) -> list[Figures]:
    """Return the rows that `measure_elsewhere` wrote.

    Raises
    ------
    InputError
        If the file is missing or cannot be read.
    """
    path = folder / ELSEWHERE
    try:
        rows: list[Figures] = json.loads(path.read_bytes())
        return rows
    except (OSError, ValueError) as error:
        raise InputError(f"{path.name} is not there or broken: eigenscope compare elsewhere writes it") from error
