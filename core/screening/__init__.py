"""Screening: scan a library, rank it against a target, map it. Filters are in `core.screening.filters`."""

from core.screening.comparison import METRICS, Metric
from core.screening.ranking import rank_candidates, score_candidates
from core.screening.scan import scan_library
from core.screening.spectra import spectra_of
from core.screening.spectrum_map import spectrum_map

__all__ = ["METRICS", "Metric", "rank_candidates", "scan_library", "score_candidates", "spectra_of", "spectrum_map"]
