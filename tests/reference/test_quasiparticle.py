"""Ionisation energies by G0W0: against measured ones, whatever the orientation, paired with the reference by orbital."""

import numpy as np
import pytest

from core.campaigns.jobs import own_jobs
from core.campaigns.labellers import G0W0, LABELLERS
from core.campaigns.records import PBE, merge_records, open_records
from core.campaigns.run import LABELS_FILE, run_campaign
from core.errors import DomainError, InputError
from core.json_lines import append_line
from core.labels.label_set import load_labels
from core.reference.dft import reference_levels
from core.reference.quasiparticle import Quasiparticles, quasiparticle_levels
from core.structure.geometry import Geometry
from core.theory import QUASIPARTICLE_THEORY

WATER = Geometry(np.array([8, 1, 1]), np.array([[0, 0, 0.1173], [0, 0.7572, -0.4692], [0, -0.7572, -0.4692]]))
MEASURED_EV = [18.6, 14.8, 12.6]  # vertical: Banna et al., J. Chem. Phys. 1986, doi 10.1063/1.450259


@pytest.fixture(scope="module")
def water() -> Quasiparticles:
    return quasiparticle_levels(WATER)


def test_water_is_as_measured(water: Quasiparticles) -> None:
    np.testing.assert_allclose(-water.levels_ev[1:4], MEASURED_EV, atol=0.25)
    assert water.levels_ev[0] < QUASIPARTICLE_THEORY.reliable_above_ev, "the 2s level is beyond what can be trusted"
    assert (np.diff(water.levels_ev) > 0).all()
    assert (water.levels_ev[:4] < water.mean_field_ev[:4]).all(), (
        "a hybrid's levels lie above minus the ionisation energies"
    )


def test_paired_with_the_references_own_levels(water: Quasiparticles) -> None:
    reference = reference_levels(WATER)
    np.testing.assert_allclose(water.reference_ev, reference.levels_ev[1:6], atol=2e-3)
    np.testing.assert_array_equal(water.overlap.argmax(1), np.arange(4))
    np.testing.assert_allclose(water.overlap.sum(1), 1, atol=0.02)


def test_turned_it_is_the_same(water: Quasiparticles) -> None:
    turn = np.linalg.qr(np.random.default_rng(1).normal(size=(3, 3)))[0]
    turned = quasiparticle_levels(Geometry(WATER.numbers, WATER.positions @ turn.T + 3.0))
    np.testing.assert_allclose(turned.levels_ev[1:], water.levels_ev[1:], atol=0.01)


def test_too_large_a_molecule_is_refused() -> None:
    numbers = np.array([6] * 16 + [1] * 34)
    chain = np.array([[1.3 * k, 0.4 * (-1) ** k, 0] for k in range(16)] + [[1.3 * k, 2.0, 2.0] for k in range(34)])
    with pytest.raises(DomainError, match=r"at most 500 functions of def2-TZVP, C16H34 needs \d+"):
        quasiparticle_levels(Geometry(numbers, chain))


def test_a_campaign_keeps_all_three_levels_of_theory_and_mixes_none(tmp_path, water: Quasiparticles) -> None:
    jobs = list(own_jobs([("water", "O", WATER, {})]))
    with open_records(tmp_path, "worker") as sink:  # as a worker writes them
        append_line(sink, LABELLERS[G0W0](jobs[0]))
    merge_records(tmp_path, tmp_path / LABELS_FILE)
    labels = load_labels(tmp_path / LABELS_FILE)
    assert labels.provenance.level_of_theory == str(QUASIPARTICLE_THEORY) == "G0W0@CAM-B3LYP/def2-TZVP"
    (levels,), row = labels.levels(), labels.table.iloc[0]
    told = np.where(water.levels_ev < QUASIPARTICLE_THEORY.reliable_above_ev, np.nan, water.levels_ev)
    assert np.isnan(told).sum() == 1, "the deepest is not to be trusted"
    np.testing.assert_allclose([*levels.valence_ev, levels.lumo_ev], told, atol=1e-3)
    np.testing.assert_allclose(row["levels_ev"], water.levels_ev, atol=1e-3)
    np.testing.assert_allclose(row["mean_field_ev"], water.mean_field_ev, atol=1e-3)
    np.testing.assert_allclose(np.reshape(row["overlap"], (4, 4)) / 255, water.overlap, atol=1 / 255)
    with pytest.raises(InputError, match=r"of one level of theory, .* holds g0w0, not pbe"):
        run_campaign(jobs, tmp_path, labeller=LABELLERS[PBE])
    again = merge_records(tmp_path, tmp_path / "again.parquet", done=[tmp_path / LABELS_FILE])
    assert again["in file"] == 1
