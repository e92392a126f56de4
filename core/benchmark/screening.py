"""Speed of screening: the home library from geometry to spectra, ranking, and yardsticks in the same run."""

from functools import partial

import numpy as np
import pandas as pd
import torch

from core.errors import InputError
from core.machine.timing import Timing, describe_machine, one_thread, some_cores, timed
from core.models.protocol import LevelModel
from core.reference.xtb import xtb_levels
from core.screening.comparison import METRICS
from core.screening.ranking import rank_candidates
from core.screening.scan import scan_library
from core.screening.spectra import forget_spectra, spectra_of
from core.screening.spectrum_map import spectrum_map
from core.spectrum.metrics import Figures
from core.spectrum.target import target_from_row
from core.structure.entry import OK
from core.structure.geometry import Geometry

N_CORES = 2
SCAN_BAR_S, RANK_BAR_MS = 20.0, 50.0  # for the home library with its conformers
WARM_UP = 200  # molecules: the first batches of a process pay for loading libraries
N_XTB, N_MATRICES, N_RANKINGS = 30, 4000, 15


def measure_screening(model: LevelModel, library: pd.DataFrame) -> Figures:
    """Return all figures as a dict; see `screening_table` for what they are.

    Times on the wall depend on what else the machine does; the ratios are of processor time within this run, and far
    steadier. On the CPU at most N_CORES cores are used, whatever the machine has.

    Raises
    ------
    InputError
        If no molecule of the library can be predicted.
    """
    machine = describe_machine()
    with some_cores(N_CORES) as n_cores:
        scan_library(library.iloc[:WARM_UP], model)
        forget_spectra()
        levels, scan = timed(lambda: scan_library(library, model))
        spectra, _ = timed(lambda: spectra_of(scan))
        n_ok = int((scan["status"] == OK).sum())
        if not n_ok:
            raise InputError(f"a benchmark needs molecules, none of the {len(library)} could be predicted")
        answered = scan[scan["status"] == OK]
        geometries = [Geometry(z, x) for z, x in zip(answered["numbers"], answered["positions"], strict=True)]
        whole = Timing(levels.wall_s + spectra.wall_s, levels.cpu_s + spectra.cpu_s)
        ranking = measure_ranking(answered)
        mapping, _ = timed(lambda: spectrum_map(scan, at_most=0))
        yardsticks = measure_yardsticks(geometries)
    per_cpu_second = n_ok / whole.cpu_s
    return {
        "machine": machine | {"cores": n_cores, "torch": torch.__version__},
        "model": {"key": model.key, "device": str(getattr(model, "device", "cpu"))},
        "library": {"n_molecules": len(library), "n_predicted": n_ok},
        "scan": {
            "levels_s": levels.wall_s,
            "spectra_s": spectra.wall_s,
            "total_s": whole.wall_s,
            "total_cpu_s": whole.cpu_s,
            "molecules_per_s": n_ok / whole.wall_s,
            "molecules_per_cpu_s": per_cpu_second,
            "bar_s": SCAN_BAR_S,
        },
        "rank_ms": ranking,
        "rank_bar_ms": RANK_BAR_MS,
        "map_s": mapping.wall_s,
        "yardsticks_per_cpu_s": yardsticks,
        "ratios": {
            "scan to GFN2-xTB single point": per_cpu_second / yardsticks["GFN2-xTB single points"],
            "eigvalsh alone to scan": yardsticks["eigvalsh alone"] / per_cpu_second,
        },
    }


def measure_ranking(scan: pd.DataFrame) -> dict[str, float]:
    """Return the median time of a ranking [ms] by metric, and of the very first one, which broadens all spectra."""
    target = target_from_row(scan.iloc[len(scan) // 2])
    forget_spectra()
    first, _ = timed(lambda: rank_candidates(scan, target))
    times = {"rse, spectra not yet made": 1e3 * first.wall_s}
    for metric in METRICS:
        for shift in (False, True):
            work = partial(rank_candidates, scan, target, metric=metric, shift=shift)
            runs = [timed(work)[0].wall_s for _ in range(N_RANKINGS)]
            times[f"{metric}, shift fitted" if shift else metric] = 1e3 * float(np.median(runs))
    return times


def measure_yardsticks(geometries: list[Geometry]) -> dict[str, float]:
    """Return how many molecules a second of one core does: diagonalising alone, and GFN2-xTB single points."""
    with one_thread():
        sizes = [int(np.where(g.numbers > 1, 4, 1).sum()) for g in geometries]
        m = int(np.median(sizes))
        matrices = torch.from_numpy(np.random.default_rng(0).normal(size=(N_MATRICES, m, m)).astype(np.float32))
        matrices = matrices + matrices.transpose(1, 2)
        torch.linalg.eigvalsh(matrices[:100])
        solving, _ = timed(lambda: torch.linalg.eigvalsh(matrices))
        some = geometries[:: max(1, len(geometries) // N_XTB)][:N_XTB]
        xtb_levels(some[0])
        points, _ = timed(lambda: [xtb_levels(g) for g in some])
    return {"eigvalsh alone": N_MATRICES / solving.cpu_s, "GFN2-xTB single points": len(some) / points.cpu_s}


def screening_table(result: Figures) -> str:
    """Return the figures for reading."""
    scan, machine, library = result["scan"], result["machine"], result["library"]
    lines = [
        f"{machine['processor']}, {machine['cores']} cores, load before {machine['load_before']:.1f}; "
        f"model {result['model']['key']} on {result['model']['device']}",
        "",
        f"scan, geometry in to levels and spectra out: {library['n_predicted']} of {library['n_molecules']} molecules",
        f"  {'on the wall':32}{scan['total_s']:10.2f} s    bar {scan['bar_s']:g} s for the home library",
        f"  {'processor time':32}{scan['total_cpu_s']:10.2f} s",
        f"  {'molecules a second':32}{scan['molecules_per_s']:10.0f}",
        f"  {'molecules a processor second':32}{scan['molecules_per_cpu_s']:10.0f}",
        "",
        f"ranking, median of {N_RANKINGS}: bar {result['rank_bar_ms']:g} ms for the home library",
        *(f"  {name:32}{ms:10.1f} ms" for name, ms in result["rank_ms"].items()),
        "",
        f"map of the library               {result['map_s']:11.2f} s",
        "",
        "one core, molecules a processor second",
        *(f"  {name:32}{rate:10.0f}" for name, rate in result["yardsticks_per_cpu_s"].items()),
        "ratios",
        *(f"  {name:32}{ratio:10.1f}" for name, ratio in result["ratios"].items()),
    ]
    return "\n".join(lines)
