"""The address bar: what it says, and what is made of it."""

from pathlib import Path
from urllib.parse import parse_qs, urlencode

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from dashboard.address import CHOICES_OF_PAGE, mend_blanks, read_address
from dashboard.kept_sessions import OWN_KEY
from dashboard.state import KEY, Session

APP = str(Path(__file__).parents[2] / "dashboard" / "app.py")


def open_with(**query: str) -> AppTest:
    page = AppTest.from_file(APP, default_timeout=120)
    for name, text in query.items():
        page.query_params[name] = text
    page.run()
    while (ticket := page.session_state[KEY].jobs.get("predict")) is not None:
        ticket.wait(60)
        page.run()
    assert not page.exception
    return page


def query_of(page: AppTest) -> dict[str, str]:
    return {name: v if isinstance(v, str) else v[-1] for name, v in page.query_params.items()}


def test_the_address_carries_the_molecule_and_the_choices(open_page) -> None:
    page = open_page("predict")
    own = {"session": page.session_state[OWN_KEY]}
    assert (
        query_of(page)
        == {"smiles": "O=CC1CCCCC1=O", "learner": "tight_binding", "sigma": "0.5", "axis": "orbital"} | own
    )
    page.slider(key="sigma_ev").set_value(0.3)
    page.segmented_control(key="axis").set_value("binding").run()
    assert query_of(page)["sigma"] == "0.3"
    assert query_of(page)["axis"] == "binding"
    page.switch_page("app_pages/scan/page.py").run()
    assert query_of(page) == {"library": "home", "learner": "tight_binding", "sigma": "0.3", "axis": "binding"} | own
    page.switch_page("app_pages/about/page.py").run()
    assert query_of(page) == own


def test_a_link_that_nobody_kept_opens_the_molecule_and_the_choices() -> None:
    page = open_with(smiles="C[N+](=O)[O-]", sigma="0.25", axis="binding", library="own", session="unknown")
    state: Session = page.session_state[KEY]
    assert state.table["smiles"].tolist() == ["C[N+](=O)[O-]"]
    assert (state.settings["sigma_ev"], state.settings["axis"], state.settings["library"]) == (0.25, "binding", "own")
    assert page.slider(key="sigma_ev").value == 0.25
    assert query_of(page)["session"] == page.session_state[OWN_KEY] != "unknown"


@pytest.mark.parametrize(
    "smiles", ["C[N+](=O)[O-]", "[O-][n+]1ccccc1", "C#N", "F/C=C/F", "N[C@@H](C)C(=O)O", "CCO ethanol", "CC&C=1;%25"]
)
def test_what_is_written_is_read(smiles: str) -> None:
    encoded = urlencode({"smiles": smiles})
    assert "+(" not in encoded
    assert mend_blanks(parse_qs(encoded)["smiles"][0]) == smiles


@pytest.mark.parametrize(
    ("link", "smiles"),
    [
        ("C[N+](=O)[O-]", "C[N+](=O)[O-]"),
        ("C[N+](=O)[O-]%20nitromethane", "C[N+](=O)[O-] nitromethane"),
        ("[Fe++]", "[Fe++]"),
        ("CCO ethanol", "CCO ethanol"),
        ("InChI=1S/H3N/h1H3/p+1", "InChI=1S/H3N/h1H3/p+1"),
        ("InChI=1S/C4H8/c1-3-4-2/h3-4H,1-2H3/b4-3+", "InChI=1S/C4H8/c1-3-4-2/h3-4H,1-2H3/b4-3+"),
        ("InChI=1S/CH4O/c1-2/h2H,1H3 2-methanol", "InChI=1S/CH4O/c1-2/h2H,1H3 2-methanol"),
    ],
)
def test_a_plus_that_was_not_encoded_is_a_plus(link: str, smiles: str) -> None:
    """Where it must be one: within brackets of SMILES, and in layers of InChI."""
    assert mend_blanks(parse_qs(f"smiles={link}")["smiles"][0]) == smiles


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"axis": "sideways"}, "axis must be one of orbital, binding, got 'sideways'"),
        ({"sigma": "wide"}, "sigma must be a number of eV, got 'wide'"),
        ({"sigma": "nan"}, "sigma must be a number of eV, got 'nan'"),
        ({"sigma": "0"}, "sigma must be 0.05 to 1.5 eV, got '0'"),
        ({"learner": "oracle"}, "learner must be one of tight_binding"),
        ({"library": "../etc"}, "library must be one of home, alkenes, own"),
    ],
)
def test_what_cannot_be_taken_up_is_said_and_the_page_opens(query: dict[str, str], said: str, text_of) -> None:
    state = Session()
    read_address(state, query)
    assert said in state.message.replace("\\", "")
    assert state.settings == Session().settings
    assert "Not taken from the address" in text_of(open_with(**query))


def test_a_reload_takes_up_only_what_was_changed_by_hand() -> None:
    state = Session(
        table=pd.DataFrame({"smiles": ["CCO"]}), address={"axis": "orbital", "smiles": "CCO", "sigma": "0.5"}
    )
    state.settings |= {"axis": "binding", "sigma_ev": 0.5}  # the tab went before the address had it
    read_address(state, {"axis": "orbital", "smiles": "CCO", "sigma": "0.3"})
    assert (state.settings["axis"], state.settings["sigma_ev"], state.linked) == ("binding", 0.3, "")
    read_address(state, {"smiles": "CCC"})
    assert state.linked == "CCC"


def test_every_choice_is_of_a_page_that_there_is() -> None:
    assert all((Path(APP).parent / "app_pages" / page / "page.py").exists() for page in CHOICES_OF_PAGE)
