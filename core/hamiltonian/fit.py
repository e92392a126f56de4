"""From reference bands to a Hamiltonian: refinement through the eigenproblem, from a start that is near."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from core.errors import InputError
from core.hamiltonian.least_squares import Solution, minimise
from core.hamiltonian.measure import Agreement, measure
from core.hamiltonian.neighbours import MAX_SHELL
from core.hamiltonian.parameters import Parametrisation, parametrise
from core.hamiltonian.reference import BandReference
from core.hamiltonian.residuals import Observed, observe
from core.hamiltonian.sheets import BOND
from core.hamiltonian.tight_binding import Hamiltonian
from core.machine.progress import Progress, ShouldCancel, never_cancel, report_nothing

# eV: hoppings of the p_z orbitals that pristine graphene's own bands are made of, by neighbour; on-site first
GRAPHENE_HOPPINGS = (0.378, -2.947, 0.236, -0.259, 0.010, 0.037, -0.021, -0.014, -0.018, 0.0, 0.0)
BOND_DECAY = 2.0  # 1/Angstrom, of a nearest hopping with the bond's length
STARTS = ("projected", "graphene", "given")
DENSITY_WEIGHT = 0.3  # eV per state/eV: an error of the local density of 0.01 counts as one of the bands of 3 meV
PULLS = (1e-5, 1e-8)  # to the start, of the mean parameter; from strong to weak: the way to a near minimum
GOOD_EV = 1e-3  # fits whose errors differ by less are as good as each other
SLATER_KOSTER = {"s": -3.0, "p": 4.0}  # eV, on-site of carbon


@dataclass(frozen=True)
class HamiltonianOptions:
    """How a Hamiltonian is fitted.

    Attributes
    ----------
    n_shells : int
        Neighbours up to which there are hoppings.
    window_ev : (float, float) or None
        Energies that count; None: the reference's own.
    density_weight : float [eV / (states/eV)]
        Of the local densities of states; 0 leaves them out.
    start : str
        "projected": the reference's own p_z Hamiltonian where it is known, else as "graphene": pristine graphene's hoppings;
        "given": the Hamiltonian that is handed over.
    n_starts : int
        Fits from that many starts, all but the first disturbed; their spread tells what the data do not determine.
    disturbance_ev : float
        Of the other starts.
    seed : int
    """

    n_shells: int = 5
    window_ev: tuple[float, float] | None = None
    density_weight: float = DENSITY_WEIGHT
    start: str = "projected"
    n_starts: int = 1
    disturbance_ev: float = 0.2
    seed: int = 0

    def check(self) -> None:
        """Raise InputError where an option is out of its range."""
        if not 1 <= self.n_shells <= MAX_SHELL:
            raise InputError(f"neighbours must be 1 to {MAX_SHELL}, got {self.n_shells}")
        if self.window_ev is not None and not self.window_ev[0] < self.window_ev[1]:
            raise InputError(f"the window must go from a lower to a higher energy, got {self.window_ev} eV")
        if self.density_weight < 0 or self.n_starts < 1:
            raise InputError(
                f"the weight of local densities must be >= 0 and starts >= 1, got {self.density_weight}, {self.n_starts}"
            )
        if self.start not in STARTS:
            raise InputError(f"the start must be one of {', '.join(STARTS)}, got {self.start!r}")


@dataclass(frozen=True, eq=False)
class HamiltonianFit:
    """A fitted Hamiltonian.

    Attributes
    ----------
    parametrisation : Parametrisation
    parameters : (n_parameters,) float64 [eV]
    hamiltonian : Hamiltonian
    options : HamiltonianOptions
    agreement : Agreement
    losses : tuple of float [eV^2]
        Of the best start.
    spread : (n_parameters,) float64 [eV] or None
        Standard deviation over the fits from several starts that came within twice the best loss, or GOOD_EV; None of one start.
    seconds : float
    is_cancelled : bool
        Whether it was stopped before its end; it holds what was reached.
    """

    parametrisation: Parametrisation
    parameters: np.ndarray
    hamiltonian: Hamiltonian
    options: HamiltonianOptions
    agreement: Agreement
    losses: tuple[float, ...] = ()
    spread: np.ndarray | None = field(default=None)
    seconds: float = 0.0
    is_cancelled: bool = False


def start_parameters(parametrisation: Parametrisation, reference: BandReference, start: str) -> np.ndarray:
    """Return where a fit begins, (n_parameters,) [eV].

    The reference's own p_z Hamiltonian where it is wanted and known; else graphene's hoppings, changed with the bonds' lengths;
    of orbitals s and p on-site energies and nearest hoppings of the size that carbon has.
    """
    shells, distances = parametrisation.shells, parametrisation.distances
    if parametrisation.basis == "sp":
        return slater_koster_start(parametrisation)
    if start == "projected" and len(reference.projected):
        widest = parametrise(reference.crystal, MAX_SHELL, basis="pz")
        return parametrisation.parameters_of(widest.hamiltonian(reference.projected))
    plain = np.array(GRAPHENE_HOPPINGS)[shells]
    stretched: np.ndarray = np.where(shells == 1, plain * np.exp(-BOND_DECAY * (distances - BOND)), plain)
    return stretched


def slater_koster_start(parametrisation: Parametrisation) -> np.ndarray:
    """Return parameters nearest to a two-centre Hamiltonian of carbon (Harrison's universal hoppings), farther ones 0."""
    pairs, crystal = parametrisation.pairs, parametrisation.crystal
    vectors = crystal.positions[pairs.second] + pairs.cells @ crystal.cell - crystal.positions[pairs.first]
    blocks = np.zeros((len(pairs), 4, 4))
    scale = 7.62  # eV Angstrom^2, hbar^2 / m
    for block, vector, distance, shell in zip(blocks, vectors, pairs.distances, pairs.shells, strict=True):
        if shell == 0:
            block[:] = np.diag([SLATER_KOSTER["s"], *[SLATER_KOSTER["p"]] * 3])
        elif shell == 1:
            unit = vector / distance
            block[0, 0] = -1.40
            block[0, 1:], block[1:, 0] = 1.84 * unit, -1.84 * unit
            block[1:, 1:] = 3.24 * np.outer(unit, unit) - 0.81 * (np.eye(3) - np.outer(unit, unit))
            block *= scale / distance**2
    elements = blocks.reshape(-1)
    weight = np.asarray(parametrisation.spread.multiply(parametrisation.spread).sum(axis=0)).ravel()
    parameters: np.ndarray = (parametrisation.spread.T @ elements) / weight
    return parameters


def fit_hamiltonian(
    reference: BandReference,
    options: HamiltonianOptions | None = None,
    *,
    warm: Hamiltonian | None = None,
    progress: Progress = report_nothing,
    should_cancel: ShouldCancel = never_cancel,
) -> HamiltonianFit:
    """Return the Hamiltonian whose bands, and local densities of states, come nearest to a reference.

    Parameters
    ----------
    options : HamiltonianOptions or None
        None = the defaults.
    warm : Hamiltonian or None
        A fit with fewer neighbours, from which the first start goes on; with the start "given" the start of all.
    progress : callable
        Of the starts' stages.

    Raises
    ------
    InputError
        If an option is out of its range, or the reference has no energy in the window.
    """
    began, options = time.perf_counter(), options or HamiltonianOptions()
    options.check()
    window = options.window_ev or reference.window_ev
    parametrisation = parametrise(reference.crystal, options.n_shells, basis=reference.basis)
    observed = observe(parametrisation, reference, window_ev=window, density_weight=options.density_weight)
    if not reference.counted(window).any():
        raise InputError(f"the reference has no energy between {window[0]:g} and {window[1]:g} eV")
    prior = start_parameters(parametrisation, reference, options.start)
    if options.start == "given" and warm is not None:
        prior = parametrisation.parameters_of(warm)
    start = prior if warm is None else warm_start(parametrisation, warm, prior)
    solutions = solve_starts(
        observed,
        prior,
        start,
        shells=parametrisation.shells,
        options=options,
        progress=progress,
        should_cancel=should_cancel,
    )
    best = min(solutions, key=lambda s: s.losses[-1])
    hamiltonian = parametrisation.hamiltonian(best.parameters)
    return HamiltonianFit(
        parametrisation,
        best.parameters,
        hamiltonian,
        options,
        measure(hamiltonian, reference, window_ev=window),
        best.losses,
        spread_over_starts(solutions),
        time.perf_counter() - began,
        should_cancel(),
    )


def solve_starts(
    observed: Observed,
    prior: np.ndarray,
    start: np.ndarray,
    *,
    shells: np.ndarray,
    options: HamiltonianOptions,
    progress: Progress,
    should_cancel: ShouldCancel,
) -> list[Solution]:
    """Return where the fit from each start ends: from `start`, pulled to the prior, and from disturbed priors."""
    rng, total = np.random.default_rng(options.seed), options.n_starts * len(PULLS)
    solutions: list[Solution] = []
    for attempt in range(options.n_starts):
        disturbed = prior + rng.normal(size=len(prior)) * options.disturbance_ev * (shells < 3)
        solution = Solution(start if attempt == 0 else disturbed, (np.inf,), np.zeros((0, 0)))
        anchor = prior if attempt == 0 else disturbed
        for stage, pull in enumerate(PULLS):
            if should_cancel():
                break
            solution = minimise(
                [observed],
                solution.parameters,
                prior=anchor,
                pull=np.full(len(prior), pull / len(prior)),
                should_cancel=should_cancel,
            )
            progress(attempt * len(PULLS) + stage + 1, total)
        solutions.append(solution)
    return solutions


def warm_start(parametrisation: Parametrisation, warm: Hamiltonian, prior: np.ndarray) -> np.ndarray:
    """Return parameters of a fit with fewer neighbours; those of farther ones are the prior's."""
    known = parametrisation.parameters_of(warm)
    reached = set(zip(warm.rows.tolist(), warm.columns.tolist(), *warm.cells.T.tolist(), strict=True))
    keys = zip(
        parametrisation.rows.tolist(), parametrisation.columns.tolist(), *parametrisation.cells.T.tolist(), strict=True
    )
    is_known = parametrisation.spread.T @ np.array([key in reached for key in keys], float) > 0
    return np.where(is_known, known, prior)


def spread_over_starts(solutions: Sequence[Solution]) -> np.ndarray | None:
    """Return how far parameters of the good fits differ, (n_parameters,) [eV]; None where there is one start."""
    if len(solutions) < 2:
        return None
    best = min(s.losses[-1] for s in solutions)
    good = np.array([s.parameters for s in solutions if s.losses[-1] <= 2 * best + GOOD_EV**2])
    spread: np.ndarray = good.std(axis=0, ddof=1) if len(good) > 1 else np.zeros(len(solutions[0].parameters))
    return spread
