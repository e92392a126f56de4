"""Text of users' files on pages and in figures."""

import re

import numpy as np
import pytest

from core.quantities import QUANTITIES
from dashboard.figures.spectra import Curve, spectrum_figure
from dashboard.figures.theme import LIGHT, escape_plotly
from dashboard.widgets.text import WORD_JOINER, escape_markdown


@pytest.mark.parametrize("name", ["<img src=x onerror=alert(1)>", "<a href='http://x'>y</a>", "a<br>b"])
def test_names_are_text_in_figures_and_on_pages(name: str) -> None:
    figure = spectrum_figure(
        [Curve(name, np.array([-10.0, -9.0]), np.ones(2))], theme=LIGHT, height_of=QUANTITIES["density"]
    )
    assert "<" not in figure.data[-1].name
    assert "<" not in escape_plotly(name)
    assert "\\<" in escape_markdown(name)


@pytest.mark.parametrize(
    ("name", "left"),
    [
        ("http://a.example/x", "http:|//a.example/x"),
        ("HTTPS://a.example", "HTTPS:|//a.example"),
        ("www.a.example", "www|.a.example"),
        ("j.doe@a.example", "j.doe@|a.example"),
    ],
)
def test_addresses_in_names_become_no_links(name: str, left: str) -> None:
    assert escape_markdown(name).replace("\\", "").replace("\u2060", "|") == left


@pytest.mark.parametrize("smiles", ["C[C@H](O)F.O", "C[C@@H](O)F", "O=CC1CCCCC1=O", "[Na+].CC@.C"])
def test_a_smiles_can_be_copied(smiles: str) -> None:
    assert escape_markdown(smiles).replace("\\", "") == smiles


def test_markdown_of_names_is_escaped() -> None:
    assert escape_markdown("**b** :red[x] [l](u) $x$") == r"\*\*b\*\* \:red\[x\] \[l\]\(u\) \$x\$"


@pytest.mark.parametrize(
    "text", ["http://evil.example.com", "see www.evil.example.com", "WWW.x.y", "me@evil.example.com"]
)
def test_no_link_is_made_of_user_text(text: str) -> None:
    """By the patterns that mdast-util-gfm-autolink-literal looks for, in the text that escapes leave."""
    shown = escape_markdown(text).replace("\\", "")
    assert not re.search(r"https?://|www(?=\.)|[-.\w+]+@[-\w]+\.", shown, re.IGNORECASE)
    assert shown.replace(WORD_JOINER, "") == text
