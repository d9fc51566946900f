"""Distributions: inverse functions against scipy's, and what is refused."""

import numpy as np
import pytest
from pydantic import TypeAdapter, ValidationError
from scipy import stats

from sim.studies.sampling.distributions import Discrete, Distribution, Empirical, in_words

U = np.linspace(0.01, 0.99, 99)


def make(**keys):
    return TypeAdapter(Distribution).validate_python(keys)


KNOWN = {
    "uniform": ({"low": 2.0, "high": 5.0}, stats.uniform(2, 3)),
    "normal": ({"mean": 1.0, "sd": 2.0}, stats.norm(1, 2)),
    "lognormal": ({"median": 3.0, "sigma": 0.5}, stats.lognorm(0.5, scale=3)),
    "triangular": ({"low": 1.0, "mode": 2.0, "high": 5.0}, stats.triang(0.25, 1, 4)),
    "pert": ({"low": 1.0, "mode": 2.0, "high": 5.0}, stats.beta(2, 4, 1, 4)),
    "truncated": ({"mean": 0.0, "sd": 1.0, "low": -1.0, "high": 2.0}, stats.truncnorm(-1, 2)),
}


@pytest.mark.parametrize("name", KNOWN)
def test_quantiles_are_those_of_the_textbook(name):
    parameters, known = KNOWN[name]
    assert make(distribution=name, **parameters).ppf(U) == pytest.approx(known.ppf(U), rel=1e-9)


def test_a_wrong_shape_would_be_seen():
    assert make(distribution="pert", low=1.0, mode=2.0, high=5.0).ppf(U) != pytest.approx(KNOWN["triangular"][1].ppf(U))


def test_choices_come_as_often_as_they_weigh():
    drawn = Discrete(distribution="discrete", values=("a", 2, None), weights=(1, 2, 1)).ppf(np.linspace(0, 1, 401)[:-1])
    assert [list(drawn).count(value) for value in ("a", 2, None)] == [100, 200, 100]


def test_numbers_to_choose_from_are_drawn_from_the_smallest_on():
    drawn = make(distribution="discrete", values=[4, 1.5, 2], weights=[1, 2, 1]).ppf(np.array([0.1, 0.49, 0.6, 0.9]))
    assert drawn.tolist() == [1.5, 1.5, 2, 4]
    words = make(distribution="discrete", values=["z", "a"])
    assert words.ppf(np.array([0.1, 0.9])).tolist() == ["z", "a"]
    assert not words.is_ranked and not make(distribution="discrete", values=[True, 2]).is_ranked


def test_observations_are_interpolated_and_keep_their_mean():
    seen = Empirical(distribution="empirical", values=(3.0, 1.0, 2.0))
    assert seen.ppf(np.array([0, 0.25, 0.5, 1])).tolist() == [1, 1.25, 2, 3]
    skewed = Empirical(distribution="empirical", values=(1.0, 2.0, 3.0, 100.0))
    middles = (np.arange(100_000) + 0.5) / 100_000
    assert skewed.ppf(middles).mean() == pytest.approx(26.5, rel=1e-6)


def test_the_far_end_of_a_bell_curve_is_as_fine_as_the_near_one():
    far = make(distribution="truncated", mean=0.0, sd=1.0, low=8.3, high=9.0).ppf(U)
    near = make(distribution="truncated", mean=0.0, sd=1.0, low=-9.0, high=-8.3).ppf(1 - U)
    assert far == pytest.approx(-near, rel=1e-12)
    assert far == pytest.approx(stats.truncnorm(8.3, 9.0).ppf(U), rel=1e-6)
    assert (np.diff(far) > 0).all()


def test_a_range_of_one_value_is_that_value():
    for name in ("pert", "triangular"):
        assert make(distribution=name, low=2.0, mode=2.0, high=2.0).ppf(U).tolist() == [2.0] * 99


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        ({"distribution": "uniform", "low": 3, "high": 2}, "low 3 is above high 2"),
        ({"distribution": "pert", "low": 1, "mode": 9, "high": 5}, "mode 9 is above high 5"),
        ({"distribution": "triangular", "low": 5, "mode": 4, "high": 6}, "low 5 is above mode 4"),
        ({"distribution": "normal", "mean": 0, "sd": 0}, "greater than 0"),
        ({"distribution": "truncated", "mean": 0, "sd": 1, "low": 50, "high": 60}, "nothing of the bell curve"),
        ({"distribution": "discrete", "values": [1, 2], "weights": [1]}, "2 values have 1 weights"),
        ({"distribution": "discrete", "values": [1, 2], "weights": [0, 0]}, "all zero"),
        ({"distribution": "gamma", "low": 1}, "gamma"),
    ],
)
def test_what_cannot_be_is_refused(keys, told):
    with pytest.raises(ValidationError, match=told):
        make(**keys)


def test_words_for_people():
    assert in_words(make(distribution="pert", low=1.0, mode=2.0, high=5.0)) == "pert: low 1, mode 2, high 5"
    assert in_words(make(distribution="discrete", values=list(range(9)))) == "discrete: values 9 of them"
