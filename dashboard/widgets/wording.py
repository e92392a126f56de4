"""What pages say for the keys that sessions, tables and cards hold."""

from core.models.card import IONISATION_ENERGIES, ORBITAL_ENERGIES, Energies
from dashboard.state import AREA_ONE, BAND, PEAK_ONE, PER_EV, VALENCE

ENERGIES_LABELS: dict[Energies, str] = {
    ORBITAL_ENERGIES: "Kohn\u2013Sham levels",
    IONISATION_ENERGIES: "Ionisation energies",
}
LEVEL_LABELS = {BAND: "Band of 16", VALENCE: "All valence"}
SCALE_LABELS = {PER_EV: "area = levels", PEAK_ONE: "peak = 1", AREA_ONE: "area = 1"}
STATUS_LABELS = {"ok": "predicted", "refused": "refused", "failed": "failed", "cancelled": "cancelled"}
GEOMETRY_LABELS = {
    "xtb": "GFN2-xTB",
    "fast": "Fast (MMFF94)",
    "as-is": "As given",
}
CONFORMER_LABELS = {"auto": "Where quick", "ensemble": "All", "thorough": "Thorough", "one": "One"}
GEOMETRIES = {
    "dft": "Relaxed (B3LYP)",
    "mmff": "MMFF94",
    "rattled": "Rattled",
    "all": "All of these",
}
