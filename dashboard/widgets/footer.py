"""The line at the bottom of every page: model, level of theory, accuracy, all from the card."""

import streamlit as st

from core.errors import ModelError
from core.models.card import IONISATION_ENERGIES
from core.quantities import QUANTITIES
from dashboard import resources
from dashboard.widgets.guard import show_error
from dashboard.widgets.learner_choice import current_model_key
from dashboard.widgets.text import escape_markdown
from dashboard.widgets.wording import ENERGIES_LABELS


def show_footer() -> None:
    """Show what the numbers on the page are."""
    st.divider()
    key = current_model_key()
    try:
        card = resources.get_model(key).card
    except ModelError as error:
        show_error(error)
        return
    accuracy = card.test.get("dft") or card.test.get("all") or next(iter(card.test.values()), {})
    of_ionisation = card.energies == IONISATION_ENERGIES
    smiles, rmse = card.from_smiles, QUANTITIES["rmse_ev"]
    parts = [
        f"Model **{escape_markdown(card.name)}** ({escape_markdown(card.key)})",
        f"{ENERGIES_LABELS[card.energies]}, {escape_markdown(card.level_of_theory)}",
    ]
    if "rse" not in accuracy and "rmse_ev" in accuracy:
        parts.append(
            f"band RMSE {rmse.text(accuracy['rmse_ev'])} on {accuracy['n_molecules']:,} labelled molecules left out in turn"
        )
    elif "rmse_ev" in accuracy:
        parts.append(
            f"band RMSE {rmse.text(accuracy['rmse_ev'])}, "
            f"RSE {QUANTITIES['rse'].text(accuracy['rse'], digits='.1f')} on {accuracy['n']:,} test molecules "
            f"at {'GFN2-xTB' if of_ionisation else 'their relaxed'} geometries"
        )
    else:
        parts.append("accuracy not measured: the card has no test figures")
    if "rmse_ev" in smiles:
        parts.append(f"{rmse.text(smiles['rmse_ev'], digits='.2f')} from SMILES alone (mostly conformers)")
    st.caption(" · ".join(parts))
