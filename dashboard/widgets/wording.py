"""What pages say for the keys that sessions, tables and cards hold."""

GEOMETRY_LABELS = {
    "xtb": "GFN2-xTB",
    "fast": "Fast (MMFF94)",
    "as-is": "As given",
}
GEOMETRIES = {
    "dft": "Relaxed (B3LYP)",
    "mmff": "MMFF94",
    "rattled": "Rattled",
    "all": "All of these",
}
