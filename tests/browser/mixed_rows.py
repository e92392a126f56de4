"""500 rows as users have them: mostly molecules, with duplicates, salts, wrong SMILES, other elements and blanks."""

import csv
import io
from itertools import product

GROUPS = ("O", "N", "C(=O)", "OC(=O)", "C=C", "C#C", "NC(=O)", "C(F)", "C(O)", "c1ccccc1")
VALID = [f"{'C' * a}{group}{'C' * b}" for group, a, b in product(GROUPS, range(1, 4), range(1, 3))]
ROWS = {
    "molecule": VALID,
    "duplicate": VALID[::3],
    "salt": [f"{'C' * n}[NH3+].{ion}" for n in range(1, 31) for ion in ("[Cl-]", "O.[Cl-]", "[O-]C=O", "F")],
    "wrong": [f"{'C' * n}{end}" for n in range(1, 31) for end in ("C1", "(C", "[C", "Q")],
    "element": [f"{'C' * n}{end}" for n in range(1, 31) for end in ("[SeH]", "[AsH2]", "[GeH3]", "[TeH]")],
    "blank": [""] * 60,
}


def mixed_csv() -> bytes:
    """Return the rows in turn, so that every kind is everywhere: name, SMILES and a number of their own."""
    kinds = [(kind, k / len(smiles), text) for kind, smiles in ROWS.items() for k, text in enumerate(smiles)]
    rows = sorted(kinds, key=lambda row: row[1])
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(("name", "SMILES", "price"))
    table.writerows((f"{kind} {n}", smiles, n % 97) for n, (kind, _, smiles) in enumerate(rows, 1))
    return text.getvalue().encode()
