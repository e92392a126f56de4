"""Rules of what pages show, read from their source: headings, missing values, messages, rows and speeds in words.

Covers `dashboard.widgets.headings`, `dashboard.widgets.guard`, `dashboard.widgets.columns`.
"""

import ast
import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.structure.entry import name_row
from dashboard.jobs import format_speed
from dashboard.widgets.columns import ABSENT

DASHBOARD = Path(__file__).parents[2] / "dashboard"
SHOWN_AS_MARKDOWN = {"error", "info", "warning", "success", "caption", "markdown"}


def streamlit_calls(tree: ast.AST) -> Iterator[tuple[str, ast.Call]]:
    """Yield the calls of `st.<name>`."""
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and isinstance(node.func.value, ast.Name)
            and node.func.value.id == "st"
        ):
            yield node.func.attr, node


def raw_uses(name: str, node: ast.AST) -> Iterator[ast.AST]:
    """Yield the uses of a name that do not go through `escape_markdown`."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "escape_markdown":
        return
    if isinstance(node, ast.Name) and node.id == name:
        yield node
    for child in ast.iter_child_nodes(node):
        yield from raw_uses(name, child)


@pytest.mark.parametrize("path", sorted(DASHBOARD.rglob("*.py")), ids=lambda p: str(p.relative_to(DASHBOARD)))
def test_tables_have_a_word_for_nothing_and_errors_are_shown_literally(path: Path) -> None:
    tree = ast.parse(path.read_text())
    for name, call in streamlit_calls(tree):
        if name == "dataframe":
            given = {k.arg: ast.unparse(k.value) for k in call.keywords}
            assert given.get("placeholder") == "ABSENT", f"{path.name}:{call.lineno} shows None for what is missing"
    for handler in [node for node in ast.walk(tree) if isinstance(node, ast.ExceptHandler) and node.name]:
        for name, call in streamlit_calls(handler):
            if name in SHOWN_AS_MARKDOWN:
                raw = list(raw_uses(str(handler.name), call))
                assert not raw, f"{path.name}:{call.lineno} renders an error as Markdown"


@pytest.mark.parametrize(
    "page", ["predict", "scan", "rank", "trajectories", "models", "data", "workbench", "hamiltonian", "about"]
)
def test_headings_are_in_order_and_no_code_mark_is_literal(page: str, open_page) -> None:
    app: AppTest = open_page(page)
    shown = [str(m.value) for m in app.markdown]
    ranks = [len(text) - len(text.lstrip("#")) for text in shown if text.startswith("#")]
    assert ranks[0] == 1
    assert ranks.count(1) == 1
    assert all(deeper <= rank + 1 for rank, deeper in itertools.pairwise(ranks))
    assert not [text for text in [*shown, *(str(c.value) for c in app.caption)] if "\\`" in text]
    assert ABSENT != "None"


@pytest.mark.parametrize(
    ("row", "identifier", "named"),
    [(3, "row 3", "row 3"), (3, "ethanol", "row 3, ethanol"), (3, "row 4", "row 3, row 4")],
)
def test_a_row_is_not_named_twice(row: int, identifier: str, named: str) -> None:
    assert name_row(row, identifier) == named


@pytest.mark.parametrize(
    ("n", "seconds", "words"),
    [(18166, 10.0, "1,817"), (123, 10.0, "12"), (4, 4.0, "1"), (5, 4.0, "1.2"), (1, 24.0, "0.042")],
)
def test_speeds_have_digits_that_mean_something(n: int, seconds: float, words: str) -> None:
    assert format_speed(n, seconds) == words
