"""Tables, numbers and the headers that recur, as docs/accuracy.md has them."""

from collections.abc import Iterable, Sequence

from core.quantities import QUANTITIES

RMSE, HOMO_MAE = QUANTITIES["rmse_ev"], QUANTITIES["homo_mae_ev"]


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table."""
    lines = ["| " + " | ".join(row) + " |" for row in (head, *rows)]
    return "\n".join([lines[0], "|" + "---|" * len(head), *lines[1:]])


def ev(value: float | None, digits: int = 3) -> str:
    """Return an error in eV as text; "" where there is none."""
    return "" if value is None or value != value else f"{value:.{digits}f}"


def percent(fraction: float | None, digits: int = 2) -> str:
    """Return a fraction as per cent; "" where there is none."""
    return "" if fraction is None or fraction != fraction else f"{100 * fraction:.{digits}f} %"
