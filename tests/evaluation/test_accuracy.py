"""docs/accuracy.md is what the cards and the comparison files say."""

import json
from pathlib import Path

from typer.testing import CliRunner

from core.assets import COMPARISON
from core.cli import app
from core.evaluation.accuracy import accuracy_markdown
from core.evaluation.accuracy_elsewhere import chosen_by_doubt, groups_left_out
from core.evaluation.accuracy_of_checks import along_trajectories
from core.evaluation.files import ACTIVE_CHOICE, GROUPS_LEFT_OUT
from core.evaluation.markdown import ev, percent, table
from core.evaluation.trajectory_check import TRAJECTORY_FILE

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


def test_a_part_tells_the_figure_of_its_file() -> None:
    found = json.loads((COMPARISON / TRAJECTORY_FILE).read_text())
    assert f"| {found['rmse_ev']:.3f} |" in along_trajectories()


def test_what_lies_beyond_qm9_is_told_from_its_files() -> None:
    left_out = json.loads((COMPARISON / GROUPS_LEFT_OUT).read_text())
    told = groups_left_out()
    assert f"| left out | {left_out['foreign']['n']:,} | {left_out['foreign']['rmse_ev']:.3f} |" in told
    assert all(f"| left out of {x['family']} |" in told for x in left_out["families"])
    rows = json.loads((COMPARISON / ACTIVE_CHOICE).read_text())
    drawn = [x["rmse_ev"] for x in rows if x["choice"] == "drawn"]
    assert (
        f"| drawn | 1,500 | {sum(drawn) / len(drawn):.3f} | {', '.join(f'{x:.3f}' for x in drawn)} |"
        in chosen_by_doubt()
    )


def test_what_is_not_known_leaves_its_cell_empty() -> None:
    row = (ev(0.0324), ev(None), percent(0.9), percent(float("nan")))
    assert table(("a", "b", "c", "d"), [row]).splitlines() == [
        "| a | b | c | d |",
        "|---|---|---|---|",
        "| 0.032 |  | 90.00 % |  |",
    ]
