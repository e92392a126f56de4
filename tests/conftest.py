"""Shared small molecules and the shipped model."""

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from core.models.own import OWN_MODELS_VARIABLE
from core.models.registry import load_model
from core.structure.embed import embed_geometry
from core.structure.geometry import Geometry
from core.structure.molecule import parse_smiles

torch.set_num_threads(1)
MAIN = sys.modules["__main__"]

# small and large, every element, ring and chain, triple bond, a linear molecule, a chiral one
SMILES = ("O", "C", "N#N", "C#CC#N", "FC(F)F", "c1ccncc1", "C[C@H](N)C(=O)O", "O=CC1CCCCC1=O", "CC(C)(C)CCCCC(=O)NC")


@pytest.fixture(scope="session", autouse=True)
def own_models(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Keep learners of a user's own out of the user's folder, and those there out of the tests."""
    folder = tmp_path_factory.mktemp("own_models")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(OWN_MODELS_VARIABLE, str(folder))
        yield folder


@pytest.fixture(autouse=True)
def main_module() -> None:
    """Put the main module back, which a page under test replaces: processes that are spawned would run the page."""
    sys.modules["__main__"] = MAIN


@pytest.fixture(scope="session")
def model():
    return load_model(device="cpu")


@pytest.fixture(scope="session")
def geometries() -> list[Geometry]:
    return [embed_geometry(parse_smiles(s)) for s in SMILES]


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(20261123)
