"""Where the shipped labels lie, and what they were computed with."""

from pathlib import Path

REFERENCE = Path(__file__).resolve().parents[2] / "assets" / "reference"
QM9_PBE = REFERENCE / "qm9_pbe.parquet"
QM9_GFN2 = REFERENCE / "qm9_gfn2.parquet"
RESERVED = REFERENCE / "reserved_qm9_indices.txt"
RESERVED_CONSTITUTIONS = REFERENCE / "reserved_qm9_constitutions.txt"
LEVEL_OF_THEORY = "PBE/6-31+G(d)"
