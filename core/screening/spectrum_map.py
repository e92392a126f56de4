"""A map of a library by spectrum: near points have like spectra."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from sklearn.decomposition import PCA
from sklearn.manifold import TSNE

from core.errors import InputError
from core.files import whole_file
from core.screening.spectra import spectra_of

N_COMPONENTS = 15  # of the spectra; they keep all but 1e-5 of the home library's variance
PERPLEXITY, N_STEPS, N_STEPS_KEPT, TSNE_SEED = 30, 500, 750, 0
FEWEST_LAID_OUT, MOST_LAID_OUT = 10, 2_000  # molecules; 2,000 take 3.5 s of processor time, 11,841 take 48 s
BY_NEIGHBOURS = "neighbours kept by t-SNE"
BY_COMPONENTS = "the two principal components"


@dataclass(frozen=True, eq=False)
class SpectrumMap:
    """Where molecules lie.

    Attributes
    ----------
    places : (n_rows, 2) float64
        nan rows where there is no band. Without a unit.
    method : str
        How they were found, in words.
    """

    places: np.ndarray
    method: str


def spectrum_map(scan: pd.DataFrame, *, at_most: int = MOST_LAID_OUT, n_steps: int = N_STEPS) -> SpectrumMap:
    """Return a place in the plane for every row, so that near points have like spectra; deterministic.

    t-SNE (van der Maaten and Hinton, J. Mach. Learn. Res. 9 (2008) 2579) of the headline spectra's principal components,
    begun at the first two; beyond `at_most` molecules, or below FEWEST_LAID_OUT, these two themselves. On the home library
    the trustworthiness of 10 neighbours is 0.965, with two principal components 0.825, UMAP 0.882, PaCMAP 0.865.

    Parameters
    ----------
    at_most : int
        Molecules that are laid out by neighbours: it takes time.
    n_steps : int
        Of t-SNE.
    """
    spectra = spectra_of(scan).astype(np.float64)
    known = np.isfinite(spectra).all(axis=1)
    places = np.full((len(scan), 2), np.nan)
    n_known = int(known.sum())
    if n_known < 2:
        places[known] = 0.0
        return SpectrumMap(places, BY_COMPONENTS)
    n_components = min(N_COMPONENTS, n_known)
    components = PCA(n_components, svd_solver="covariance_eigh").fit_transform(spectra[known])
    if not FEWEST_LAID_OUT <= n_known <= at_most:
        places[known] = components[:, :2]
        word = f": {n_known:,} molecules take too long to lay out by neighbours" if n_known > at_most else ""
        return SpectrumMap(places, BY_COMPONENTS + word)
    spread = max(float(components[:, 0].std()), 1e-9)
    tsne = TSNE(
        2,
        perplexity=min(PERPLEXITY, (n_known - 1) / 3),
        init=(1e-4 * components[:, :2] / spread).astype(np.float32),
        max_iter=n_steps,
        random_state=TSNE_SEED,
    )
    places[known] = tsne.fit_transform(components.astype(np.float32))
    return SpectrumMap(places, BY_NEIGHBOURS)


def map_path(library: Path) -> Path:
    """Return where the map of a library file is kept: beside it."""
    return library.with_name(f"{library.stem}_map.parquet")


def save_map(library: Path, scan: pd.DataFrame) -> Path:
    """Lay a library out by its scan, however large, and write the places beside it; return where.

    Raises
    ------
    InputError
        If a row has no prediction, or two rows share an id.
    """
    if not scan["id"].is_unique or (scan["status"] != "ok").any():
        raise InputError("a map is kept of a library whose ids differ and whose rows are all predicted")
    found = spectrum_map(scan, at_most=len(scan), n_steps=N_STEPS_KEPT)
    x, y = (found.places[:, k].astype(np.float32) for k in (0, 1))
    table = pa.table({"id": pa.array(scan["id"], pa.string()), "x": x, "y": y})
    notes = {"method": found.method, "model": str(scan["model"].iloc[0])}
    with whole_file(map_path(library)) as draft:
        pq.write_table(table.replace_schema_metadata(notes), draft, compression="zstd", compression_level=19)
    return map_path(library)


def kept_map(library: Path, ids: pd.Series) -> SpectrumMap | None:
    """Return the map that is kept with a library, at these rows; None where there is none that has them all."""
    try:
        table = pq.read_table(map_path(library), columns=["id", "x", "y"])
        rows = table.to_pandas().set_index("id").reindex(ids)
        notes = table.schema.metadata or {}
    except (OSError, ValueError, KeyError, pa.ArrowException):
        return None
    if rows.isna().to_numpy().any():
        return None
    method = f"{notes.get(b'method', b'').decode()}, of the spectra that {notes.get(b'model', b'').decode()} predicts"
    return SpectrumMap(rows.to_numpy(np.float64), method)
