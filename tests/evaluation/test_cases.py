"""Two learners on the same molecules."""

import numpy as np
import pytest

from core.errors import InputError
from core.evaluation.answers import Answers
from core.evaluation.cases import compare_pair, find_cases
from core.spectrum.broaden import broaden


def test_the_perfect_learner_is_nearer_everywhere(perfect: Answers, noisy: Answers, of_spectra: Answers) -> None:
    assert compare_pair(perfect, noisy).first_better == 1.0
    assert compare_pair(noisy, perfect).first_better == 0.0
    assert compare_pair(noisy, noisy).first_better == 0.5
    assert compare_pair(noisy, perfect).metric == "rmse_ev"
    assert compare_pair(noisy, of_spectra).metric == "rse"


def test_cases_are_ordered_by_the_first_learners_error(noisy: Answers, of_spectra: Answers) -> None:
    cases = find_cases(noisy, of_spectra)
    assert cases["best"].id == noisy.molecules.index[0]
    assert cases["worst"].id == noisy.molecules.index[-1]
    assert cases["best"].rmse_ev[0] < cases["median"].rmse_ev[0] < cases["worst"].rmse_ev[0]
    assert find_cases(noisy, of_spectra, place=1)["worst"].id == noisy.molecules.index[-2]
    assert np.isnan(cases["best"].rmse_ev[1])
    worst = cases["worst"]
    np.testing.assert_allclose(worst.reference_density, broaden(noisy.reference_ev[-1]))
    np.testing.assert_allclose(worst.densities[1], of_spectra.density[-1])
    assert len(worst.numbers) == len(worst.positions)


def test_only_molecules_that_both_answered_are_cases(noisy: Answers, perfect: Answers) -> None:
    half = perfect.select(np.arange(len(perfect)) % 2 == 0)
    assert compare_pair(noisy, half).n_common == 20
    assert {c.id for c in find_cases(noisy, half).values()} <= set(half.molecules.index)
    none = perfect.select(np.zeros(len(perfect), bool))
    with pytest.raises(InputError, match="no test molecule in common"):
        find_cases(noisy, none)
    with pytest.raises(InputError, match="place must be 0 to 19"):
        find_cases(noisy, perfect, place=20)
