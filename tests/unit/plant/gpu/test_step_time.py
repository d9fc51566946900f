import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.plant.gpu.replica import Layout
from sim.plant.gpu.step_time import (
    all_reduce_s,
    attention_pair_s,
    base_s,
    expert_fraction_touched,
    expert_work,
    join,
    kv_token_s,
    matrix_rate,
    native_precision,
    shared_work,
    stage_hand_over_s,
    step_time_law,
)
from tests.replicas import BOOK, replica_of

LLAMA = BOOK.models["llama_2_70b"]
DENSE = sorted(name for name, model in BOOK.models.items() if model.experts is None)
SPARSE = sorted(set(BOOK.models) - set(DENSE))
GPUS = st.sampled_from([1, 2, 4, 8])


def sharp(**more):
    """A replica whose only times are those of streaming, multiplying and summing, at the data sheet's rates."""
    replica = replica_of(**more)
    bare = dict.fromkeys(
        ("iteration_overhead_s", "layer_overhead_s", "expert_overhead_s", "sequence_overhead_s", "activation_passes"),
        0.0,
    )
    rates = dict.fromkeys(("memory_fraction", "matrix_fraction", "fp8_matrix_fraction", "attention_fraction"), 1.0)
    kernels = dataclasses.replace(replica.kernels, roofline_order=np.inf, **bare, **rates)
    return dataclasses.replace(replica, kernels=kernels)


def time_of(replica, tokens, sequences=1e9):
    return float(base_s(replica, np.array([float(tokens)]), sequences)[0])


def test_a_decode_step_is_weights_over_bandwidth_and_collectives():
    replica = sharp()
    streaming = (68_976_648_192 - 32_000 * 8192) * 2 / (8 * 3350e9)
    summing = float(all_reduce_s(np.array([1.0]), replica)[0])
    assert time_of(replica, 1) == pytest.approx(streaming + summing, rel=1e-12)


def test_a_large_batch_is_bound_by_arithmetic():
    replica, tokens = sharp(gpus=1), 4096
    arithmetic = 2 * tokens * (68_976_648_192 - 32_000 * 8192) / 989e12
    assert time_of(replica, tokens) == pytest.approx(arithmetic, rel=1e-12)


def test_a_kv_token_and_an_attention_pair():
    replica = sharp()
    assert kv_token_s(replica) == pytest.approx(163_840 * 2 / (8 * 3350e9), rel=1e-12)
    assert attention_pair_s(replica) == pytest.approx(4 * 80 * 64 * 128 / (8 * 989e12), rel=1e-12)


def test_the_round_roofline_lies_between_the_longer_time_and_the_sum():
    stream, multiply = np.array([1.0, 1.0, 0.0]), np.array([1.0, 0.1, 0.0])
    joined = join(stream, multiply, 3.0)
    assert np.all(joined >= np.maximum(stream, multiply)) and np.all(joined <= stream + multiply)
    assert joined[0] == pytest.approx(2 ** (1 / 3))


@settings(max_examples=30)
@given(model=st.sampled_from(sorted(BOOK.models)), gpus=GPUS, precision=st.sampled_from(["bf16", "fp8", "fp4"]))
def test_step_time_rises_with_batch_and_stays_above_the_roofline_of_the_data_sheet(model, gpus, precision):
    replica = replica_of(model, gpus=gpus, precision=precision)
    law, tokens = step_time_law(replica, 600), np.arange(1.0, 601.0)
    work = [part(sharp(model=model, gpus=gpus, precision=precision), tokens) for part in (shared_work, expert_work)]
    bound = np.maximum(sum(part.stream_s for part in work), work[0].multiply_s)
    assert np.all(np.diff(law.base_s) >= 0) and law.base_s[-1] > law.base_s[1]
    assert np.all(law.base_s[1:] > bound)
    assert law.kv_s > 0 and law.attention_s > 0


@given(model=st.sampled_from(DENSE), gpus=st.sampled_from([2, 4, 8]))
def test_more_gpus_never_help_by_their_number(model, gpus):
    assert time_of(replica_of(model, gpus=1), 8) / gpus < time_of(replica_of(model, gpus=gpus), 8)


def test_more_gpus_are_faster_where_weights_are_many():
    assert time_of(replica_of(gpus=8), 8) < time_of(replica_of(gpus=4), 8) < time_of(replica_of(gpus=2), 8)


def test_smaller_numbers_are_faster_to_read():
    assert time_of(replica_of(precision="fp8"), 1) < time_of(replica_of(), 1)


def test_four_bits_that_hardware_cannot_multiply_are_widened():
    assert native_precision(BOOK.gpus["h100_sxm"], "fp4") == native_precision(BOOK.gpus["b200_sxm"], "int4") == "bf16"
    wide, narrow = (time_of(sharp(precision=p, gpus=1), 8192) for p in ("bf16", "fp4"))
    assert narrow == wide and time_of(sharp(precision="fp4", gpus=1), 1) < time_of(sharp(gpus=1), 1) / 3


def test_kv_precision_halves_the_kv_time():
    assert kv_token_s(replica_of()) == pytest.approx(2 * kv_token_s(replica_of(kv="fp8")), rel=1e-15)


def test_hardware_without_a_format_is_refused():
    a100 = BOOK.gpus["a100_sxm_80gb"]
    assert matrix_rate(a100, "fp8") is None
    with pytest.raises(ValueError, match="has no fp8 matrix rate"):
        step_time_law(replica_of(gpu="a100_sxm_80gb", precision="fp8"), 4)


def test_there_is_nothing_to_sum_on_one_gpu():
    tokens = np.array([1.0, 100.0])
    assert all_reduce_s(tokens, replica_of(gpus=1)).tolist() == [0.0, 0.0]
    assert np.all(all_reduce_s(tokens, replica_of(gpus=2)) > 0)


def test_a_ring_sends_three_quarters_more_from_two_to_eight_gpus():
    latency = 160 * replica_of().kernels.collective_latency_s
    two, eight = (float(all_reduce_s(np.array([1e6]), replica_of(gpus=n))[0]) - latency for n in (2, 8))
    assert eight / two == pytest.approx((7 / 8) / (1 / 2))


def test_large_messages_take_the_slower_path():
    replica = replica_of(gpu="a100_sxm_80gb", efficiency="splitwise_2023_a100")
    below, above = (float(all_reduce_s(np.array([n]), replica)[0]) for n in (3600.0, 3700.0))
    assert above / below > 1.5 > 3700 / 3600


def test_host_launches_hide_behind_long_kernels_only():
    slow = dataclasses.replace(replica_of().kernels, launch_layer_s=1e-3, roofline_order=np.inf)
    replica = dataclasses.replace(replica_of(), kernels=slow)
    assert time_of(replica, 1, 1) > 80e-3 > time_of(replica_of(), 1, 1)
    assert time_of(replica, 65_536) == pytest.approx(time_of(replica_of(), 65_536), rel=0.02)


def test_a_pipeline_of_stages_gives_more_tokens_a_round_and_no_faster_one():
    one, four = replica_of(gpus=2), replica_of(layout=Layout(tensor=2, pipeline=4))
    hand_over = float(stage_hand_over_s(np.array([8.0]), four)[0])
    assert time_of(four, 32) == pytest.approx(time_of(one, 8) + hand_over) and hand_over > 0
    assert step_time_law(four, 4).kv_s == pytest.approx(step_time_law(one, 4).kv_s / 4)


def test_attention_data_parallelism_spares_the_copies_of_a_latent():
    tensor, data = (
        replica_of("deepseek_v3", gpu="h200_sxm", precision="fp8", layout=layout)
        for layout in (Layout(8), Layout(1, 8))
    )
    assert kv_token_s(data) < kv_token_s(tensor)
    assert expert_work(data, np.array([64.0])).stream_s == pytest.approx(expert_work(tensor, np.array([64.0])).stream_s)


def test_a_window_caps_what_its_layers_read():
    short, long = (replica_of("gemma_3_27b", gpus=1, context_tokens=n) for n in (512.0, 65_536.0))
    assert kv_token_s(long) / kv_token_s(short) == pytest.approx((10 + 52 / 64) / 62)


def test_experts_touched_by_hand():
    touched = expert_fraction_touched(np.array([0.0, 1.0, 2.0]), 8, 2)
    assert touched == pytest.approx([0.0, 0.25, 1 - 0.75**2])


def test_experts_touched_match_a_draw():
    rng = np.random.default_rng(1)
    tokens, experts, active = 12, 16, 2
    picks = rng.random((4000, tokens, experts)).argsort(axis=2)[:, :, :active].reshape(4000, -1)
    drawn = np.mean([np.unique(row).size for row in picks]) / experts
    assert float(expert_fraction_touched(np.array([tokens]), experts, active)[0]) == pytest.approx(drawn, abs=0.01)
    assert float(expert_fraction_touched(np.array([tokens]), experts, active + 1)[0]) != pytest.approx(drawn, abs=0.01)


@pytest.mark.parametrize("name", SPARSE)
def test_a_mixture_streams_its_active_weights_for_one_token_and_all_of_them_for_many(name):
    replica = sharp(model=name, gpus=1)
    few, many = (
        float((shared_work(replica, n).stream_s + expert_work(replica, n).stream_s)[0]) * 3350e9 / 2
        for n in (np.array([1.0]), np.array([1e6]))
    )
    model = BOOK.models[name]
    assert few == pytest.approx(model.active_params.value - replica.looked_up, rel=1e-9)
    assert many == pytest.approx(model.params.value - replica.looked_up, rel=1e-9)
