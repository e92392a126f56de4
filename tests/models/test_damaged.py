"""Weights and cards that are not what they were."""

import shutil
from pathlib import Path

import pytest

from core.assets import MODELS
from core.errors import ModelError
from core.models import registry
from core.models.card import CARD, load_card, weight_checksums
from core.models.registry import DEFAULT, learner_keys, load_folder


def flip_byte(path: Path, place: float) -> None:
    """Change one byte, at a part of the length."""
    data = bytearray(path.read_bytes())
    data[int(place * (len(data) - 1))] ^= 0x10
    path.write_bytes(data)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copytree(MODELS / "mlp_levels", tmp_path / "mlp_levels")
    return tmp_path / "mlp_levels"


@pytest.mark.parametrize("key", learner_keys())
def test_every_shipped_card_has_the_checksum_of_each_file_of_weights(key: str) -> None:
    assert load_card(MODELS / key).weights == weight_checksums(MODELS / key)
    assert {p.name for p in (MODELS / key).glob("*.safetensors")} == set(load_card(MODELS / key).weights)


@pytest.mark.parametrize("name", ["network.safetensors", "expected_error.safetensors"])
@pytest.mark.parametrize("place", [0.0, 0.5, 1.0])
def test_a_flipped_byte_is_found(folder: Path, name: str, place: float) -> None:
    load_folder(folder, device="cpu")
    flip_byte(folder / name, place)
    with pytest.raises(ModelError, match=rf"{name} is damaged, or of another training"):
        load_folder(folder, device="cpu")


def test_weights_that_are_gone_are_named(folder: Path) -> None:
    (folder / "expected_error.safetensors").unlink()
    with pytest.raises(ModelError, match=r"expected_error\.safetensors is missing"):
        load_folder(folder)


@pytest.mark.parametrize("data", [b"", b"{", b"\xff\xfe\x00", b"[]", b'{"key": 1}'])
def test_a_damaged_card_is_one_sentence_and_leaves_the_others(
    data: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for key in (DEFAULT, "mlp_levels"):
        shutil.copytree(MODELS / key, tmp_path / key)
    (tmp_path / "mlp_levels" / CARD).write_bytes(data)
    with pytest.raises(ModelError, match="is no complete model card") as caught:
        load_card(tmp_path / "mlp_levels")
    assert "\n" not in str(caught.value)
    monkeypatch.setattr(registry, "MODELS", tmp_path)
    assert registry.model_keys() == [DEFAULT]
    assert list(registry.damaged_cards()) == ["mlp_levels"]
