"""The reference engine's figures: time, ratio to PySCF, agreement with PySCF without its approximations, shipped labels.

All on one core and one thread. Levels compared are the valence levels and the LUMO, in their order; both sides leave
out overlap eigenvectors below 1e-6, so that they span the same functions.
"""

from collections.abc import Callable, Sequence
from functools import partial
from itertools import count
from pathlib import Path

import numpy as np
import pyscf
from pyscf import dft as pyscf_dft
from pyscf import scf as pyscf_scf

from core.assets import HOME_LIBRARY, QM9_PBE
from core.campaigns.jobs import LabelJob, library_jobs
from core.errors import InputError
from core.labels.label_set import LabelSet, load_labels
from core.machine.progress import Progress
from core.machine.timing import describe_machine, one_thread, some_cores, timed
from core.reference.dft import build_molecule, reference_levels
from core.reference.result import Reference
from core.spectrum.metrics import Figures
from core.structure.geometry import Geometry
from core.theory import REFERENCE_THEORY
from core.units import HARTREE_EV

BENCHMARK_SEED = 20261124  # of every draw of molecules
N_SPEED, N_RATIO, N_EXACT, N_SHIPPED = 20, 3, 20, 50
TIME_BAR_S, RATIO_BAR, EXACT_BAR_MEV, SHIPPED_BAR_MEV = 1.6, 8.0, 5.0, 3.0
DEFAULT_GRID, FINE_GRID = 1, 3  # PySCF's grid levels: of the ratio, of the agreement
HYDROGEN = Geometry(np.array([1, 1]), np.array([[0, 0, 0], [0, 0, 0.74]]))

Step = Callable[[], None]


def measure_engine(
    *, library: Path = HOME_LIBRARY, labels: LabelSet | None = None, progress: Progress | None = None
) -> Figures:
    """Return all figures as a dict; see `engine_table` for what they are. Half an hour with the shipped data.

    Parameters
    ----------
    library : Path
        Where the molecules to time are drawn from.
    labels : LabelSet, optional
        The shipped ones when left out: `test` molecules are computed by PySCF too, and any rows are computed again.
    progress : callable(done, total)
        Of calculations.

    Raises
    ------
    InputError
        If a table cannot be read, has no `test` split, or PySCF would not leave out what the engine leaves out.
    """
    check_same_functions()
    labels = load_labels(QM9_PBE) if labels is None else labels
    jobs = library_jobs(library, n_molecules=N_SPEED, seed=BENCHMARK_SEED)
    exact, shipped = draw(labels.split("test"), N_EXACT), draw(labels, N_SHIPPED)
    step = stepper(progress, total=len(jobs) + min(N_RATIO, len(jobs)) + 3 * len(exact) + len(shipped))
    machine = describe_machine()
    with one_thread(), pyscf.lib.with_omp_threads(1), some_cores(1) as n_cores:
        reference_levels(HYDROGEN)  # the first calculation of a process pays for loading libraries
        time_figures, ratio_figures = measure_speed(jobs, step)
        agreement, noise = measure_agreement(exact, step)
        labelled = measure_labels(shipped, step)
    return {
        "machine": machine | {"cores": n_cores, "pyscf": pyscf.__version__},
        "time": time_figures,
        "ratio": ratio_figures,
        "agreement": agreement,
        "noise": noise,
        "shipped": labelled,
    }


def check_same_functions() -> None:
    """Raise InputError if PySCF is set to keep, or to leave out, other functions than the engine."""
    left_out = pyscf_scf.hf.overlap_zero_eigenvalue_threshold if pyscf_scf.hf.remove_overlap_zero_eigenvalue else 0.0
    if left_out != REFERENCE_THEORY.linear_dependence:
        raise InputError(
            f"PySCF must leave out overlap eigenvectors below {REFERENCE_THEORY.linear_dependence:g} as the engine does, "
            f"got {left_out:g}"
        )


def draw(labels: LabelSet, n: int) -> LabelSet:
    """Return a seeded random draw of at most n labels, in the table's order."""
    chosen = np.random.default_rng(BENCHMARK_SEED).permutation(len(labels))[:n]
    return labels.select(np.isin(np.arange(len(labels)), chosen))


def stepper(progress: Progress | None, *, total: int) -> Step:
    """Return what is to be called after every calculation."""
    done = count(1)
    return lambda: progress(next(done), total) if progress else None


def measure_speed(jobs: Sequence[LabelJob], step: Step) -> tuple[Figures, Figures]:
    """Return the engine's time a molecule, and its ratio to PySCF's default, molecule by molecule side by side."""
    own, pairs = [], []
    for k, job in enumerate(jobs):
        geometry = Geometry(job.numbers, job.positions)
        timing, reference = timed(partial(reference_levels, geometry))
        step()
        own.append({"id": job.id, "cpu_s": timing.cpu_s, "wall_s": timing.wall_s, "cycles": reference.n_cycles})
        if k < N_RATIO:
            slow, field = timed(partial(default_pyscf, geometry))
            step()
            pairs.append(
                {
                    "id": job.id,
                    "engine_cpu_s": timing.cpu_s,
                    "pyscf_cpu_s": slow.cpu_s,
                    "ratio": slow.cpu_s / timing.cpu_s,
                    "pyscf_cycles": field.cycles,
                    "pyscf_converged": bool(field.converged),
                }
            )
    figures = {f"median_{key}": float(np.median([m[key] for m in own])) for key in ("cpu_s", "wall_s")}
    return (
        figures | {"bar_s": TIME_BAR_S, "molecules": own},
        {"median": float(np.median([p["ratio"] for p in pairs])), "bar": RATIO_BAR, "molecules": pairs},
    )


def default_pyscf(geometry: Geometry) -> pyscf_dft.rks.RKS:
    """Return PySCF's own density-fitted Kohn-Sham field, converged, all but the grid level at its defaults."""
    field = pyscf_dft.RKS(build_molecule(geometry), xc=REFERENCE_THEORY.method).density_fit()
    field.grids.level = DEFAULT_GRID
    field.kernel()
    return field


def exact_pyscf(geometry: Geometry) -> pyscf_dft.rks.RKS:
    """Return PySCF's field without density fitting, on a fine grid."""
    field = pyscf_dft.RKS(build_molecule(geometry), xc=REFERENCE_THEORY.method)
    field.grids.level = FINE_GRID
    field.kernel()
    return field


def measure_agreement(labels: LabelSet, step: Step) -> tuple[Figures, Figures]:
    """Return how far the engine stands from exact PySCF, and from itself with the molecule's atoms in reverse order.

    The second is the noise of float32 sums and of where the cycles stop.
    """
    exact, again = [], []
    for name, geometry in zip(labels.table["id"], labels.geometries(), strict=True):
        own = reference_levels(geometry)
        step()
        turned = reference_levels(Geometry(geometry.numbers[::-1], geometry.positions[::-1]))
        step()
        field = exact_pyscf(geometry)
        step()
        levels_ev = np.sort(field.mo_energy) * HARTREE_EV
        facts: Figures = {"id": str(name), "formula": geometry.formula}
        of_pyscf = {
            "pyscf_converged": bool(field.converged),
            "energy_difference_mha": 1e3 * (own.total_energy_ha - float(field.e_tot)),
        }
        exact.append(facts | differences(own, levels_ev) | of_pyscf)
        again.append(facts | differences(own, turned.levels_ev))
    return summary(exact) | {"bar_mev": EXACT_BAR_MEV}, summary(again)


def measure_labels(labels: LabelSet, step: Step) -> Figures:
    """Return how far the engine stands from labels made before."""
    molecules = []
    for row, geometry in zip(labels.table.itertuples(), labels.geometries(), strict=True):
        own = reference_levels(geometry)
        step()
        facts: Figures = {"id": str(row.id), "formula": geometry.formula, "solver": own.solver}
        molecules.append(facts | differences(own, np.asarray(row.levels_ev, np.float64)))
    return summary(molecules) | {"bar_mev": SHIPPED_BAR_MEV}


def differences(own: Reference, levels_ev: np.ndarray) -> dict[str, float]:
    """Return rms and largest difference [meV] of valence levels with the LUMO, and of cores.

    Parameters
    ----------
    levels_ev : (n_levels,) [eV]
        Ascending from the lowest core, at least up to the LUMO.
    """
    end = own.n_occupied + 1
    apart = np.abs(1e3 * (own.levels_ev[:end] - levels_ev[:end]))
    cores, kept = apart[: own.n_core], apart[own.n_core :]
    return {
        "n_levels": len(kept),
        "rms_mev": float(np.sqrt(np.mean(kept**2))),
        "max_mev": float(kept.max()),
        "cores_max_mev": float(cores.max(initial=0.0)),
    }


def summary(molecules: list[Figures]) -> Figures:
    """Return rms over all levels of all molecules, and the largest differences [meV]."""
    n_levels = np.array([m["n_levels"] for m in molecules])
    squares = n_levels * np.array([m["rms_mev"] for m in molecules]) ** 2
    return {
        "rms_mev": float(np.sqrt(squares.sum() / n_levels.sum())),
        "max_mev": max(m["max_mev"] for m in molecules),
        "median_max_mev": float(np.median([m["max_mev"] for m in molecules])),
        "cores_max_mev": max(m["cores_max_mev"] for m in molecules),
        "n_molecules": len(molecules),
        "n_levels": int(n_levels.sum()),
        "molecules": molecules,
    }


def engine_table(result: Figures) -> str:
    """Return the figures for reading."""
    machine, time, ratio = result["machine"], result["time"], result["ratio"]
    lines = [
        f"reference engine, one core, one thread: {machine['processor']}, load before {machine['load_before']:.1f}; "
        f"PySCF {machine['pyscf']}",
        "",
        f"a molecule of the library, median of {len(time['molecules'])}",
        f"  {'processor time':32}{time['median_cpu_s']:10.2f} s    bar {time['bar_s']:g} s for C7H10O2",
        f"  {'on the wall':32}{time['median_wall_s']:10.2f} s",
        f"PySCF's density-fitted RKS, grid level {DEFAULT_GRID}, to the engine, median of {len(ratio['molecules'])}",
        f"  {'ratio of processor times':32}{ratio['median']:10.1f}      bar {ratio['bar']:g} for C7H10O2",
        *(
            f"    {m['id']:30}{m['ratio']:10.1f}      {m['pyscf_cpu_s']:.1f} s to {m['engine_cpu_s']:.2f} s"
            for m in ratio["molecules"]
        ),
        "",
        *difference_lines(f"from PySCF, no density fitting, grid level {FINE_GRID}", result["agreement"]),
        *difference_lines(
            "from the engine with the atoms in reverse order: rounding and stopping", result["noise"], n=0
        ),
        *difference_lines("from the shipped labels", result["shipped"]),
    ]
    return "\n".join(lines)


def difference_lines(what: str, figures: Figures, *, n: int = 5) -> list[str]:
    """Return lines of one comparison, its `n` worst molecules last."""
    bar = f"    bar {figures['bar_mev']:g} meV" if "bar_mev" in figures else ""
    worst = sorted(figures["molecules"], key=lambda m: -m["max_mev"])[:n]
    return [
        f"{what}: {figures['n_levels']} valence levels and LUMOs of {figures['n_molecules']} molecules",
        f"  {'rms':32}{figures['rms_mev']:10.2f} meV{bar}",
        f"  {'largest':32}{figures['max_mev']:10.2f} meV",
        f"  {'largest, median over molecules':32}{figures['median_max_mev']:10.2f} meV",
        f"  {'largest of the 1s cores':32}{figures['cores_max_mev']:10.2f} meV",
        *(f"    {m['id']:20}{m['formula']:10}{m['rms_mev']:10.2f} rms {m['max_mev']:8.2f} largest" for m in worst),
        "",
    ]
