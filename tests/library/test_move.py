"""Moving a library's geometries: those made here, every conformer of them, and no others."""

import numpy as np
import pandas as pd

from core.library.build import build_library
from core.library.move import move_library
from core.library.store import load_library
from core.readers.structures import entries_from_text
from core.structure.geometry import AS_GIVEN, XTB, XTB_LEARNT


def test_a_built_library_is_moved_with_its_conformers(tmp_path) -> None:
    built = build_library(
        entries_from_text("OCC=O glycolaldehyde\nCCS ethanethiol"), tmp_path / "own.parquet", workers=0
    )
    library = load_library(tmp_path / "own.parquet")
    assert built.complete
    moved, other = (library[library["smiles"] == smiles].iloc[0] for smiles in ("O=CCO", "CCS"))
    assert moved["geometry"] == XTB_LEARNT
    assert other["geometry"] == XTB  # sulphur: QM9 has none
    assert moved["n_conformers"] > 1
    flat = np.asarray(moved["conformer_positions"]).reshape(moved["n_conformers"], -1)
    np.testing.assert_allclose(flat[0], moved["positions"], atol=1e-5)


def test_what_was_given_stays() -> None:
    given = pd.DataFrame(
        {
            "numbers": [np.array([8, 1, 1], np.uint8)],
            "positions": [np.array([0, 0, 0, 0, 0, 0.96, 0.93, 0, -0.24], np.float32)],
            "geometry": [AS_GIVEN],
            "conformer_energies_ev": [None],
            "conformer_degeneracies": [None],
            "conformer_positions": [None],
        }
    )
    pd.testing.assert_frame_equal(move_library(given), given)
