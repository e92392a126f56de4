"""What a notebook calls: predict, scan, rank, spectrum and read. `import eigenscope` offers them without loading this."""

from os import PathLike
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from core.assets import HOME_LIBRARY
from core.errors import EigenscopeError, InputError
from core.familiarity import report_familiarity
from core.library.store import load_library
from core.machine.progress import Progress
from core.models.protocol import LevelModel
from core.models.registry import DEFAULT, choose_model, load_model
from core.predict import predict_entries
from core.readers.objects import is_one, read_objects
from core.readers.spectra import DEFAULT_OPTIONS
from core.readers.spectrum_options import SpectrumOptions
from core.readers.structures import read_structures
from core.readers.text import read_file
from core.screening.chosen import holds_ionisation_energies, rank_as_chosen
from core.screening.intensities import intensities_of
from core.screening.options import PROPOSED, choose_options
from core.screening.scan import scan_entries, scan_library
from core.screening.targets import is_row, known_levels, make_target, numbers_of
from core.spectrum.broaden import GRID_EV, SIGMA_EV, Spectrum, broaden, check_resolved
from core.spectrum.cross_sections import ALIKE
from core.spectrum.levels import N_BAND, Levels
from core.spectrum.photoelectrons import Photoelectrons
from core.spectrum.treatment import AS_IT_IS, Treatment, treat_target
from core.structure.ensemble import ROOM_K
from core.structure.entry import OK, Entry
from core.structure.geometry import Geometry
from core.structure.place import ConformerOptions
from core.table_conformers import weighed_levels


def predict(
    molecules: Any,
    model: str | LevelModel = DEFAULT,
    *,
    geometry: str = "xtb",
    conformers: str = "auto",
    temperature_k: float = ROOM_K,
    progress: Progress | None = None,
) -> pd.DataFrame:
    """Predict the occupied levels of molecules: one row each, in order, whatever became of it.

    Parameters
    ----------
    molecules
        A SMILES or InChI (a name may stand behind it), an RDKit molecule, ASE Atoms, a Molecule or Geometry of
        Eigenscope, or a list that mixes them. An RDKit molecule with a 3-D conformer and all its hydrogens, Atoms and
        Geometry are predicted where they stand [Angstrom]; the others get a geometry. A string is never a file's name:
        see `read`.
    model : str or model
        A shipped learner's key, a learner's folder, or what `load_model` returned.
    geometry : "xtb" | "fast" | "as-is"
        How molecules without one get a geometry: ETKDGv3 + MMFF94 + GFN2-xTB, without the xTB, or not at all.
    conformers : "auto" | "ensemble" | "thorough" | "one"
        With geometries by GFN2-xTB, whether a molecule's levels are the Boltzmann average over its conformers: where finding
        them takes at most two seconds, always, always and sought more thoroughly, or never.
    temperature_k : float [K], of that average
    progress : callable (done, total), optional, after each molecule

    Returns
    -------
    DataFrame
        id, row, status ("ok", "refused" or "failed"), reason, note (what was assumed or is doubtful, whether it is outside the
        training molecules' chemistry), smiles, inchikey, formula, n_atoms, geometry, numbers, positions [Angstrom], levels_ev
        (all valence levels, ascending, the last is the HOMO), homo_ev, lumo_ev, gap_ev, expected_rmse_ev, level_errors_ev (to
        expect of each level), lumo_error_ev, model; of conformers n_conformers, conformer_spread_ev (of the band),
        temperature_k, and lists of energies [eV], degeneracies, positions [Angstrom] and levels (LUMO last) [eV]. What cannot
        be predicted says why in `reason`, and raises nothing.

    Raises
    ------
    InputError
        If `molecules` is no molecule and no list.
    ModelError
        If there is no such model.

    Examples
    --------
    >>> import eigenscope
    >>> table = eigenscope.predict(["CCO ethanol", "C[NH3+]"], geometry="fast")
    >>> table[["id", "status", "reason"]].values.tolist()
    [['ethanol', 'ok', ''], ['row 2', 'refused', 'total charge must be 0, found +1']]
    >>> [len(levels) for levels in table["levels_ev"][:1]]  # 20 valence electrons
    [10]
    >>> bool(-6.5 < table["homo_ev"][0] < -5.5)
    True
    """
    options = ConformerOptions(conformers, temperature_k)
    entries, chosen = read_objects(molecules), choose_model(model)
    return predict_entries(entries, chosen, geometry=geometry, conformers=options, progress=progress)


def familiarity(table: pd.DataFrame) -> pd.DataFrame:
    """Say whether predicted molecules are of the kinds that their model was trained on.

    Parameters
    ----------
    table : prediction table
        From `predict` or `scan`.

    Returns
    -------
    DataFrame
        For each row of the table that is predicted, under its index: id, verdict ("inside", "near", "outside"), group (the
        motif around the strangest atom, "" inside), atoms (their places in the geometry), nearest (SMILES of training
        molecules). Empty for models that cannot tell.

    Examples
    --------
    >>> import eigenscope
    >>> table = eigenscope.predict("CCO", geometry="fast")
    >>> eigenscope.familiarity(table)["verdict"].tolist()
    ['inside']
    """
    rows: dict[Any, dict[str, Any]] = {}
    for label, row in table[table["status"] == OK].iterrows():
        report = report_familiarity(Geometry(row["numbers"], row["positions"]), load_model(str(row["model"])))
        if report is not None:
            rows[label] = {"id": row["id"], "verdict": str(report.verdict), "group": report.group}
            rows[label] |= {"atoms": report.atoms, "nearest": report.nearest}
    return pd.DataFrame.from_dict(rows, orient="index", columns=["id", "verdict", "group", "atoms", "nearest"])


def scan(
    library: Any = None,
    model: str | LevelModel = DEFAULT,
    *,
    geometry: str = "xtb",
    conformers: str = "auto",
    temperature_k: float = ROOM_K,
    progress: Progress | None = None,
) -> pd.DataFrame:
    """Predict every molecule of a library, at its own geometries: the table that `rank` takes.

    Parameters
    ----------
    library : None, path, DataFrame or molecules
        The home library (11,841 stereoisomers of C7H10O2) when left out; a Parquet file that `eigenscope library build`
        made, as a str or Path; a table with `numbers` and `positions` [Angstrom]; or molecules as `predict` takes them.
    model, geometry, conformers, temperature_k, progress
        See `predict`; `geometry` and `conformers` are for molecules that have none.

    Returns
    -------
    DataFrame
        As of `predict`, with the library's own columns, or RDKit's descriptors of molecules, behind.

    Raises
    ------
    InputError
        If the library cannot be read, or the table lacks a column.
    ModelError
        If there is no such model.

    Examples
    --------
    >>> import eigenscope
    >>> eigenscope.scan(["CCO", "COC"], geometry="fast")["formula"].tolist()
    ['C2H6O', 'C2H6O']
    """
    options, chosen = ConformerOptions(conformers, temperature_k), choose_model(model)
    if library is None or isinstance(library, str | PathLike):
        library = load_library(HOME_LIBRARY if library is None else Path(library))
    if isinstance(library, pd.DataFrame):
        return scan_library(library, chosen, temperature_k=options.temperature_k, progress=progress)
    return scan_entries(read_objects(library), chosen, geometry=geometry, conformers=options, progress=progress)


def rank(  # noqa: PLR0913 - each option by keyword
    table: pd.DataFrame,
    target: Any,
    *,
    metric: str | None = None,
    window_ev: tuple[float, float] | Literal["proposed"] | None = PROPOSED,
    shift: bool | None = None,
    max_shift_ev: float | None = None,
    band: bool = False,
    sigma_ev: float | None = None,
    intensities: str | None = None,
    conformers: str | None = None,
    is_measured: bool | None = None,
    reading: SpectrumOptions = DEFAULT_OPTIONS,
    treatment: Treatment = AS_IT_IS,
    top: int | None = 50,
    fold: bool = False,
    progress: Progress | None = None,
) -> pd.DataFrame:
    """Rank the molecules of a table by the likeness of their spectra to a target, best first; `attrs["notes"]` says how.

    What is left out is as suits the target, Kohn-Sham levels or a measured curve.

    Parameters
    ----------
    table : what `predict` or `scan` returned
    target : an id or InChIKey of the table (str); a row of a table; Levels or a list of levels [eV]; a Spectrum or a pair
        (energies [eV], density); or a pathlib.Path of a file of a spectrum or of levels
    metric, sigma_ev : "rse" | "cosine" | "pearson" | "wasserstein" | "levels"; of the Gaussians, float [eV]
    window_ev : (low, high) [eV], None for all of it; two positive energies are binding energies
    shift, max_shift_ev, band : whether each candidate is moved, and how far at most [eV]; whether a curve has 16 levels only
    intensities, conformers : "alike", "he1", "he2", "alka", "hv60" (60 eV), ...; of several the "best" fitting | their "average"
    is_measured : bool, of ionisation energies; when left out, a file of binding energies is
    reading, treatment : SpectrumOptions, how a file is read; Treatment, what a measured curve is freed of before
    top, fold : int or None, every row, those that cannot be ranked last; bool, one row a constitution, its best stereoisomer

    Returns
    -------
    DataFrame
        rank, score, score_error, shift_ev, shift_at_bound, conformer, unranked_reason, then the table's columns.

    Raises
    ------
    EigenscopeError
        If the target is none of these or cannot be read, or an option is out of range. AmbiguousError where a file can be
        read in two ways: its `option` is the field of `reading` that settles it, its `choices` the values.

    Examples
    --------
    >>> import eigenscope
    >>> table = eigenscope.predict(["CCO ethanol", "COC ether", "CCN ethylamine"], geometry="fast")
    >>> eigenscope.rank(table, "ether", metric="cosine", top=1)[["rank", "id"]].values.tolist()
    [[1, 'ether']]
    """
    chosen = treat_target(make_target(table, target, band=band, is_measured=is_measured, reading=reading), treatment)
    options = choose_options(
        chosen, metric=metric, window_ev=window_ev, shift=shift, max_shift_ev=max_shift_ev, sigma_ev=sigma_ev,
        intensities=intensities, conformers=conformers, is_folded=fold, of_ionisation=holds_ionisation_energies(table),
    )  # fmt: skip
    return rank_as_chosen(table, chosen, options, top=top, progress=progress)


def spectrum(
    source: Any,
    model: str | LevelModel = DEFAULT,
    *,
    sigma_ev: float | None = None,
    n_levels: int | None = N_BAND,
    energies_ev: ArrayLike = GRID_EV,
    shape: str | None = None,
    photoelectrons: Photoelectrons | None = None,
) -> Spectrum:
    """Return the spectrum of a row, of levels, or of a molecule: the density of states, or a photoelectron spectrum.

    Parameters
    ----------
    source, model
        A row of `predict`'s or `scan`'s table, Levels, a list of levels [eV], or a molecule and model as `predict` takes them.
    sigma_ev : float [eV], of the line, > 0; 0.5 when left out
    n_levels : int or None
        How many of the highest levels are broadened: 16, the headline spectrum, or None for all valence levels.
    energies_ev : (n_points,) [eV], -30 to -0.1 eV in steps of 0.1 eV when left out
    shape : "gaussian" | "lorentzian" | "pseudo-voigt" | "asymmetric"; "gaussian" when left out
    photoelectrons : Photoelectrons, optional
        Each level counts by its cross-section, with that width and shape instead: of a row or molecule whose learner knows
        the atoms that its levels lie on. With `model="ionisation"` the energies are minus ionisation energies.

    Returns
    -------
    Spectrum
        `energies_ev`, `density` (n_points,) [eV, states/eV]: each level has the area 1, or on average 1. Of conformers the mean.

    Raises
    ------
    EigenscopeError
        If there are no levels (with the reason), an option is out of range or at odds with another, or lines are too narrow.

    Examples
    --------
    >>> import eigenscope
    >>> curve = eigenscope.spectrum([-12.0, -6.0], sigma_ev=0.2)
    >>> round(float(curve.density.sum() * 0.1), 6)  # two levels, two states
    2.0
    >>> measured_like = eigenscope.spectrum("c1ccoc1", "ionisation", photoelectrons=eigenscope.Photoelectrons("he1"))
    """
    grid = np.asarray(energies_ev, dtype=np.float64)
    check_lines(grid, sigma_ev, n_levels)
    if photoelectrons is not None and (sigma_ev, shape) != (None, None):
        raise EigenscopeError("photoelectrons has a width and shape of its own, Photoelectrons(sigma_ev=...)")
    if is_one(source):
        source = predict([source], model).iloc[0]
    levels, label = find_levels(source)
    of_each, weights = (weighed_levels(source) if is_row(source) else None) or (levels[None], np.ones(1))
    some = slice(None if n_levels is None else -n_levels, None)
    if photoelectrons is None:
        check_resolved(grid, width := SIGMA_EV if sigma_ev is None else sigma_ev)
        found = broaden(of_each[:, some], grid_ev=grid, sigma_ev=width, shape=shape or "gaussian")
    else:
        heights = level_heights(source, photoelectrons.intensities, n_levels=len(levels))
        found = photoelectrons.spectrum(of_each[:, some], heights[some], grid_ev=grid)
    return Spectrum(grid, weights @ found, label)


def check_lines(grid_ev: np.ndarray, sigma_ev: float | None, n_levels: int | None) -> None:
    """Raise EigenscopeError unless so many levels can be drawn by lines of that width on a grid of orbital energies [eV]."""
    if n_levels is not None and n_levels < 1:
        raise EigenscopeError(f"n_levels must be at least 1, or None for all, got {n_levels}")
    if not grid_ev.size or grid_ev.min() >= 0:
        raise EigenscopeError("energies_ev must be orbital energies, bound ones below 0: minus binding energies")
    if sigma_ev is not None and not sigma_ev > 0:
        raise EigenscopeError(f"sigma_ev must be > 0, got {sigma_ev}")


def level_heights(source: Any, kind: str, *, n_levels: int) -> np.ndarray:
    """Return the intensities (n_levels,) of a predicted row's levels by a key of intensities."""
    found = intensities_of(pd.DataFrame([source]), kind=kind) if is_row(source) else None
    if kind != ALIKE and (found is None or found[0] is None):
        raise EigenscopeError(
            "a photoelectron spectrum is of a row or molecule, by a learner that knows which atoms its levels lie on"
        )
    return np.ones(n_levels) if found is None or found[0] is None else found[0]


def read(
    path: str | PathLike[str],
    *,
    smiles_column: str | None = None,
    id_column: str | None = None,
    strip_salts: bool = False,
) -> list[Entry]:
    """Read the molecules of a file (SMILES, CSV, TSV, SDF, MOL, XYZ, InChI, Parquet), for `predict` and `scan`.

    Parameters
    ----------
    smiles_column, id_column : str, optional
        Of a table; found by themselves when left out.
    strip_salts : bool
        Whether counter-ions and solvents are taken off; each row says which in its `notes`.

    Returns
    -------
    list of Entry
        One each record, in order; a record that cannot be read says so in its `status` and `reason`.

    Raises
    ------
    InputError
        If the file is not there, or nothing in it can be read.

    Examples
    --------
    >>> import eigenscope
    >>> from core.assets import EXAMPLES
    >>> entries = eigenscope.read(EXAMPLES / "molecules.smi")
    >>> entries[0].status
    'ok'
    """
    file = Path(path)
    return read_structures(
        read_file(file), file.name, smiles_column=smiles_column, id_column=id_column, strip_salts=strip_salts
    )


def find_levels(source: Any) -> tuple[np.ndarray, str]:
    """Return the valence levels (n_levels,) [eV], ascending, of anything that `spectrum` takes, and a name for them."""
    if isinstance(source, Levels):
        return known_levels(source), ""
    if isinstance(source, pd.DataFrame):
        raise InputError("a spectrum is of one row: of a table take one, as in table.iloc[0]")
    if is_row(source):
        if source["status"] != OK:
            raise EigenscopeError(f"{source['id']} has no predicted levels: {source.get('reason') or source['status']}")
        return np.asarray(source["levels_ev"], dtype=np.float64), str(source["id"])
    levels = np.sort(numbers_of(source, "levels"))
    if len(levels) and levels[0] > 0:
        raise EigenscopeError(
            f"levels must be below 0, minus ionisation energies, got {levels[0]:g} to {levels[-1]:g} eV"
        )
    return levels, ""
