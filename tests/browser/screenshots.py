"""Take the README's screenshots: `python tests/browser/screenshots.py` writes assets/screenshots/<page>-<width>-<theme>.png."""

import sys
import tempfile
from io import BytesIO
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from dashboard_server import ROOT, go_to, open_browser, open_tab, serve_dashboard, wait_until_idle
from PIL import Image
from playwright.sync_api import Page

FOLDER = ROOT / "assets" / "screenshots"
N_COLOURS = 128  # a palette keeps a picture below 200 kB
SIZES = ((1400, "light"), (1400, "dark"), (800, "light"))
HEIGHT = "() => Math.ceil(document.querySelector('[data-testid=stMainBlockContainer]').getBoundingClientRect().height)"
MOLECULES = "CC(=O)OC methyl acetate\nc1ccoc1 furan\nCC[SeH] ethaneselenol\nO=CC1CCCCC1=O 2-oxocyclohexane carbaldehyde"
ALONE = {
    "predict-dye": "O=C1C(=C2C(=O)c3ccccc3S2)Sc2ccccc21 thioindigo",
    "predict-ensemble": "CC(O)C(C)CO 2-methylbutane-1,3-diol",
    "predict-outside": "O=I(=O)c1ccccc1 iodylbenzene",
}


def save_page(page: Page, name: str, width: int, theme: str) -> None:
    """Save the whole page as it stands."""
    page.set_viewport_size({"width": width, "height": 900})
    page.wait_for_timeout(1500)
    page.set_viewport_size({"width": width, "height": min(page.evaluate(HEIGHT) + 20, 4000)})
    page.wait_for_timeout(3000)  # figures draw themselves anew
    picture = Image.open(BytesIO(page.screenshot()))
    picture.convert("RGB").quantize(N_COLOURS).save(FOLDER / f"{name}-{width}-{theme}.png", optimize=True)


def take_screenshots(address: str) -> None:
    """Walk through the main job once for each size and theme."""
    with open_browser() as browser:
        for width, theme in SIZES:
            page = browser.new_page(viewport={"width": width, "height": 1400}, color_scheme=theme)  # type: ignore[arg-type]
            page.set_default_timeout(180_000)
            page.goto(address)
            page.get_by_text("Molecules · 1 predicted").wait_for()
            predict(page, MOLECULES)
            page.get_by_text("3 predicted, 1 refused").wait_for()
            save_page(page, "predict", width, theme)
            go_to(page, "Scan")
            page.get_by_role("button", name="Run scan").click()
            page.get_by_text("Map by spectrum").wait_for(timeout=600_000)
            wait_until_idle(page)
            save_page(page, "scan", width, theme)
            go_to(page, "Rank")
            page.get_by_text("Why rank 1.").wait_for()
            wait_until_idle(page)
            save_page(page, "rank", width, theme)
            go_to(page, "Trajectories")
            page.get_by_text("independent frames").wait_for()
            wait_until_idle(page)
            save_page(page, "trajectories", width, theme)
            go_to(page, "About")
            save_page(page, "about", width, theme)
            save_hamiltonians(page, width, theme)
            if (width, theme) == SIZES[0]:
                save_tabs(page, width, theme)
                save_alone(page, width, theme)
                save_measured(page, width, theme)
                save_workbench(page, width, theme)
            page.close()


def predict(page: Page, molecules: str) -> None:
    """Type molecules on Predict and predict them."""
    page.locator("textarea").first.fill(molecules)
    page.keyboard.press("Control+Enter")
    wait_until_idle(page)
    page.get_by_role("button", name="Predict", exact=True).click()
    wait_until_idle(page)


def save_alone(page: Page, width: int, theme: str) -> None:
    """Save Predict with one molecule: a dye with sulphur, and one unlike all that was trained on."""
    for name, molecule in ALONE.items():
        go_to(page, "Predict")
        predict(page, molecule)
        page.get_by_text("chemistry").first.wait_for()
        save_page(page, name, width, theme)


def save_measured(page: Page, width: int, theme: str) -> None:
    """Save Rank with a spectrum as measured, against predicted ionisation energies."""
    go_to(page, "Rank")
    page.get_by_text("Upload a spectrum").first.click()
    wait_until_idle(page)
    page.locator("input[type=file]").first.set_input_files(
        str(ROOT / "assets" / "examples" / "measured" / "he1_71581.txt")
    )
    page.get_by_text("As measured:").wait_for()
    wait_until_idle(page)
    page.wait_for_timeout(2000)
    page.get_by_role("button", name="Compare with ionisation energies").click()
    page.get_by_text("its constitution is among the first ten").wait_for(timeout=600_000)
    wait_until_idle(page)
    save_page(page, "rank-measured", width, theme)


def save_workbench(page: Page, width: int, theme: str) -> None:
    """Save Workbench with the learner that its example teaches."""
    go_to(page, "Workbench")
    open_tab(page, "Example")
    page.get_by_role("button", name="Train").click()
    page.get_by_text("Label these next").wait_for(timeout=600_000)
    wait_until_idle(page)
    save_page(page, "workbench", width, theme)


def save_hamiltonians(page: Page, width: int, theme: str) -> None:
    """Save Hamiltonian with two defects: the flower with its densities, the double vacancy with its transmission."""
    go_to(page, "Hamiltonian")
    page.get_by_text("Structure and hoppings").wait_for()
    open_tab(page, "Densities")
    save_page(page, "hamiltonian-flower", width, theme)
    if theme == "dark":
        return
    page.get_by_role("combobox", name="Material").click()
    page.get_by_role("option", name="Double vacancy 5-8-5").click()
    wait_until_idle(page)
    open_tab(page, "Transmission")
    page.get_by_role("button", name="Compute transmission").click()
    page.get_by_text("Transmission per cell width").first.wait_for()
    wait_until_idle(page)
    save_page(page, "hamiltonian-585", width, theme)


def save_tabs(page: Page, width: int, theme: str) -> None:
    """Save the tabs of Models and Data."""
    go_to(page, "Models")
    save_page(page, "models", width, theme)
    open_tab(page, "Two learners")
    save_page(page, "models-pair", width, theme)
    open_tab(page, "Beyond QM9")
    save_page(page, "models-beyond", width, theme)
    open_tab(page, "Learning curves")
    save_page(page, "models-curves", width, theme)
    go_to(page, "Data")
    save_page(page, "data", width, theme)
    open_tab(page, "One molecule's representations")
    save_page(page, "data-molecule", width, theme)


if __name__ == "__main__":
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, serve_dashboard(Path(folder) / "log.txt") as running:
        take_screenshots(running)
