"""Every layout of public traces, small and written here; what is wrong with one is told by row, or counted."""

import gzip
import json

import numpy as np
import pytest

from sim.catalogue import read_catalogue
from sim.core.errors import TraceError
from sim.core.streams import Streams
from sim.scenario.schema import Scenario
from sim.workload.source import open_workload
from sim.workload.traces.scaling import WINDOW_S, ringed

AZURE = "TIMESTAMP,ContextTokens,GeneratedTokens\n"
OURS = "arrival_s,input_tokens,output_tokens\n"
BURST = "Timestamp,Model,Request tokens,Response tokens,Total tokens,Log Type\n"
SESSIONS = "Timestamp,Session ID,Elapsed time,Model,Request tokens,Response tokens,Total tokens,Log Type\n"
MOONCAKE = "arrival_s,input_tokens,output_tokens,n_blocks512,prefix_hit_blocks,prefix_hit_tokens\n"
RATES = "model,t_s,rate_rps,active_clients\n"
CLIENTS = "model,client,t_s,rate_rps,iat_cv,iat_family,p1,p2\n"


def lines(*rows):
    keys = ("timestamp", "input_length", "output_length", "hash_ids")
    return "".join(json.dumps(dict(zip(keys, row, strict=True))) + "\n" for row in rows)


CONVERSATION = lines(
    (0, 1500, 100, [1, 2, 3]), (3000, 1600, 90, [1, 2, 3, 4]), (6000, 700, 50, [1, 9]), (9000, 512, 8, [1])
)


@pytest.fixture(scope="module")
def catalogue():
    return read_catalogue(kinds=["shapes", "lengths", "sites"])


@pytest.fixture
def replay(tmp_path, catalogue):
    """Read a trace of a layout through a scenario: its source and all its requests."""

    def opened(content, layout, duration_s=3600.0, demand=None, **trace):
        path = tmp_path / "trace"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        chosen = {"path": str(path), "layout": layout} | trace
        scenario = Scenario(
            name="t", day={"duration_s": duration_s}, workload={"trace": chosen, "demand": demand or {}}
        )
        source = open_workload(scenario, catalogue, Streams(1))
        return source, source.take(duration_s)

    return opened


LAYOUTS = [
    ("azure_2023", AZURE + "2023-11-16 18:15:46.6805900,374,44\n2023-11-16 18:15:50.9951690,396,109\n", [0, 4.314579]),
    ("azure_2024", AZURE + "2024-05-12 00:00:00.0014+00:00,374,44\n2024-05-12 00:00:01.0014+00:00,396,109\n", [0, 1]),
    ("azure_2024", OURS + "5,374,44\n6.5,396,109\n", [5, 6.5]),
    ("burstgpt", BURST + "5,ChatGPT,374,44,418,Conversation log\n45,GPT-4,396,109,505,API log\n", [5, 45]),
    ("burstgpt", SESSIONS + "5.5,1,2,ChatGPT,374,44,418,API log\n45,2,1.5,GPT-4,396,109,505,API log\n", [5.5, 45]),
    ("mooncake", MOONCAKE + "0.0,374,44,1,0,0\n3.0,396,109,1,1,396\n", [0, 3]),
    ("mooncake", lines((0, 374, 44, [1]), (3000, 396, 109, [1])), [0, 3]),
]


@pytest.mark.parametrize(("layout", "text", "arrival_s"), LAYOUTS)
@pytest.mark.parametrize("pack", [str.encode, lambda text: gzip.compress(text.encode(), mtime=0)])
def test_a_layout_is_read_plain_and_gzipped(replay, layout, text, arrival_s, pack):
    source, requests = replay(pack(text), layout)
    assert requests.arrival_s == pytest.approx(arrival_s, abs=2e-6)
    assert requests.prompt_tokens.tolist() == [374, 396]
    assert requests.output_tokens.tolist() == [44, 109]
    assert source.expected == 2


def test_blocks_tell_what_was_there_and_when_it_was_last_used(replay):
    _, requests = replay(CONVERSATION, "mooncake")
    assert requests.cached_tokens.tolist() == [0, 1536, 512, 512]
    assert requests.reused_s[1:].tolist() == [0, 3, 6]
    assert np.isnan(requests.reused_s[0])


def test_a_column_of_prefixes_does_not_say_when(replay):
    _, requests = replay(LAYOUTS[5][1], "mooncake")
    assert requests.cached_tokens.tolist() == [0, 396]
    assert requests.reused_s[1] == 3.0


# What is wrong

WRONG = [
    ("burstgpt", BURST + "5,ChatGPT,374,0,374,API log\n", ":2: Response tokens is 0, less than 1 token"),
    ("azure_2023", LAYOUTS[3][1], ":1: .*set workload.trace.layout=burstgpt"),
    ("burstgpt", LAYOUTS[0][1], ":1: .*set workload.trace.layout=azure_2023"),
    ("azure_2023", CONVERSATION, ":1: is JSON, not CSV; set workload.trace.layout=mooncake"),
    ("azure_2023", OURS + "0,1,1\n" + CONVERSATION, ":3: is a line of JSON in a CSV file: the trace mixes layouts"),
    ("azure_2023", OURS + "0,1,1\n" + AZURE, ":3: is a second header: the trace mixes files"),
    ("mooncake", CONVERSATION + "1,2,3,4\n", ":5: is CSV: the trace mixes layouts"),
    ("mooncake", CONVERSATION + '{"timestamp": 9999', ":5: is no JSON object"),
    ("mooncake", CONVERSATION + "[1]\n", ":5: is no JSON object"),
    ("mooncake", CONVERSATION + '{"timestamp": 9999}\n', ":5: has no input_length"),
    ("mooncake", lines((0, None, 1, [])), ":1: input_length is 'None', not a number"),
    ("mooncake", lines((0, 5, 1, "x")), ":1: is no JSON object"),
    ("mooncake", lines((9, 5, 1, []), (8, 5, 1, [])), ":2: timestamp is 8, before the row above"),
    ("servegen", "", ":1: the header '' has no model, t_s, rate_rps"),
    ("servegen", RATES, ":1: the trace has a header and no rates"),
    ("servegen", RATES + "a,0,-1,3\n", ":2: rate_rps is '-1', not a number from zero on"),
    ("servegen", RATES + "a,0\n", ":2: has 2 cells and needs 3"),
    ("servegen", RATES + "a,600,1,3\na,0,1,3\n", ":3: t_s lies before the row above"),
    ("servegen", CLIENTS + "a,0,0,1,0,Gamma,1,1\n", ":2: iat_cv is '0', not a number above zero"),
    ("servegen", CLIENTS + "a,0,0,1,1,Pareto,1,1\n", ":2: iat_family is 'Pareto', not Gamma or Weibull"),
    ("servegen", RATES + "a" * 200_000, ":2: is not CSV .*; write a row a window"),
    ("servegen", RATES + "a,0,1,3\nb,0,1,3\n", ": holds a, b; name one with workload.trace.model"),
]


@pytest.mark.parametrize(("layout", "text", "told"), WRONG)
def test_a_file_that_cannot_be_replayed_is_told_by_row(replay, layout, text, told):
    with pytest.raises(TraceError, match=told):
        replay(text, layout)


def test_an_unknown_model_is_told(replay):
    with pytest.raises(TraceError, match=r"has no model 'm-lage' \(did you mean m-large\?\)"):
        replay(RATES + "m-large,0,1,3\n", "servegen", model="m-lage")


BAD = (
    b"-1,1,1\n", b"0,1,1\n", b"x,1,1\n", b"5,0,1\n", b"4,2,1\n", b"3,1,1\n", b"5,1\n", b"nan,1,1\n",
    b"\xff\xff,1,1\n", AZURE.encode(), b'{"timestamp": 1}\n', b"6,1,1.5\n", b"7,3,1\n",
)  # fmt: skip


def test_bad_rows_are_skipped_and_counted(replay):
    source, requests = replay(OURS.encode() + b"".join(BAD), "azure_2023", skip_bad_rows=True)
    assert requests.arrival_s.tolist() == [0.0, 4.0, 7.0]
    assert requests.prompt_tokens.tolist() == [1, 2, 3]
    assert source.skipped_rows == len(BAD) - 3


def test_a_gzip_that_ends_too_early_is_one_bad_row(replay):
    text = OURS + "".join(f"{row},1,{row + 1}\n" for row in range(50_000))
    cut = gzip.compress(text.encode(), mtime=0)[:-50_000]
    with pytest.raises(TraceError, match=r":\d+: the gzipped file ends too early; .*--skip-bad-rows"):
        replay(cut, "azure_2023", duration_s=86_400.0)
    source, requests = replay(cut, "azure_2023", duration_s=86_400.0, skip_bad_rows=True)
    assert requests.size > 1000
    assert source.skipped_rows in (1, 2)  # the last line may be cut, too


def test_bad_rates_are_skipped_and_counted(replay):
    text = RATES + "a,0,1,3\na,600,x,3\na,1200,1,3\na,600,1,3\n"
    source, _ = replay(text, "servegen", skip_bad_rows=True)
    assert (source.expected, source.skipped_rows) == (1200.0, 2)


# Time and volume


def test_a_trace_may_begin_later_and_run_faster(replay):
    text = OURS + "".join(f"{second},1,{second + 1}\n" for second in range(100))
    source, requests = replay(text, "azure_2023", duration_s=10.0, skip_s=20.0, speed=4.0)
    assert requests.arrival_s == pytest.approx(np.arange(40) / 4)
    assert requests.output_tokens[0] == 21
    assert source.left_out == 40


def bursty(seed, n=3000):
    gaps = np.random.default_rng(seed).gamma(0.1, 1.0, n)
    times = np.cumsum(gaps) / gaps.sum() * 0.999 * WINDOW_S
    return OURS + "".join(f"{time:.9f},{place + 1},1\n" for place, time in enumerate(times))


def cv(arrival_s):
    return np.diff(arrival_s).std() / np.diff(arrival_s).mean()


@pytest.mark.parametrize("volume", [0.5, 2.0, 3.5])
def test_volume_keeps_bursts(replay, volume):
    plain = replay(bursty(1), "azure_2023", WINDOW_S)[1]
    scaled = replay(bursty(1), "azure_2023", WINDOW_S, volume=volume)[1]
    assert scaled.size == pytest.approx(3000 * volume, abs=1)
    assert cv(scaled.arrival_s) == pytest.approx(cv(plain.arrival_s), rel=0.1)
    assert (np.diff(scaled.arrival_s) >= 0).all()
    assert scaled.arrival_s[-1] < WINDOW_S


def test_thinning_at_random_would_not(replay):
    plain = replay(bursty(1), "azure_2023", WINDOW_S)[1].arrival_s
    kept = plain[np.random.default_rng(1).random(plain.size) < 0.1]
    assert cv(kept) < 0.75 * cv(plain)


def test_volume_keeps_the_time_since_a_prefix_was_used(replay):
    _, requests = replay(CONVERSATION, "mooncake", WINDOW_S, volume=3.0)
    assert requests.size == 12
    again = requests.cached_tokens > 0
    assert requests.arrival_s[again] - requests.reused_s[again] == pytest.approx(3.0, abs=1e-9)


def test_requests_of_one_instant_can_be_scaled(replay):
    _, requests = replay(OURS + "5,1,1\n5,2,2\n", "azure_2023", WINDOW_S)
    assert ringed(requests, 0.5, 0.0, 0.0, 0.5).arrival_s.tolist() == [300.0]
    assert ringed(requests, 0.1, 0.0, 0.0, 0.5).size == 0


# Rates


def test_rates_are_drawn_with_the_lengths_of_the_use_cases(replay):
    text = RATES + "a,0,10,3\na,600,0,3\na,1200,30,3\n"
    source, requests = replay(text, "servegen", 1800.0)
    counts = np.histogram(requests.arrival_s, [0, 600, 1200, 1800])[0]
    assert source.expected == pytest.approx(24_000)
    assert counts == pytest.approx([6000, 0, 18_000], abs=600)
    assert np.median(requests.prompt_tokens) == pytest.approx(173, abs=5)


def test_rates_are_scaled_and_shifted(replay):
    text = RATES + "a,0,10,3\na,600,0,3\na,1200,30,3\n"
    source, requests = replay(text, "servegen", 450.0, skip_s=900.0, speed=2.0, volume=0.5)
    assert source.expected == pytest.approx(9000)
    assert requests.arrival_s[0] >= 150
    assert requests.size == pytest.approx(9000, abs=400)


@pytest.mark.parametrize(("family", "wanted"), [("Gamma", 3.0), ("Weibull", 2.0), ("Gamma", 0.5)])
def test_clients_keep_their_rate_and_their_cv(replay, family, wanted):
    text = CLIENTS + "".join(f"a,7,{600 * window},20,{wanted},{family},1,1\n" for window in range(12))
    source, requests = replay(text, "servegen", 7200.0)
    assert source.expected == pytest.approx(144_000)
    assert requests.size == pytest.approx(144_000, abs=5 * wanted * np.sqrt(144_000))
    assert cv(requests.arrival_s) == pytest.approx(wanted, rel=0.06)
    assert (np.diff(requests.arrival_s) >= 0).all()


def test_clients_of_a_window_lie_over_each_other(replay):
    text = CLIENTS + "a,1,0,5,1,Gamma,1,1\na,2,0,7,2,Weibull,1,1\na,3,1200,1,1,Gamma,1,1\n"
    source, requests = replay(text, "servegen", 1800.0)
    counts = np.histogram(requests.arrival_s, [0, 600, 1200, 1800])[0]
    assert source.expected == pytest.approx(7800)
    assert counts == pytest.approx([7200, 0, 600], abs=500)


def test_a_later_beginning_of_clients_is_the_same_day(replay):
    text = CLIENTS + "".join(f"a,1,{600 * window},5,1,Gamma,1,1\n" for window in range(6))
    whole, late = replay(text, "servegen", 3600.0)[1], replay(text, "servegen", 1800.0, skip_s=1800.0)[1]
    assert late.arrival_s == pytest.approx(whole.arrival_s[whole.arrival_s >= 1800] - 1800, abs=1e-9)
