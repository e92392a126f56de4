"""Eigenscope: occupied levels and photoemission-type spectra of organic molecules, in milliseconds.

    >>> import eigenscope
    >>> table = eigenscope.predict(["CCO"])             # SMILES, RDKit molecules, ASE Atoms, or a list of them
    >>> curve = eigenscope.spectrum(table.iloc[0])      # energies_ev [eV], density [states/eV]
    >>> round(float(curve.density.sum() * 0.1))         # the ten valence levels of ethanol
    10

`eigenscope.scan()` predicts a whole library and `eigenscope.rank(table, target)` ranks it; `eigenscope.read(path)` reads files;
`eigenscope.trajectory("CCO")` follows a molecule's levels along a molecular dynamics.
`eigenscope.learn(path, "PBE0 of mine")` makes a learner of your own level of theory from a few dozen labels.
`eigenscope.hamiltonian("585_5x5")` is the tight-binding model of a defect in graphene, or of bands of your own.
What is offered is loaded when it is first used: the import itself takes milliseconds.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from core import __version__

if TYPE_CHECKING:
    from core.api import familiarity, predict, rank, read, scan, spectrum
    from core.hamiltonian.ways import hamiltonian
    from core.models.registry import load_model
    from core.readers.spectrum_options import SpectrumOptions
    from core.spectrum.broaden import Spectrum
    from core.spectrum.levels import Levels
    from core.spectrum.photoelectrons import Photoelectrons
    from core.spectrum.treatment import Treatment
    from core.structure.dynamics import DynamicsOptions
    from core.structure.geometry import Geometry
    from core.structure.molecule import Molecule
    from core.trajectories.follow import trajectory
    from core.workbench.learner import learn

__all__ = [
    "DynamicsOptions",
    "Geometry",
    "Levels",
    "Molecule",
    "Photoelectrons",
    "Spectrum",
    "SpectrumOptions",
    "Treatment",
    "__version__",
    "familiarity",
    "hamiltonian",
    "learn",
    "load_model",
    "predict",
    "rank",
    "read",
    "scan",
    "spectrum",
    "trajectory",
]

_HOMES = {
    "familiarity": "core.api",
    "predict": "core.api",
    "scan": "core.api",
    "rank": "core.api",
    "spectrum": "core.api",
    "read": "core.api",
    "trajectory": "core.trajectories.follow",
    "DynamicsOptions": "core.structure.dynamics",
    "hamiltonian": "core.hamiltonian.ways",
    "learn": "core.workbench.learner",
    "load_model": "core.models.registry",
    "Molecule": "core.structure.molecule",
    "Geometry": "core.structure.geometry",
    "Levels": "core.spectrum.levels",
    "Photoelectrons": "core.spectrum.photoelectrons",
    "Spectrum": "core.spectrum.broaden",
    "SpectrumOptions": "core.readers.spectrum_options",
    "Treatment": "core.spectrum.treatment",
}


def __getattr__(name: str) -> Any:  # noqa: ANN401 - of what it loads
    """Load what is used for the first time (PEP 562)."""
    if name not in _HOMES:
        raise AttributeError(f"module 'eigenscope' has no attribute {name!r}")
    found = getattr(import_module(_HOMES[name]), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted(__all__)
