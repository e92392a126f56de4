"""Which molecules to label next: those whose levels a correction doubts most, and that are unlike each other."""

import numpy as np
import pandas as pd
from sklearn.cluster import KMeans

from core.errors import EigenscopeError, InputError
from core.labels.splits import constitution_keys
from core.machine.progress import Progress, ShouldCancel, never_cancel, report_nothing
from core.models.delta.inputs import LevelInputs, describe_levels, join_inputs
from core.models.delta.learner import DeltaLevels
from core.models.delta.process import LevelProcess
from core.models.protocol import LevelModel
from core.spectrum.levels import N_BAND
from core.structure.constitution import constitution_key
from core.structure.domain import check_geometry
from core.structure.geometry import Geometry

MOST_DOUBTED = 4  # times as many molecules as wanted: of these, ones unlike each other
MOST_ASKED = 3000  # candidates that are looked at; of more, as many drawn
ASKED_AT_ONCE = 250
CHOICE_SEED = 1
DOUBT = "doubt_ev"


def suggest_molecules(
    model: DeltaLevels,
    candidates: pd.DataFrame,
    n_molecules: int,
    *,
    labelled: pd.DataFrame | None = None,
    progress: Progress = report_nothing,
    should_cancel: ShouldCancel = never_cancel,
) -> pd.DataFrame:
    """Return the candidates to label next, the most doubtful first.

    Parameters
    ----------
    candidates : DataFrame
        One row a molecule with `numbers` (n_atoms,) and `positions` (3 n_atoms,) [Angstrom]; rows that the learner does not
        cover are passed over. Of more than MOST_ASKED as many are drawn.
    n_molecules : int
        How many; fewer where there are fewer.
    labelled : DataFrame or None
        Rows of molecules that have labels already, `numbers` and `positions`: their constitutions are left out.

    Returns
    -------
    DataFrame
        Their rows and `doubt_ev`: the error of the band's levels that the correction expects, root mean square [eV]. Empty if
        cancelled.
    """
    some = candidates.sample(min(MOST_ASKED, len(candidates)), random_state=CHOICE_SEED).reset_index(drop=True)
    known = set() if labelled is None else set(constitution_keys(labelled))
    rows: list[int] = []
    inputs: list[LevelInputs] = []
    for start in range(0, len(some), ASKED_AT_ONCE):
        if should_cancel():
            return some.head(0).assign(**{DOUBT: []})
        end = min(start + ASKED_AT_ONCE, len(some))
        found = {k: covered_candidate(model, some.iloc[k]) for k in range(start, end)}
        covered = {k: g for k, g in found.items() if g is not None and not (known and constitution_key(g) in known)}
        rows += covered
        inputs += [
            describe_band(own) for own in map(describe_levels, model.base.explain_levels(list(covered.values())))
        ]
        progress(end, len(some))
    if not rows:
        return some.head(0).assign(**{DOUBT: []})
    doubts, places = molecule_doubts(model.process, join_inputs(inputs))
    best = choose_spread(doubts, places, n_molecules)
    chosen = some.iloc[[rows[k] for k in best]].reset_index(drop=True)
    return chosen.assign(**{DOUBT: doubts[best]})


def covered_candidate(model: DeltaLevels, row: pd.Series) -> Geometry | None:
    """Return a candidate's geometry; None where there is none, or the learner does not cover it."""
    try:
        geometry = Geometry(row["numbers"], row["positions"])
        check_geometry(geometry)
        model.check(geometry)
    except (EigenscopeError, ValueError, TypeError):
        return None
    return geometry


def describe_band(inputs: LevelInputs) -> LevelInputs:
    """Return what is known of a molecule's N_BAND highest levels."""
    return inputs.select(np.arange(len(inputs))[-N_BAND:])


def molecule_doubts(process: LevelProcess, inputs: LevelInputs) -> tuple[np.ndarray, np.ndarray]:
    """Return the error expected of each molecule's levels (n_molecules,) [eV], and where they are on average (n_molecules, k)."""
    _, errors = process(inputs)
    table = pd.DataFrame(process.project(inputs)).assign(square=errors**2).groupby(inputs.molecules).mean()
    return np.sqrt(table.pop("square").to_numpy()), table.to_numpy()


def choose_spread(doubts: np.ndarray, places: np.ndarray, n_wanted: int) -> np.ndarray:
    """Return which molecules (n_wanted,) to take, the most doubtful first: one of each cluster of the most doubtful ones.

    Parameters
    ----------
    doubts, places : (n_molecules,), (n_molecules, k)
    """
    order = np.argsort(-doubts, kind="stable")
    if n_wanted >= len(order):
        return order
    order = order[: MOST_DOUBTED * n_wanted]
    clusters = KMeans(n_wanted, n_init=1, random_state=CHOICE_SEED).fit_predict(places[order])
    firsts = pd.Series(clusters).drop_duplicates().index  # the most doubtful of each
    rest = np.setdiff1d(np.arange(len(order)), firsts)[: n_wanted - len(firsts)]  # clusters may be empty
    taken: np.ndarray = order[np.sort(np.r_[firsts, rest])]
    return taken


def as_correction(model: LevelModel) -> DeltaLevels:
    """Return the learner, if it corrects levels and so says what it doubts; raise InputError for another."""
    if not isinstance(model, DeltaLevels):
        raise InputError(f"a learner that corrects another's levels says what to label next, {model.key} does not")
    return model
