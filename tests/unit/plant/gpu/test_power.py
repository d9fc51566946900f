import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.plant.gpu.memory import kv_bytes_per_token, kv_room_bytes, kv_room_tokens, usable_bytes, weights_bytes
from sim.plant.gpu.power import capped_speed, decode_w, gpu_w, host_j, iteration_w, prefill_w, wall_w
from sim.plant.gpu.replica import Layout
from sim.plant.gpu.step_time import base_s, step_time_law, tiles_s
from tests.replicas import BOOK, replica_of

DGX = BOOK.servers["dgx_h100"]
EVERY_GPU = st.sampled_from(sorted(BOOK.gpus))
EVERY_EFFICIENCY = st.sampled_from(sorted(BOOK.efficiencies))
MEMORY = BOOK.gpus["h100_sxm"].memory_bytes.value


def room(precision="bf16", kv="bf16", gpus=8, **more):
    return kv_room_tokens(replica_of(gpus=gpus, precision=precision, kv=kv, **more))


@pytest.mark.parametrize(("precision", "size"), [("bf16", 2), ("fp8", 1), ("int8", 1), ("fp4", 0.5), ("int4", 0.5)])
def test_weights_by_precision(precision, size):
    assert weights_bytes(replica_of(precision=precision)) == pytest.approx(68_976_648_192 * size)
    assert kv_bytes_per_token(replica_of(kv=precision)) == 163_840 * size


def test_a_narrow_mixture_keeps_its_shared_weights_at_sixteen_bits():
    replica = replica_of("gpt_oss_120b", precision="fp4")
    expected = replica.routed * 0.5 + (replica.shared + replica.looked_up) * 2
    assert weights_bytes(replica) == pytest.approx(expected) and 60e9 < expected < 64e9


def test_usable_memory_leaves_the_reserve_alone():
    assert usable_bytes(replica_of()) == pytest.approx(8 * MEMORY * 0.9)


def test_room_for_kv_by_hand():
    assert room() == int((8 * MEMORY * 0.9 - 2 * 68_976_648_192) // (163_840 * 2))


def test_room_grows_with_gpus_and_with_smaller_numbers():
    assert room(gpus=2) < room(gpus=4) < room(gpus=8) < room("fp8") < room("fp4")
    assert room(kv="fp8") in (2 * room(), 2 * room() + 1)


def test_what_does_not_fit_has_no_room_and_says_by_how_much():
    assert room(gpus=1) == 0
    assert kv_room_bytes(replica_of(gpus=1)) == pytest.approx(MEMORY * 0.9 - 2 * 68_976_648_192)


def test_room_is_whole_tokens_never_more_than_the_memory():
    tokens, left, size = room(), kv_room_bytes(replica_of()), kv_bytes_per_token(replica_of())
    assert tokens * size <= left < (tokens + 1) * size


def test_heads_cannot_be_cut_and_a_latent_is_copied():
    assert kv_bytes_per_token(replica_of("qwen2_5_7b", gpus=8)) == 2 * kv_bytes_per_token(
        replica_of("qwen2_5_7b", gpus=4)
    )
    one, eight = (kv_bytes_per_token(replica_of("deepseek_v3", gpus=n)) for n in (1, 8))
    assert (one, eight) == (70_272, 8 * 70_272)
    assert kv_bytes_per_token(replica_of("deepseek_v3", layout=Layout(1, 8))) == one


def test_a_gpu_draws_between_idle_and_its_limit():
    replica, shares = replica_of(), np.linspace(0.0, 1.0, 11)
    watts = gpu_w(replica, shares, shares, shares)
    assert np.all(np.diff(watts) >= 0) and BOOK.gpus["h100_sxm"].idle_w.value < watts[0] < 0.3 * 700.0
    assert 0.99 * 700.0 < watts[-1] < 700.0


def test_power_by_hand():
    kernels = dataclasses.replace(
        replica_of().kernels,
        active_power_fraction=0.3,
        memory_power_ratio=0.4,
        matrix_power_ratio=3.0,
        sequence_power_fraction=0.2,
        power_order=2.0,
    )
    replica, shares = dataclasses.replace(replica_of(), kernels=kernels), np.array([[0.5], [0.08], [0.05]])
    assert gpu_w(replica, *shares)[0] == pytest.approx(700 * 0.75 / (1 + 0.75**2) ** 0.5)


def test_no_share_leaves_power_as_it_is():
    replica, nothing, some = replica_of(), np.zeros(1), np.array([0.2])
    for place in range(3):
        shares = [some if at == place else nothing for at in range(3)]
        assert gpu_w(replica, *shares)[0] > gpu_w(replica, nothing, nothing, nothing)[0]


def test_waiting_for_the_host_saves_power():
    replica, batch = replica_of(), np.array([8.0])
    brisk, slow = (iteration_w(replica, batch, batch * 1000.0, np.array([at_s]), batch) for at_s in (0.01, 0.04))
    assert slow[0] < 0.7 * brisk[0]


def test_tiles_of_experts_take_time_and_power_by_the_experts_that_are_touched():
    padded = dataclasses.replace(replica_of("gpt_oss_120b").kernels, expert_tile_s=1e-5)
    replica = dataclasses.replace(replica_of("gpt_oss_120b"), kernels=padded)
    few, all_ = tiles_s(replica, np.array([1.0, 1e5]))
    assert few == pytest.approx(1e-5 * 36 * 4 / 8) and all_ == pytest.approx(1e-5 * 36 * 128 / 8)
    plain, none = replica_of("gpt_oss_120b"), replica_of()
    batch, took_s = np.array([8.0]), np.array([0.02])
    assert iteration_w(replica, batch, batch, took_s, batch) > iteration_w(plain, batch, batch, took_s, batch)
    assert tiles_s(none, batch) == 0.0 and base_s(replica, batch, 8.0) > base_s(plain, batch, 8.0)


@given(gpu=EVERY_GPU, efficiency=EVERY_EFFICIENCY, gpus=st.sampled_from([1, 2, 4, 8]))
def test_power_lies_between_idle_and_tdp_whatever_the_phase(gpu, efficiency, gpus):
    replica = replica_of("llama_3_1_8b", gpu, gpus, efficiency=efficiency, context_tokens=1000.0)
    law = step_time_law(replica, 2048)
    idle, limit = gpus * replica.gpu.idle_w.value, gpus * replica.gpu.tdp_w.value
    watts = np.append(decode_w(replica, law, np.arange(1.0, 1000.0)), prefill_w(replica, law, 2048))
    assert np.all((watts >= idle * (1 - 1e-12)) & (watts <= limit * (1 + 1e-12)))


def test_prefill_draws_more_than_a_single_sequence():
    replica = replica_of()
    law = step_time_law(replica, 8192)
    assert prefill_w(replica, law, 8192) > decode_w(replica, law, np.array([1.0]))[0]


@given(share=st.floats(0.01, 1.0), order=st.floats(0.3, 1.0))
def test_a_cap_takes_less_speed_than_power(share, order):
    assert share <= capped_speed(share, order) <= 1.0


@given(up_s=st.floats(0, 1e6), share=st.floats(0, 1))
def test_a_host_draws_between_its_idle_and_its_busy_power(up_s, share):
    joules = host_j(DGX, up_s, share * up_s)
    assert 1600 * up_s * (1 - 1e-12) <= joules <= 2200 * up_s * (1 + 1e-12)
    assert joules == pytest.approx(up_s * (1600 + 600 * share))


def test_a_wall_sees_gpus_and_host():
    assert wall_w(DGX, 5000.0, 0.5) == 5000.0 + 1600.0 + 300.0
