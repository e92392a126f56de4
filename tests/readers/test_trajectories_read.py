"""Trajectories in and out.

Covers `core.readers.trajectories`, `core.readers.ase_trajectory`, `core.writers.trajectories`.
"""

import io
from pathlib import Path

import numpy as np
import pytest
from ase import Atoms
from ase.io import Trajectory as AseTrajectory
from ase.io import read

from core.errors import DomainError, EigenscopeError, InputError
from core.readers.ase_trajectory import read_ase_trajectory
from core.readers.trajectories import read_trajectory, stated_spacing
from core.structure.geometry import Geometry
from core.structure.trajectory import Trajectory
from core.writers.trajectories import trajectory_to_extxyz

WATER = np.array([[0, 0, 0.12], [0, 0.76, -0.48], [0, -0.76, -0.48]])


@pytest.fixture
def water(rng: np.random.Generator) -> Trajectory:
    frames = WATER + rng.normal(0, 0.02, (6, 3, 3))
    rest = Geometry([8, 1, 1], WATER)
    return Trajectory(np.array([8, 1, 1]), frames, spacing_fs=4.0, temperature_k=350.0, static=rest)


def test_what_is_written_reads_back_here_and_in_ase(water: Trajectory) -> None:
    data = trajectory_to_extxyz(water, homo_ev=np.arange(6.0))
    again = read_trajectory(data, "water.extxyz")
    np.testing.assert_allclose(again.positions, water.positions, atol=1e-5)
    np.testing.assert_allclose(again.at_rest.positions, WATER, atol=1e-5)
    assert (again.spacing_fs, again.temperature_k, again.n_frames) == (4.0, 350.0, 6)
    theirs = read(io.StringIO(data.decode()), index=":", format="extxyz")
    assert len(theirs) == 7, "the molecule at rest comes first"
    np.testing.assert_allclose(theirs[3].positions, water.positions[2], atol=1e-5)
    assert theirs[1].info["homo_ev"] == 0.0


@pytest.mark.parametrize("has_momenta", [False, True])
def test_a_file_of_ase_is_read_as_ase_reads_it(water: Trajectory, tmp_path: Path, has_momenta: bool) -> None:
    path = tmp_path / "water.traj"
    with AseTrajectory(path, "w") as file:
        for positions in water.positions:
            atoms = Atoms("OH2", positions)
            if has_momenta:
                atoms.set_momenta(positions)
            file.write(atoms, energy=-1.0)
    found = read_trajectory(path.read_bytes(), "water.traj", spacing_fs=2.0)
    np.testing.assert_array_equal(found.positions, [a.positions for a in read(path, index=":")])
    assert found.numbers.tolist() == [8, 1, 1]
    assert found.spacing_fs == 2.0
    data = path.read_bytes()
    for cut in (10, 60, len(data) // 2, len(data) - 20):
        with pytest.raises(InputError):
            read_trajectory(data[:cut], "water.traj")
    with pytest.raises(InputError, match="1 to 5 frames"):
        read_ase_trajectory(data, most_frames=5)


def test_nothing_but_numbers_is_made_of_a_file_of_ase(tmp_path: Path) -> None:
    path = tmp_path / "one.traj"
    with AseTrajectory(path, "w") as file:
        file.write(Atoms("OH2", WATER))
        file.write(Atoms("OH2", WATER + 0.01))
    data = path.read_bytes().replace(b'"float64"', b'"object0"')
    with pytest.raises(InputError, match="no numbers and positions"):
        read_trajectory(data, "one.traj")
    with AseTrajectory(path, "w") as file:
        file.write(Atoms("OH2", WATER, cell=[9, 9, 9], pbc=True))
    with pytest.raises(DomainError, match="periodic"):
        read_trajectory(path.read_bytes(), "one.traj")


def frames_text(*frames: str) -> bytes:
    return "\n".join(frames).encode()


GOOD = "3\n\nO 0 0 0.12\nH 0 0.76 -0.48\nH 0 -0.76 -0.48"


def test_a_broken_frame_is_left_out_and_said() -> None:
    broken = GOOD.replace("0.76 -0.48", "x -0.48", 1)
    found = read_trajectory(frames_text(GOOD, broken, GOOD, "3\n\nO 0 0"), "a.xyz")
    assert found.n_frames == 2
    assert found.notes[0].startswith("2 broken frames are left out, the first: frame 2")
    assert np.isnan(found.spacing_fs)
    np.testing.assert_array_equal(found.times_ps, [0, 1])


def test_whatever_the_bytes_nothing_but_a_sentence_is_raised(
    water: Trajectory, tmp_path: Path, rng: np.random.Generator
) -> None:
    path = tmp_path / "water.traj"
    with AseTrajectory(path, "w") as file:
        for positions in water.positions:
            file.write(Atoms("OH2", positions))
    whole = np.frombuffer(path.read_bytes(), np.uint8)
    for _ in range(300):
        data = whole.copy()
        places = rng.integers(8, len(data), 4)
        data[places] = rng.integers(0, 256, 4)
        try:
            found = read_trajectory(data.tobytes(), "water.traj")
        except EigenscopeError:
            continue
        assert found.numbers.shape == (3,)


@pytest.mark.parametrize(
    ("data", "error", "words"),
    [
        (frames_text(GOOD), InputError, "at least two frames"),
        (frames_text(GOOD, GOOD.replace("O 0", "S 0")), InputError, "frame 2 has H2S, the first H2O"),
        (frames_text(GOOD, GOOD.replace("3\n\n", "3\ncharge=1\n")), DomainError, "charge"),
        (frames_text(GOOD.replace("3\n\n", '3\npbc="T T T"\n'), GOOD), DomainError, "periodic"),
        (b"CCO ethanol\nCO methanol", InputError, "no geometry"),
        (b"", InputError, "empty"),
        (b"\x00" * 100, InputError, "binary"),
    ],
)
def test_what_is_no_trajectory_is_refused(data: bytes, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        read_trajectory(data, "a.xyz" if data[:1].isdigit() else "a.smi")


def test_records_of_other_formats_are_frames() -> None:
    from rdkit import Chem
    from rdkit.Chem import AllChem

    mol = Chem.AddHs(Chem.MolFromSmiles("CO"))
    AllChem.EmbedMultipleConfs(mol, 3, randomSeed=5)
    text = "".join(Chem.MolToMolBlock(mol, confId=k) + "$$$$\n" for k in range(3))
    found = read_trajectory(text.encode(), "methanol.sdf")
    np.testing.assert_allclose(found.positions[1], mol.GetConformer(1).GetPositions(), atol=1e-3)


def test_only_even_times_tell_a_spacing() -> None:
    assert stated_spacing(np.array([0.0, 5.0, 10.0]), np.arange(3)) == 5.0
    assert stated_spacing(np.array([0.0, 5.0, 20.0]), np.array([1, 2, 5])) == 5.0
    assert np.isnan(stated_spacing(np.array([0.0, 5.0, 20.0]), np.arange(3)))
    assert np.isnan(stated_spacing(np.array([0.0, np.nan, 20.0]), np.arange(3)))
    with pytest.raises(InputError, match="spacing_fs must be > 0"):
        read_trajectory(frames_text(GOOD, GOOD), "a.xyz", spacing_fs=0.0)


@pytest.mark.parametrize(
    ("comment", "said"),
    [
        ("-2 1", "total charge must be 0, found -2"),
        ("0 3", "closed shells only, found multiplicity 3"),
        ("", "does; charge=0"),
    ],
)
def test_frames_of_an_ion_or_a_triplet_are_refused(comment: str, said: str) -> None:
    frame = f"4\n{comment}\nC 0 0 0\nO 1.31 0 0\nO -0.655 1.1345 0\nO -0.655 -1.1345 0\n"
    with pytest.raises(DomainError, match=said):
        read_trajectory((frame * 3).encode(), "co3.xyz")
