import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.catalogue import read_catalogue
from sim.catalogue.facts import Fact
from sim.plant.memory import kv_bytes_per_token, kv_room_bytes, kv_room_tokens, usable_bytes, weights_bytes
from sim.plant.power import decode_w, host_j, prefill_w

BOOK = read_catalogue(kinds=["models", "gpus", "efficiencies", "servers"])
H100, KERNELS = BOOK.gpus["h100_sxm"], BOOK.efficiencies["roofline_2026"]
LLAMA = BOOK.models["llama_2_70b"]
DGX = BOOK.servers["dgx_h100"]
EVERY_GPU = st.sampled_from(sorted(BOOK.gpus))
EVERY_EFFICIENCY = st.sampled_from(sorted(BOOK.efficiencies))


def room(precision="bf16", kv_precision="bf16", gpus=8, model=LLAMA):
    return kv_room_tokens(model, H100, KERNELS, precision, kv_precision, gpus)


@pytest.mark.parametrize(("precision", "size"), [("bf16", 2), ("fp8", 1), ("int8", 1), ("fp4", 0.5)])
def test_weights_by_precision(precision, size):
    assert weights_bytes(7e9, precision) == 7e9 * size
    assert kv_bytes_per_token(LLAMA, precision) == 163_840 * size


def test_usable_memory_leaves_the_reserve_alone():
    assert usable_bytes(H100, KERNELS, 8) == pytest.approx(8 * 80e9 * 0.9)


def test_room_for_kv_by_hand():
    assert room() == int((576e9 - 2 * 68_976_648_192) // (163_840 * 2))


def test_room_grows_with_gpus_and_with_smaller_numbers():
    assert room(gpus=2) < room(gpus=4) < room(gpus=8) < room("fp8") < room("fp4")
    assert room(kv_precision="fp8") in (2 * room(), 2 * room() + 1)


def test_what_does_not_fit_has_no_room_and_says_by_how_much():
    assert room(gpus=1) == 0
    assert kv_room_bytes(LLAMA, H100, KERNELS, "bf16", 1) == pytest.approx(72e9 - 2 * 68_976_648_192)


def test_room_is_whole_tokens_never_more_than_the_memory():
    tokens, left = room(), kv_room_bytes(LLAMA, H100, KERNELS, "bf16", 8)
    assert tokens * kv_bytes_per_token(LLAMA, "bf16") <= left < (tokens + 1) * kv_bytes_per_token(LLAMA, "bf16")


def test_power_by_hand():
    assert prefill_w(H100, KERNELS, 8) == 5600.0
    batch = np.array([1.0, 48.0, 1e9])
    assert decode_w(H100, KERNELS, 8, batch) == pytest.approx(
        [5600 * (0.64 + 0.29 / 49), 5600 * (0.64 + 0.29 / 2), 5600 * 0.93]
    )


@given(gpu=EVERY_GPU, efficiency=EVERY_EFFICIENCY, gpus=st.sampled_from([1, 2, 4, 8]))
def test_decode_power_rises_with_the_batch_between_idle_and_tdp(gpu, efficiency, gpus):
    gpu, efficiency = BOOK.gpus[gpu], BOOK.efficiencies[efficiency]
    watts = decode_w(gpu, efficiency, gpus, np.arange(1.0, 1000.0))
    assert np.all(np.diff(watts) > 0)
    assert np.all((watts >= gpus * gpu.idle_w.value) & (watts < gpus * gpu.tdp_w.value))
    assert gpus * gpu.idle_w.value < prefill_w(gpu, efficiency, gpus) <= gpus * gpu.tdp_w.value


def test_decode_power_never_falls_below_idle():
    frugal = KERNELS.model_copy(update={"decode_power_floor_fraction": Fact(value=0.01, source="test")})
    watts = decode_w(H100, frugal, 8, np.array([1.0, 1e9]))
    assert watts[0] == 8 * H100.idle_w.value
    assert watts[1] == pytest.approx(5600 * 0.93)


@given(up_s=st.floats(0, 1e6), share=st.floats(0, 1))
def test_a_host_draws_between_its_idle_and_its_busy_power(up_s, share):
    joules = host_j(DGX, up_s, share * up_s)
    assert 1600 * up_s * (1 - 1e-12) <= joules <= 2200 * up_s * (1 + 1e-12)
    assert joules == pytest.approx(up_s * (1600 + 600 * share))
