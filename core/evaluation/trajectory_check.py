"""Levels along molecular dynamics against references of the same frames: how much is lost away from rest, and how fast it is."""

import json
from pathlib import Path
from typing import Any

import numpy as np

from core.assets import COMPARISON, EXAMPLES
from core.evaluation.files import load_figures
from core.files import write_text
from core.labels.label_set import LabelSet
from core.machine.timing import one_thread, timed
from core.models.protocol import LevelModel
from core.models.uncertainty.evaluator import WITHIN
from core.readers.trajectories import read_trajectory
from core.spectrum.broaden import broaden
from core.spectrum.levels import N_BAND
from core.spectrum.metrics import Figures, rse
from core.structure.trajectory import Trajectory
from core.trajectories.levels import predict_trajectory
from core.trajectories.spectra import convergence_of, spectrogram

TRAJECTORY_FILE = "trajectories.json"
EXAMPLE_TRAJECTORY = EXAMPLES / "trajectory.extxyz"
N_TIMED_FRAMES = 1000  # frames
FRAME_MARK = "-t"  # before the number of the frame, in an id; 0 is the molecule at rest
Bands = tuple[
    np.ndarray, np.ndarray, np.ndarray
]  # predicted, reference (n, N_BAND) [eV], expected (n,) [eV]; at rest first


def measure_trajectories(model: LevelModel, labels: LabelSet, *, out: Path = COMPARISON) -> Figures:
    """Hold the levels predicted of frames against their references; write and return the figures.

    Parameters
    ----------
    labels : LabelSet
        Rows whose ids end in `-t0` (the molecule at rest), `-t1`, ... (frames of its dynamics).

    Returns
    -------
    dict
        Of all frames: n molecules, n_frames, rmse_ev of the band; rest_rmse_ev, the same at rest; change_rmse_ev, of what the
        frame changes against rest; spread_ev, root mean square of that change itself; expected_rmse_ev and levels_within_90
        (see `core.models.uncertainty.evaluator`); average_rse, of the spectrum averaged over a molecule's frames. "by_source":
        the same of the molecules of each label set, "by_molecule": of each. "speed": see `time_frames`.
    """
    predicted, reference = model.predict_levels(labels.geometries()), labels.levels()
    names = labels.table["id"].astype(str).tolist()
    places: dict[str, list[tuple[int, int]]] = {}
    for k, name in enumerate(names):
        molecule, _, frame = name.rpartition(FRAME_MARK)
        places.setdefault(molecule, []).append((int(frame), k))
    bands: dict[str, Bands] = {}
    for molecule, rows in places.items():
        order = [k for _, k in sorted(rows)]
        bands[molecule] = (
            np.array([predicted[k].band_ev for k in order]),
            np.array([reference[k].band_ev for k in order]),
            np.array([predicted[k].errors_ev[-N_BAND:] for k in order]),
        )
    smiles = dict(zip((n.rpartition(FRAME_MARK)[0] for n in names), labels.table["smiles"].astype(str), strict=True))
    sources = sorted({source_of(m) for m in bands})
    result = figures_of(list(bands.values())) | {
        "by_source": {s: figures_of([b for m, b in bands.items() if source_of(m) == s]) for s in sources},
        "by_molecule": {m: {"smiles": smiles[m]} | figures_of([b]) for m, b in bands.items()},
        "speed": time_frames(model),
    }
    write_text(out / TRAJECTORY_FILE, json.dumps(result, indent=1))
    return result


def describe_measured(folder: Path = COMPARISON) -> str:
    """Return what was measured on frames, as a sentence for the page; "" where the file is not there."""
    path = folder / TRAJECTORY_FILE
    if not path.exists():
        return ""
    found = load_figures(path, command="eigenscope compare trajectories")
    qm9 = found["by_source"].get("qm9", found)
    return (
        f"Measured on {found['n_frames']} frames at 300 K of {found['n']} test molecules: band RMSE {found['rmse_ev']:.3f} eV "
        f"({qm9['rmse_ev']:.3f} of QM9's), at rest {found['rest_rmse_ev']:.3f}; expected {found['expected_rmse_ev']:.3f}, and "
        f"{found['levels_within_90']:.0%} of the levels lay within the interval for 90 %."
    )


def source_of(molecule: str) -> str:
    """Return which set a molecule is of, from the id that it has there: "qm9", "broad", "motif"."""
    return molecule.split("-")[0]


def figures_of(molecules: list[Bands]) -> Figures:
    """Return the figures of some molecules; see `measure_trajectories`."""
    errors = [p[1:] - r[1:] for p, r, _ in molecules]
    at_rest = [p[0] - r[0] for p, r, _ in molecules]
    changes = [r[1:] - r[0] for _, r, _ in molecules]
    expected = [e[1:] for _, _, e in molecules]
    within = [np.abs(d) <= WITHIN * e for d, e in zip(errors, expected, strict=True)]
    spectra = [rse(broaden(p[1:]).mean(axis=0), broaden(r[1:]).mean(axis=0)) for p, r, _ in molecules]
    return {
        "n": len(molecules),
        "n_frames": sum(len(d) for d in errors),
        "rmse_ev": root_mean_square(errors),
        "rest_rmse_ev": root_mean_square(at_rest),
        "change_rmse_ev": root_mean_square([d - r for d, r in zip(errors, at_rest, strict=True)]),
        "spread_ev": root_mean_square(changes),
        "expected_rmse_ev": root_mean_square(expected),
        "levels_within_90": float(np.concatenate([w.ravel() for w in within]).mean()),
        "average_rse": float(np.mean(spectra)),
    }


def root_mean_square(parts: list[np.ndarray]) -> float:
    """Return the root mean square of all numbers of some arrays."""
    return float(np.sqrt(np.mean(np.square(np.concatenate([p.ravel() for p in parts])))))


def time_frames(model: LevelModel, n_frames: int = N_TIMED_FRAMES) -> dict[str, Any]:
    """Return how long so many frames of the example's molecule take on one thread [s], wall and processor time.

    From positions to levels, the averaged spectrum with its errors, convergence and spectrogram.
    """
    example = read_trajectory(EXAMPLE_TRAJECTORY.read_bytes(), EXAMPLE_TRAJECTORY.name)
    repeats = -(-n_frames // example.n_frames)
    whole = Trajectory(
        example.numbers, np.tile(example.positions, (repeats, 1, 1))[:n_frames], spacing_fs=10.0, static=example.static
    )

    def work() -> None:
        found = predict_trajectory(whole, model)
        found.spectrum()
        levels = found.shown_ev(band=True)
        convergence_of(levels)
        spectrogram(levels, found.times_ps)

    with one_thread():
        predict_trajectory(example.thinned(every=20), model)  # what is loaded once
        timing, _ = timed(work)
    return {"n_frames": n_frames, "n_atoms": len(whole.numbers), "wall_s": timing.wall_s, "cpu_s": timing.cpu_s}
