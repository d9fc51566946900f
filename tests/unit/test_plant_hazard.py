import math

import numpy as np
import pytest

from sim.catalogue import read_catalogue
from sim.catalogue.facts import Fact
from sim.plant.hazard import PARTS, failed_part, labour_s, time_to_failure_s

BOOK = read_catalogue(kinds=["hazards"])
LLAMA_3 = BOOK.hazards["llama_3"]


@pytest.mark.parametrize("name", sorted(BOOK.hazards))
def test_shares_of_parts_by_uniform_draws(name):
    hazard = BOOK.hazards[name]
    uniforms = (np.arange(20_000) + 0.5) / 20_000
    drawn = [failed_part(hazard, u) for u in uniforms]
    for part in PARTS:
        assert drawn.count(part) / 20_000 == pytest.approx(getattr(hazard, f"{part}_fraction").value, abs=1e-4)


def test_the_last_part_takes_what_rounding_leaves():
    short = LLAMA_3.model_copy(update={"software_fraction": Fact(value=0.1, source="test")})
    assert failed_part(short, math.nextafter(1.0, 0.0)) == "software"
    assert failed_part(LLAMA_3, 0.0) == "gpu"


def test_times_scale_with_draw_and_rate():
    assert time_to_failure_s(LLAMA_3, 1.0, 1.0) == pytest.approx(86_400 / 3.79e-3)
    assert time_to_failure_s(LLAMA_3, 10.0, 3.0) == pytest.approx(0.3 * 86_400 / 3.79e-3)
    assert time_to_failure_s(LLAMA_3, 0.0, 1.0) == math.inf
    assert labour_s(LLAMA_3, "gpu", 2.0) == 21_600.0
    assert labour_s(LLAMA_3, "software", 2.0) == 0.0
