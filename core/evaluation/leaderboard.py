"""All learners on the same held-out molecules: the leaderboard, and the predictions it comes from."""

import json
from pathlib import Path

import numpy as np
import pandas as pd

from core.assets import COMPARISON, QM9_PBE
from core.evaluation.evaluate import evaluate_labels
from core.evaluation.files import LEADERBOARD, PREDICTIONS
from core.files import whole_file, write_text
from core.labels.label_set import LabelSet, load_labels
from core.machine.progress import Tell
from core.machine.timing import one_thread, timed
from core.models.protocol import Learner, headline_spectra, predicts_levels, within_domain
from core.models.registry import DEFAULT, load_learner, reference_keys
from core.spectrum.broaden import STEP_EV
from core.spectrum.metrics import Figures, per_molecule_rmse, rse

N_TIMED_MOLECULES = 500  # molecules predicted for the speed


def compare_learners(out: Path = COMPARISON, *, labels: Path = QM9_PBE, tell: Tell) -> list[Figures]:
    """Measure every shipped learner of the reference's levels on the held-out rows; write leaderboard and predictions.

    Speed is of one thread, in molecules a second of processor time, and relative to the flagship in the same run.

    Parameters
    ----------
    tell : callable
        Gets a line per learner.
    """
    everything = load_labels(labels)
    held_out = everything.select(everything.table["split"].isin(["test", "test_other"]))
    rows, predictions = [], []
    for key in reference_keys():
        learner = load_learner(key, device="cpu")
        rows.append(leaderboard_row(learner, held_out))
        predictions.append(predict_held_out(learner, held_out))
        tell(f"{key}: " + ", ".join(f"{k} {rows[-1][k]}" for k in ("rmse_ev", "rse", "homo_mae_ev")))
    flagship = next((r["molecules_per_second"] for r in rows if r["key"] == DEFAULT), None)
    for row in rows:
        row["relative_speed"] = round(row["molecules_per_second"] / flagship, 3) if flagship else None
    with whole_file(out / PREDICTIONS) as draft:
        pd.concat(predictions, ignore_index=True).to_parquet(draft, compression="zstd", index=False)
    write_text(out / LEADERBOARD, json.dumps(rows, indent=1))
    return rows


def leaderboard_row(learner: Learner, held_out: LabelSet) -> Figures:
    """Return one learner's figures: `test` is what counts, by kind of geometry besides."""
    card = learner.card
    test = evaluate_labels(learner, held_out.split("test"))
    by_geometry = evaluate_labels(learner, held_out).get("by_geometry", {})
    names = ("rmse_ev", "rse", "homo_mae_ev", "lumo_mae_ev")
    return {
        "key": card.key,
        "name": card.name,
        "form": card.form,
        "n_parameters": card.n_parameters,
        "n_training": sum(card.n_training.values()),
        "training_minutes": card.training_minutes,
        "molecules_per_second": molecules_per_second(learner, held_out.split("test")),
        **{name: test.get(name) for name in names},
        "per_level_rmse_ev": test.get("per_level_rmse_ev"),
        "mean_area": test.get("mean_area"),
        "homo_fit_mae_ev": card.extra_figures.get("homo_fit", {}).get("dft", {}).get("homo_mae_ev"),
        "by_geometry": {g: {k: x.get(k) for k in (*names, "n")} for g, x in by_geometry.items()},
        "n_test": test["n"],
        "n_refused": test.get("n_refused", 0),
    }


def molecules_per_second(learner: Learner, labels: LabelSet) -> float:
    """Return how many spectra the learner makes in a second of processor time, on one thread."""
    geometries = within_domain(learner, labels).geometries()[:N_TIMED_MOLECULES]
    with one_thread():
        learner.predict_spectra(geometries[:20])
        timing, _ = timed(lambda: learner.predict_spectra(geometries))
    return round(len(geometries) / timing.cpu_s, 1)


def predict_held_out(learner: Learner, held_out: LabelSet) -> pd.DataFrame:
    """Return one row per molecule with a band within the learner's domain: columns as in assets/comparison/README.md."""
    within = within_domain(learner, held_out)
    within = within.select([x.has_band for x in within.levels()])
    geometries, reference = within.geometries(), within.levels()
    density = learner.predict_spectra(geometries)
    table = pd.DataFrame({"key": learner.key, "id": within.table["id"], "geometry": within.table["geometry"]})
    table["band_ev"] = table["density"] = None
    table["rmse_ev"] = np.nan
    if predicts_levels(learner):
        levels = learner.predict_levels(geometries)
        table["band_ev"] = [x.band_ev.astype(np.float32) for x in levels]
        table["rmse_ev"] = per_molecule_rmse(levels, reference)
    else:
        table["density"] = list(density.astype(np.float32))
    table["rse"] = rse(density, headline_spectra(reference), step_ev=STEP_EV)
    return table
