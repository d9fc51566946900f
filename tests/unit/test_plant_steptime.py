import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.catalogue import read_catalogue
from sim.plant.steptime import all_reduce_s, expert_fraction_touched, matrix_rate, step_time_law, weights_read

BOOK = read_catalogue(kinds=["models", "gpus", "efficiencies"])
H100, A100 = BOOK.gpus["h100_sxm"], BOOK.gpus["a100_sxm_80gb"]
KERNELS = BOOK.efficiencies["roofline_2026"]
LLAMA, MIXTRAL = BOOK.models["llama_2_70b"], BOOK.models["mixtral_8x7b"]
DENSE = sorted(name for name, model in BOOK.models.items() if model.experts is None)
SPARSE = sorted(set(BOOK.models) - set(DENSE))
GPUS = st.sampled_from([1, 2, 4, 8])


def law_of(model=LLAMA, gpus=8, precision="bf16", tokens=4096):
    return step_time_law(model, H100, KERNELS, precision, "bf16", gpus, tokens)


def test_a_decode_step_is_weights_over_bandwidth_and_collectives_and_overhead():
    streaming = 68_976_648_192 * 2 / (8 * 3350e9 * 0.8)
    collectives = 160 * (5.3e-6 + 8192 * 2 * 2 * 7 / 8 / (450e9 * 0.70))
    assert law_of().base_s[1] == pytest.approx(streaming + collectives + 1.75e-3, rel=1e-12)


def test_a_large_batch_is_bound_by_arithmetic():
    tokens = 4096
    arithmetic = 2 * tokens * 68_976_648_192 / (8 * 989e12 * 0.70)
    collectives = 160 * (5.3e-6 + tokens * 8192 * 2 * 2 * 7 / 8 / (450e9 * 0.70))
    assert law_of().base_s[tokens] == pytest.approx(arithmetic + collectives + 1.75e-3, rel=1e-12)


def test_a_kv_token_and_an_attention_pair():
    assert law_of().kv_s == pytest.approx(163_840 * 2 / (8 * 3350e9 * 0.8), rel=1e-12)
    assert law_of().attention_s == pytest.approx(4 * 80 * 64 * 128 / (8 * 989e12 * 0.46), rel=1e-12)


@settings(max_examples=30)
@given(model=st.sampled_from(sorted(BOOK.models)), gpus=GPUS, precision=st.sampled_from(["bf16", "fp8"]))
def test_step_time_rises_with_batch_and_stays_above_the_roofline_of_the_data_sheet(model, gpus, precision):
    model = BOOK.models[model]
    law = law_of(model, gpus, precision, 600)
    tokens = np.arange(1.0, 601.0)
    width = {"bf16": 2, "fp8": 1}[precision]
    bandwidth_bound = weights_read(model, tokens) * width / (gpus * H100.memory_bytes_per_s.value)
    arithmetic_bound = 2 * tokens * model.active_params.value / (gpus * matrix_rate(H100, precision))
    assert np.all(np.diff(law.base_s) >= 0) and law.base_s[-1] > law.base_s[1]
    assert np.all(law.base_s[1:] > np.maximum(bandwidth_bound, arithmetic_bound))
    assert law.kv_s > 0 and law.attention_s > 0


@given(model=st.sampled_from(DENSE), gpus=st.sampled_from([2, 4, 8]))
def test_more_gpus_are_faster_but_never_by_their_number(model, gpus):
    one, many = law_of(BOOK.models[model], 1, tokens=8).base_s[1], law_of(BOOK.models[model], gpus, tokens=8).base_s[1]
    assert one / gpus < many < one


def test_smaller_numbers_are_faster_to_read():
    assert law_of(precision="fp8").base_s[1] < law_of(precision="bf16").base_s[1]


def test_kv_precision_halves_the_kv_time():
    fp8 = step_time_law(LLAMA, H100, KERNELS, "bf16", "fp8", 8, 4)
    assert law_of().kv_s == pytest.approx(2 * fp8.kv_s, rel=1e-15)


def test_hardware_without_a_format_is_refused():
    assert matrix_rate(A100, "fp8") is None
    with pytest.raises(ValueError, match="has no fp8 matrix rate"):
        step_time_law(LLAMA, A100, KERNELS, "fp8", "bf16", 8, 4)


def test_there_is_nothing_to_sum_on_one_gpu():
    tokens = np.array([1.0, 100.0])
    assert all_reduce_s(tokens, LLAMA, H100, KERNELS, 1).tolist() == [0.0, 0.0]
    assert np.all(all_reduce_s(tokens, LLAMA, H100, KERNELS, 2) > 0)


def test_a_ring_sends_two_thirds_more_from_two_to_eight_gpus():
    latency = 160 * 5.3e-6
    two, eight = (float(all_reduce_s(np.array([1e6]), LLAMA, H100, KERNELS, n)[0]) - latency for n in (2, 8))
    assert eight / two == pytest.approx((7 / 8) / (1 / 2))


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
def test_a_mixture_reads_its_active_weights_for_one_token_and_all_of_them_for_many(name):
    model = BOOK.models[name]
    read = weights_read(model, np.array([1.0, 2.0, 8.0, 1e5]))
    assert read[0] == pytest.approx(model.active_params.value, rel=1e-9)
    assert np.all(np.diff(read) > 0)
    assert read[-1] == pytest.approx(model.params.value, rel=1e-9)


def test_a_dense_model_reads_all_its_weights_whatever_the_batch():
    assert weights_read(LLAMA, np.array([1.0, 50.0])).tolist() == [LLAMA.params.value] * 2
