"""What is exported has the same bands when other programs, or their file formats, read it."""

import json
import subprocess
import sys

import numpy as np
import pytest

from core.errors import InputError
from core.hamiltonian import exports
from core.hamiltonian.results import load_fits

KPT = np.array([0.13, 0.27, 0.0])


@pytest.fixture(scope="module")
def hamiltonian():
    return load_fits("585_5x5").fits[2].hamiltonian


@pytest.mark.parametrize(("key", "n_shells"), [("585_5x5", 2), ("diamond", 2)])
def test_sisl_has_the_same_bands(key, n_shells) -> None:
    pytest.importorskip("sisl")
    hamiltonian = load_fits(key).fits[n_shells].hamiltonian
    np.testing.assert_allclose(exports.to_sisl(hamiltonian).eigh(KPT), hamiltonian.bands(KPT)[0], atol=1e-8)


@pytest.mark.parametrize(("key", "n_shells"), [("585_5x5", 2), ("diamond", 2)])
def test_pythtb_has_the_same_bands(key, n_shells) -> None:
    pytest.importorskip("pythtb")
    hamiltonian = load_fits(key).fits[n_shells].hamiltonian
    kpt = KPT[hamiltonian.crystal.periodic]
    np.testing.assert_allclose(exports.to_pythtb(hamiltonian).solve_one(kpt), hamiltonian.bands(KPT)[0], atol=1e-8)


def test_wannier90s_file_has_the_same_bands(hamiltonian) -> None:
    text = exports.to_wannier90(hamiltonian)
    cells, matrices = exports.read_wannier90(text)
    bloch = np.tensordot(np.exp(2j * np.pi * cells @ KPT), matrices, axes=1)
    np.testing.assert_allclose(np.linalg.eigvalsh(bloch), hamiltonian.bands(KPT)[0], atol=1e-4)  # six digits a value
    n = hamiltonian.n_orbitals
    assert int(text.splitlines()[1]) == n
    assert len(text.splitlines()) == 3 + -(-len(cells) // 15) + len(cells) * n * n
    with pytest.raises(InputError, match=r"_hr\.dat"):
        exports.read_wannier90("nothing\n")


def test_json_comes_back(hamiltonian) -> None:
    again = exports.from_json(exports.to_json(hamiltonian))
    np.testing.assert_array_equal(again.values, hamiltonian.values)
    np.testing.assert_allclose(again.bands(KPT), hamiltonian.bands(KPT))
    for text in ("{", "{}", json.dumps({"format": "other"})):
        with pytest.raises(InputError, match="must be a Hamiltonian as Eigenscope writes it"):
            exports.from_json(text)


def test_the_table_holds_every_element(hamiltonian) -> None:
    table = exports.element_table(hamiltonian)
    assert len(table) == len(hamiltonian.values)
    onsite = table[table["distance_angstrom"] < 1e-6]
    assert len(onsite) == hamiltonian.n_orbitals
    assert set(table["orbital_1"]) == {"pz"}


@pytest.mark.parametrize(("program", "script"), [("sisl", exports.sisl_script), ("pythtb", exports.pythtb_script)])
def test_scripts_run_beside_the_json(program, script, hamiltonian, tmp_path) -> None:
    pytest.importorskip(program)
    (tmp_path / "model.json").write_text(exports.to_json(hamiltonian))
    (tmp_path / "model.py").write_text(script("model.json"))
    done = subprocess.run([sys.executable, "model.py"], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert len(done.stdout.replace("[", " ").replace("]", " ").split()) == hamiltonian.n_orbitals


def test_what_is_not_installed_is_said() -> None:
    with pytest.raises(InputError, match="pip install no_such_module"):
        exports.import_or_explain("no_such_module")
