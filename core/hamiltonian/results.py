"""Ready fits: what the program comes with, so that nobody waits."""

import json
from dataclasses import asdict, dataclass
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np

from core.assets import HAMILTONIAN
from core.errors import InputError
from core.files import write_bytes
from core.hamiltonian.environment import EnvironmentModel, learn_environment
from core.hamiltonian.fit import HamiltonianFit, HamiltonianOptions
from core.hamiltonian.measure import Agreement
from core.hamiltonian.neighbours import MAX_SHELL
from core.hamiltonian.parameters import parametrise
from core.hamiltonian.reference import get_reference, shipped_references

FITS = HAMILTONIAN / "fits"


@dataclass(frozen=True, eq=False)
class ReadyFits:
    """The fits of one reference.

    Attributes
    ----------
    key : str
        Of the reference.
    fits : dict of int to HamiltonianFit
        By the number of neighbours.
    """

    key: str
    fits: dict[int, HamiltonianFit]


def save_fits(key: str, fits: dict[int, HamiltonianFit], folder: Path = FITS) -> None:
    """Write the fits of one reference: parameters in float32, options and agreement."""
    told: dict[str, Any] = {}
    arrays: dict[str, np.ndarray] = {}
    for n, fit in fits.items():
        arrays[f"parameters_{n}"] = fit.parameters.astype(np.float32)
        if fit.spread is not None:
            arrays[f"spread_{n}"] = fit.spread.astype(np.float32)
        told[str(n)] = {
            "options": asdict(fit.options),
            "agreement": asdict(fit.agreement),
            "losses": list(fit.losses),
            "seconds": fit.seconds,
        }
    stream = BytesIO()
    np.savez_compressed(stream, told=np.array(json.dumps(told)), **arrays)  # type: ignore[arg-type]
    write_bytes(folder / f"{key}.npz", stream.getvalue())


def load_fits(key: str, folder: Path = FITS) -> ReadyFits:
    """Return the fits of one reference.

    Raises
    ------
    InputError
        If there are none, or they do not fit the reference.
    """
    reference = get_reference(key)
    try:
        with np.load(folder / f"{key}.npz", allow_pickle=False) as file:
            told = json.loads(str(file["told"]))
            arrays = {name: file[name].astype(float) for name in file.files if name != "told"}
    except (OSError, KeyError, ValueError) as error:
        raise InputError(f"no ready fits of {key}: {error}") from error
    fits = {}
    for name, facts in told.items():
        options = facts["options"]
        options["window_ev"] = None if options["window_ev"] is None else tuple(options["window_ev"])
        parametrisation = parametrise(reference.crystal, int(name), basis=reference.basis)
        parameters = arrays[f"parameters_{name}"]
        if len(parameters) != parametrisation.n_parameters:
            raise InputError(
                f"ready fits of {key} do not belong to its reference: make them anew with `eigenscope hamiltonian fits`"
            )
        fits[int(name)] = HamiltonianFit(
            parametrisation,
            parameters,
            parametrisation.hamiltonian(parameters),
            HamiltonianOptions(**options),
            Agreement(**facts["agreement"]),
            tuple(facts["losses"]),
            arrays.get(f"spread_{name}"),
            facts["seconds"],
        )
    return ReadyFits(key, fits)


@lru_cache(maxsize=4)
def shipped_environment(left_out: tuple[str, ...] = ()) -> EnvironmentModel:
    """Return the model of surroundings learnt from the references that come with the program, but for some."""
    known = []
    for key in shipped_references():
        reference = get_reference(key)
        if key not in left_out and len(reference.projected):
            known.append((parametrise(reference.crystal, MAX_SHELL, basis="pz"), reference.projected))
    return learn_environment(known)
