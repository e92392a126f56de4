from core.readers.structures import read_structures
from core.structure.overview import kind_of_reason, overview_of

TABLE = b"""id,smiles
a,CCO
b,OCC
c,O=c1cccc[nH]1
d,Oc1ccccn1
e,C[NH3+].[O-]C=O
f,CC[SeH]
g,C1CC
h,[SeH]C[TeH]
"""


def test_rows_repeats_and_foreign_elements_are_counted() -> None:
    overview = overview_of(read_structures(TABLE, "own.csv"))
    assert (overview.n_rows, overview.n_ready, overview.n_refused, overview.n_failed) == (8, 4, 3, 1)
    assert (overview.n_read, overview.n_computed, overview.n_given) == (7, 3, 0)
    assert overview.n_repeats == 2, "by InChIKey, which the tautomers share"
    assert overview.elements == {"Se": 2, "Te": 1}
    assert overview.n_atoms_to_place == 9 + 12 + 12
    assert overview.sentence() == (
        "8 rows read: 4 can be predicted, 3 refused, 1 unreadable; 2 rows repeat a molecule by InChIKey, 1 of them computed "
        "once; 1 of other bonds (tautomers) or with coordinates; elements outside the domain: Se in 2 rows, "
        "Te in 1 row"
    )


def test_stripped_rows_are_counted_and_their_refusal_names_the_way() -> None:
    plain = read_structures(TABLE, "own.csv")
    assert "--strip-salts" in plain[4].reason
    stripped = read_structures(TABLE, "own.csv", strip_salts=True)
    overview = overview_of(stripped)
    assert (overview.n_ready, overview.n_stripped) == (5, 1)
    assert "salts or solvents taken off 1 row" in overview.sentence()
    assert stripped[4].notes[0] == "taken off as salt or solvent: O=C[O-]"
    (hydrate,) = read_structures(b"CC(=O)O.O\n", "x.smi")
    assert "--strip-salts" in hydrate.reason
    (mixture,) = read_structures(b"CCO.CCN\n", "x.smi", strip_salts=True)
    assert mixture.reason == "one fragment is predicted at a time, found 2 (a salt or a mixture?)", "it was tried"
    assert "none is taken off" in mixture.notes[0]


def test_like_reasons_are_one_kind() -> None:
    reasons = [
        "SMILES cannot be read: got 'C1CC' (not SMILES syntax)",
        "SMILES cannot be read: got 'x' (not SMILES syntax)",
    ]
    assert {kind_of_reason(reason) for reason in reasons} == {"SMILES cannot be read (not SMILES syntax)"}
    assert kind_of_reason("at most 250 atoms, found 270") == "at most 250 atoms, found 270"
