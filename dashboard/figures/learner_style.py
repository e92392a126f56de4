"""How each learner is drawn, in every figure alike."""

from dataclasses import dataclass

from dashboard.figures.theme import CURVE_SYMBOLS, MOLECULE_COLOURS

FAMILIES = ("tight_binding", "krr_mbtr", "cnn", "dtnn", "mlp", "krr_cm")  # in the order of the colours


@dataclass(frozen=True)
class LearnerStyle:
    """One colour and symbol a family; learners of spectra are dashed and hollow."""

    colour: str
    dash: str
    symbol: str


def learner_style(key: str) -> LearnerStyle:
    """Return how a learner is drawn, on every page alike."""
    family = key.removesuffix("_levels").removesuffix("_spectrum")
    place = FAMILIES.index(family) if family in FAMILIES else sum(family.encode()) % len(FAMILIES)
    is_spectrum = key.endswith("_spectrum")
    return LearnerStyle(
        MOLECULE_COLOURS[place],
        "dash" if is_spectrum else "solid",
        CURVE_SYMBOLS[place] + ("-open" if is_spectrum else ""),
    )


def legend_room(n_entries: int) -> int:
    """Return the top margin [pixels] that a legend of so many learners needs at half the page's width."""
    return 30 + 20 * -(-n_entries // 3)
