"""Small overlays of target and candidate for table cells: SVG, no Plotly."""

import numpy as np

from dashboard.figures.drawings import svg_uri
from dashboard.figures.theme import ACCENT, Theme

WIDTH, HEIGHT = 200, 84


def sparkline_uri(target: np.ndarray, candidate: np.ndarray, *, theme: Theme) -> str:
    """Return the overlay as a data URI: candidate solid and filled, target dashed.

    Parameters
    ----------
    target, candidate : (n_points,) densities on one grid, one unit
    """
    top = max(float(np.nanmax(target)), float(np.nanmax(candidate)), 1e-12)
    accent = theme.accent if theme.dark else ACCENT
    solid, dashed = points(candidate, top), points(target, top)
    base = f"{WIDTH},{HEIGHT - 2} 0,{HEIGHT - 2}"
    return svg_uri(
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}">'
        f'<polygon points="{solid} {base}" fill="{accent}" fill-opacity="0.15"/>'
        f'<polyline points="{solid}" fill="none" stroke="{accent}" stroke-width="1.6"/>'
        f'<polyline points="{dashed}" fill="none" stroke="{theme.reference}" stroke-width="1.2" '
        'stroke-dasharray="4 3"/>'
        "</svg>"
    )


def points(density: np.ndarray, top: float) -> str:
    """Return a curve as SVG points, thinned to one a pixel and a half."""
    step = max(1, len(density) // 130)
    y = HEIGHT - 3 - (HEIGHT - 8) * np.nan_to_num(density[::step]) / top
    x = np.linspace(0, WIDTH, len(y))
    return " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(x, y, strict=True))
