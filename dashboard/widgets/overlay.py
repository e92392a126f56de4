"""A target laid over predicted curves."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from core.screening.overlay import overlay_target
from core.spectrum.target import Target
from dashboard.figures.spectra import Curve
from dashboard.state import PER_EV, session
from dashboard.widgets.curves import display_grid


def lay_over(curves: Sequence[Curve], target: Target, *, focus: int = 0) -> tuple[Curve, list[Curve]]:
    """Return a target as the reference of a figure of `make_curve`'s curves, and each curve's residual.

    `focus` is the curve whose area a target in other units is scaled to.
    """
    settings = session().settings
    overlay = overlay_target(
        target,
        np.array([c.density for c in curves]),
        grid_ev=display_grid(settings["window_ev"]),
        sigma_ev=settings["sigma_ev"],
        shape=settings["shape"],
        rescale=settings["normalise"] != PER_EV,
        focus=focus,
    )
    reference = Curve(target.label, overlay.energies_ev, overlay.target)
    residuals = [
        replace(c, energies_ev=overlay.energies_ev, density=r) for c, r in zip(curves, overlay.residuals, strict=True)
    ]
    return reference, residuals
