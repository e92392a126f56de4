"""Trajectory: one molecule at many times, its atoms in one order, and where its bonds are no longer its own."""

from dataclasses import dataclass, field, replace

import numpy as np

from core.arrays import frozen
from core.errors import GeometryError
from core.structure.bonds import SEEN_BOND, bond_ratios, bonded_pairs
from core.structure.geometry import AS_GIVEN, Geometry, name_atoms

MAX_FRAMES = 10_000
# In sums of covalent radii, so wide that no vibration at 600 K reaches them: C-H 1.44, C-C 2.05; a proton that has moved over
BROKEN_BOND, MADE_BOND = 1.35, 1.0
FRAMES_JUDGED = 64  # of a file that has no molecule at rest: what is bonded in most of them is
PAIRS_AT_ONCE = 2_000_000  # distances in memory


@dataclass(frozen=True, eq=False)
class Trajectory:
    """One molecule along a molecular dynamics. The arrays are its own, and read-only.

    Attributes
    ----------
    numbers : (n_atoms,) uint8
        Atomic numbers, the same in every frame.
    positions : (n_frames, n_atoms, 3) float64 [Angstrom]
    spacing_fs : float [fs]
        Between two frames that follow one another; nan where it is not known.
    temperature_k : float [K]
        Of the thermostat; nan where it is not known.
    static : Geometry or None
        The molecule at rest, to compare with; None: there is none but the first frame.
    origin : str
        How it was made, in words.
    n_left_out : int
        Frames before the first one that were left out: equilibration.
    notes : tuple of str
        What was assumed or left aside.
    frame_numbers : (n_frames,) int, ascending
        Which of its source's frames each is, from 1; 1, 2, ... when left out.

    Raises
    ------
    GeometryError
        If there is no frame, more than MAX_FRAMES, or one of another shape.
    """

    numbers: np.ndarray
    positions: np.ndarray
    spacing_fs: float = float("nan")
    temperature_k: float = float("nan")
    static: Geometry | None = None
    origin: str = AS_GIVEN
    n_left_out: int = 0
    notes: tuple[str, ...] = ()
    frame_numbers: np.ndarray = field(default_factory=lambda: np.empty(0, np.int64))

    def __post_init__(self) -> None:
        positions = np.asarray(self.positions, dtype=np.float64)
        n_atoms = len(self.numbers)
        if positions.ndim != 3 or positions.shape[1:] != (n_atoms, 3) or not len(positions):
            raise GeometryError(f"a trajectory needs frames of {n_atoms} positions, got an array of {positions.shape}")
        if len(positions) > MAX_FRAMES:
            raise GeometryError(f"a trajectory may have at most {MAX_FRAMES:,} frames, got {len(positions):,}")
        first = Geometry(self.numbers, positions[0])  # checks the numbers
        if self.static is not None and self.static.numbers.tolist() != first.numbers.tolist():
            raise GeometryError("the molecule at rest must have the atoms of the frames, in their order")
        object.__setattr__(self, "numbers", first.numbers)
        object.__setattr__(self, "positions", frozen(positions))
        frame_numbers = self.frame_numbers if len(self.frame_numbers) else np.arange(1, len(positions) + 1)
        if len(frame_numbers) != len(positions):
            raise GeometryError(f"each of {len(positions)} frames needs its number, got {len(frame_numbers)} numbers")
        object.__setattr__(self, "frame_numbers", frozen(frame_numbers, np.int64))

    @property
    def n_frames(self) -> int:
        """Number of frames."""
        return len(self.positions)

    @property
    def at_rest(self) -> Geometry:
        """The molecule that the average is compared with: relaxed, or the first frame."""
        return self.static if self.static is not None else self.geometry(0)

    @property
    def times_ps(self) -> np.ndarray:
        """(n_frames,) time of each frame [ps], the first at 0; steps from 0 on where times are not known. Gaps count."""
        steps: np.ndarray = (self.frame_numbers - self.frame_numbers[0]) / smallest_step(self.frame_numbers)
        return steps * self.spacing_fs / 1000 if np.isfinite(self.spacing_fs) else steps

    def geometry(self, frame: int) -> Geometry:
        """Return one frame."""
        return Geometry(self.numbers, self.positions[frame], f"frame {self.frame_numbers[frame]}, {self.origin}")

    def geometries(self) -> list[Geometry]:
        """Return every frame."""
        return [self.geometry(k) for k in range(self.n_frames)]

    def thinned(self, *, skip: int = 0, every: int = 1) -> "Trajectory":
        """Return the trajectory without its first `skip` frames, and of the others each `every`-th; they keep their numbers.

        Raises
        ------
        GeometryError
            If no frame is left, or `every` is below 1.
        """
        if every < 1 or not 0 <= skip < self.n_frames:
            raise GeometryError(f"skip must be 0 to {self.n_frames - 1} and every at least 1, got {skip} and {every}")
        return replace(
            self,
            positions=self.positions[skip::every],
            frame_numbers=self.frame_numbers[skip::every],
            spacing_fs=self.spacing_fs
            * smallest_step(self.frame_numbers[skip::every], every)
            / smallest_step(self.frame_numbers),
            n_left_out=self.n_left_out + skip,
        )


def smallest_step(frame_numbers: np.ndarray, alone: int = 1) -> int:
    """Return by how much the numbers of frames that follow one another differ at least; of a single frame `alone`."""
    return int(np.diff(frame_numbers).min()) if len(frame_numbers) > 1 else alone


def own_bonds(trajectory: Trajectory) -> list[tuple[int, int]]:
    """Return the pairs i < j of atoms that are bonded: at rest, else in most of the first frames."""
    if trajectory.static is not None:
        return bonded_pairs(trajectory.numbers, trajectory.static.positions)
    ratios = np.median(bond_ratios(trajectory.numbers, trajectory.positions[:FRAMES_JUDGED]), axis=0)
    first, second = np.nonzero(np.triu(ratios < SEEN_BOND, k=1))
    return list(zip(first.tolist(), second.tolist(), strict=True))


def changed_bonds(trajectory: Trajectory) -> list[str]:
    """Return for each frame which of the molecule's own bonds broke, or which bond formed, in words; "" where none did.

    Examples
    --------
    >>> carbonyl = np.array([[[0, 0, 0], [0, 0, 1.2]], [[0, 0, 0], [0, 0, 1.25]], [[0, 0, 0], [0, 0, 2.0]]])
    >>> changed_bonds(Trajectory(np.array([6, 8]), carbonyl))
    ['', '', 'C1-O2 broke (2.00 Angstrom)']
    """
    rest = trajectory.at_rest
    bonded = np.zeros((rest.n_atoms, rest.n_atoms), dtype=bool)
    for i, j in own_bonds(trajectory):
        bonded[i, j] = bonded[j, i] = True
    said: list[str] = []
    size = max(1, PAIRS_AT_ONCE // rest.n_atoms**2)
    for start in range(0, trajectory.n_frames, size):
        positions = trajectory.positions[start : start + size]
        ratios = bond_ratios(trajectory.numbers, positions)  # (n_frames, n_atoms, n_atoms)
        broken: np.ndarray = bonded & (ratios > BROKEN_BOND)
        made: np.ndarray = ~bonded & (ratios < MADE_BOND)
        changed = (broken | made).any(axis=(1, 2))
        for k in range(len(positions)):
            said.append(describe_change(rest.symbols, positions[k], broken[k], made[k]) if changed[k] else "")
    return said


def describe_change(symbols: list[str], positions: np.ndarray, broken: np.ndarray, made: np.ndarray) -> str:
    """Return the sentence on the first of the pairs (n_atoms, n_atoms) of one frame that broke, else formed."""
    what, pairs = ("broke", broken) if broken.any() else ("formed", made)
    i, j = np.argwhere(pairs)[0]
    length = np.linalg.norm(positions[i] - positions[j])
    return f"{name_atoms(symbols, (i, j))} {what} ({length:.2f} Angstrom)"
