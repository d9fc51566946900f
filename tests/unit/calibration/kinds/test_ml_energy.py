import pytest

from sim.calibration.kinds.ml_energy import CROWDED, EFFICIENCY, read_case
from sim.calibration.predict import FORMS, predict_rows
from sim.catalogue import read_catalogue

BOOK = read_catalogue()
ROW = {
    "task": "gpqa", "model_id": "Qwen/Qwen3-14B", "gpu_model": "B200", "num_gpus": 1, "max_num_seqs": 8,
    "avg_batch_size": 8.0, "avg_output_len": 7000.0, "weight_precision": "bfloat16",
}  # fmt: skip
WATTS, PER_S, JOULES = (
    f"predicted_{name}" for name in ("avg_power_watts", "output_throughput_tokens_per_sec", "energy_per_token_joules")
)


def predicted(**changes):
    return next(iter(predict_rows(FORMS["ml-energy"], [ROW | changes], BOOK)))


@pytest.mark.parametrize(
    ("changes", "efficiency"),
    [
        ({}, CROWDED),
        ({"gpu_model": "H100"}, EFFICIENCY),
        ({"num_gpus": 2}, EFFICIENCY),
        ({"task": "lm-arena-chat"}, EFFICIENCY),
        ({"task": "image-chat"}, EFFICIENCY),
        ({"task": "image-chat", "avg_batch_size": 9.0}, CROWDED),
        ({"weight_precision": "fp8"}, "ml_energy_2025_fp8"),
        ({"weight_precision": "mxfp4"}, "ml_energy_2025_fp4"),
    ],
)
def test_runs_that_share_their_host_are_told_by_gpu_task_and_batch(changes, efficiency):
    assert read_case(ROW | changes, BOOK).setup.efficiency == efficiency


def test_a_crowded_host_takes_throughput_and_watts():
    crowded, free = predicted(), predicted(task="lm-arena-chat")
    assert crowded[PER_S] < 0.5 * free[PER_S] and crowded[WATTS] < 0.7 * free[WATTS]


def test_what_was_measured_changes_no_prediction():
    measured = dict.fromkeys(FORMS["ml-energy"].measured.values(), 1.0)
    assert predicted(**measured) == predicted()


def test_joules_a_token_are_watts_over_throughput():
    found = predicted(num_gpus=2)
    assert found[JOULES] == pytest.approx(found[WATTS] / found[PER_S])
    assert 2 * BOOK.gpus["b200_sxm"].idle_w.value < found[WATTS] < 2 * BOOK.gpus["b200_sxm"].tdp_w.value


def test_films_hold_up_a_batch_and_more_gpus_have_more_of_the_host():
    case = read_case(ROW | {"task": "video-chat", "avg_output_len": 400.0}, BOOK)
    pair = read_case(ROW | {"task": "video-chat", "avg_output_len": 400.0, "num_gpus": 2}, BOOK)
    assert case.media_s(BOOK) == pytest.approx(2 * pair.media_s(BOOK))
    assert case.media_s(BOOK) == pytest.approx(BOOK.benchmarks["ml_energy_video_chat"].media_s.value * 8 / 400)
    assert read_case(ROW, BOOK).media_s(BOOK) == 0.0


def test_a_task_that_makes_no_text_says_that_it_is_not_covered():
    assert "the task 'text-to-image' is not in sim/catalogue/benchmarks.yaml" in predicted(task="text-to-image")
