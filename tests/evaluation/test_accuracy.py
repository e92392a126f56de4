"""docs/accuracy.md is what the cards and the comparison files say."""

from pathlib import Path

from typer.testing import CliRunner

from core.cli import app
from core.evaluation.accuracy import accuracy_markdown

PAGE = Path(__file__).parents[2] / "docs" / "accuracy.md"


def test_the_page_has_not_drifted() -> None:
    assert PAGE.read_text() == accuracy_markdown(), "write it anew: eigenscope compare accuracy --out docs/accuracy.md"


def test_the_command_prints_and_writes_it(tmp_path: Path) -> None:
    printed = CliRunner().invoke(app, ["compare", "accuracy"])
    assert printed.exit_code == 0
    assert printed.output == accuracy_markdown()
    out = tmp_path / "accuracy.md"
    assert CliRunner().invoke(app, ["compare", "accuracy", "--out", str(out)]).exit_code == 0
    assert out.read_text() == printed.output
