"""Levels that hardly any molecule of the models' domain has: what cannot be trusted is marked where it is shown."""

import re

import numpy as np

from core.spectrum.levels import Levels

# Of 35,173 labels of this level of theory, of QM9 and of molecules with other groups and elements, 22 have a smaller gap (many of
# them radicals in disguise), none a higher HOMO (the highest is -2.56 eV) or a lower level (-35.2)
LEAST_GAP_EV, HIGHEST_HOMO_EV, LOWEST_LEVEL_EV = 0.5, -2.5, -38.0
DOUBTFUL = "doubtful: "  # how the note begins
UNTRAINED = "outside the training molecules' chemistry"  # how the note on such a molecule does
_JUDGED = re.compile(rf"(?:^|; )(?:{DOUBTFUL}|{UNTRAINED}).*", re.DOTALL)
MOST_EXPECTED_EV = 0.5  # RMSE of the band: shifts of that size make any spectrum look like any other


def find_doubts(levels: Levels, *, is_reference: bool = True) -> tuple[str, ...]:
    """Return what makes predicted levels doubtful, each in a few words; () where nothing does.

    Parameters
    ----------
    is_reference : bool
        Whether they are of the reference's level of theory: of others, and of ionisation energies, the deepest lie deeper.

    Examples
    --------
    >>> find_doubts(Levels(np.array([-20.0, -6.0]), -5.8, 0.04))
    ('a gap of 0.20 eV',)
    """
    doubts = []
    if levels.gap_ev < LEAST_GAP_EV:
        doubts.append(f"a gap of {levels.gap_ev:.2f} eV")
    if levels.homo_ev > HIGHEST_HOMO_EV:
        doubts.append(f"a HOMO at {levels.homo_ev:.2f} eV")
    if is_reference and np.nanmin(levels.valence_ev) < LOWEST_LEVEL_EV:
        doubts.append(f"a valence level at {np.nanmin(levels.valence_ev):.1f} eV")
    if levels.expected_rmse_ev > MOST_EXPECTED_EV:
        doubts.append(f"an expected error of {levels.expected_rmse_ev:.2f} eV")
    return tuple(doubts)


def without_doubt(note: str) -> str:
    """Return what the note of a row said before an earlier prediction was doubted, or its molecule called outside.

    Examples
    --------
    >>> without_doubt("an isotope label left out; doubtful: a gap of 0.20 eV; check with DFT before using it")
    'an isotope label left out'
    """
    return _JUDGED.sub("", note)


def doubt_note(levels: Levels, *, is_reference: bool = True) -> str:
    """Return the same as a sentence for a prediction's note; "" where nothing is doubtful."""
    doubts = find_doubts(levels, is_reference=is_reference)
    return f"{DOUBTFUL}{' and '.join(doubts)}; check with DFT before using it" if doubts else ""
