import gzip
import re
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from sim.core.errors import TraceError
from sim.workload.requests import Requests
from sim.workload.traces.replay import TraceReader
from tests.architecture.source_files import ROOT

SHARED = ROOT.parent / "shared" / "data" / "traces" / "azure_llm_2023_conv.csv.gz"
HEADER = "arrival_s,input_tokens,output_tokens\n"
GOOD = HEADER + "0.0,374,44\n4.3146,396,109\n4.3146,879,55\n"


def written(tmp_path, content, name="trace.csv"):
    path = tmp_path / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


class Replay(NamedTuple):
    """A whole trace, read."""

    requests: Requests
    left_out: int
    skipped_rows: int


def read(path, **options):
    reader = TraceReader(Path(path), **options)
    requests = Requests.concatenate(list(reader.blocks()))
    return Replay(requests, reader.left_out, reader.complaints.skipped_rows)


def complaint(path, **options):
    with pytest.raises(TraceError) as caught:
        read(path, **options)
    assert "\n" not in str(caught.value)
    assert ";" in str(caught.value)
    return str(caught.value).removeprefix(str(path))


@pytest.mark.parametrize("pack", [str.encode, lambda text: gzip.compress(text.encode(), mtime=0)])
def test_plain_and_gzipped(tmp_path, pack):
    replay = read(written(tmp_path, pack(GOOD)), use_case=2)
    assert replay.left_out == 0
    assert replay.requests.arrival_s.tolist() == [0.0, 4.3146, 4.3146]
    assert replay.requests.use_case.tolist() == [2, 2, 2]
    assert replay.requests.prompt_tokens.tolist() == [374, 396, 879]
    assert replay.requests.output_tokens.dtype == np.int32


def test_original_columns(tmp_path):
    text = (
        "TIMESTAMP,ContextTokens,GeneratedTokens\n"
        "2023-11-16 18:15:46.6805900,374,44\n2023-11-16 18:15:50.9951690,396,109\n2023-11-17 18:15:46.6805900,1,1\n"
    )
    replay = read(written(tmp_path, text), until_s=86_400.0)
    assert replay.requests.arrival_s == pytest.approx([0.0, 4.314579], abs=2e-6)
    assert replay.left_out == 1


def test_zones_marks_blanks_quotes_and_other_columns(tmp_path):
    text = (
        '\ufeff"TIMESTAMP", GeneratedTokens,model,ContextTokens\r\n\r\n'
        "2024-05-10 00:00:00.009930+00:00, 12.0,a,7\r\n2024-05-10T02:00:01.009930+02:00,13,b,8\r\n"
    )
    requests = read(written(tmp_path, text)).requests
    assert requests.arrival_s.tolist() == [0.0, 1.0]
    assert requests.prompt_tokens.tolist() == [7, 8]
    assert requests.output_tokens.tolist() == [12, 13]


def test_what_arrives_after_the_day_is_counted(tmp_path):
    replay = read(written(tmp_path, GOOD), until_s=4.3146)
    assert (replay.requests.size, replay.left_out) == (1, 2)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("", ":1: the trace is empty"),
        (HEADER, ":1: the trace has a header and no requests"),
        ("arrival_s,input_token,output_tokens\n0,1,1\n", r":1: .*\(did you mean input_tokens for input_token\?\)"),
        ("timestamp,a,b\n0,1,1\n", ":1: .*has no arrival_s, input_tokens, output_tokens"),
        ("arrival_s;input_tokens;output_tokens\n0;1;1\n", ":1: the header 'arrival_s;"),
        (GOOD + "5,many,1\n", ":5: input_tokens is 'many', not a number"),
        (GOOD + "\n5,,1\n", ":6: input_tokens is '', not a number"),
        (GOOD + "5,1\n", ":5: has 2 cells and none for output_tokens"),
        (GOOD + "nan,1,1\n", ":5: arrival_s is nan, not a finite time"),
        (GOOD + "inf,1,1\n", ":5: arrival_s is inf, not a finite time"),
        (GOOD + "5,nan,1\n", ":5: input_tokens is nan, not a finite number"),
        (HEADER + "-1,1,1\n", ":2: arrival_s is -1, negative"),
        (GOOD + "4,1,1\n", ":5: arrival_s is 4, before the row above"),
        (GOOD + "5,0,1\n", ":5: input_tokens is 0, less than 1 token"),
        (GOOD + "5,1,-3\n", ":5: output_tokens is -3, less than 1 token"),
        (GOOD + "5,1.5,1\n", ":5: input_tokens is 1.5, not a whole number"),
        (GOOD + "5,1,1e12\n", ":5: output_tokens is 1000000000000, more than"),
        ("TIMESTAMP,ContextTokens,GeneratedTokens\nnoon,1,1\n", ":2: TIMESTAMP is 'noon', not a timestamp"),
        (HEADER + '0,"1,1\n', ":2: is not CSV"),
        (gzip.compress(GOOD.encode(), mtime=0)[:-12], r":\d+: the gzipped file ends too early"),
        (gzip.compress(GOOD.encode(), mtime=0)[:20] + b"\xff" * 20, r":\d+: (cannot be unpacked|is not|the gzipped)"),
        (b"\x1f\x8b\x00\x00garbage", ":1: cannot be unpacked"),
        (bytes(range(256))[::-1] * 20, ":1: is not UTF-8 text"),
        (bytes(range(256)) * 20, ":1: the header .*has no"),
        (GOOD.encode() + b"5,1,\xe9\n", ":5: is not UTF-8 text"),
        (GOOD.encode("utf-16"), ":1: is not UTF-8 text"),
        (b"\x00" * 1000, ":1: the header .*has no"),
        (b"a" * 200_000, ":1: is not CSV"),
    ],
)
def test_bad_files(tmp_path, content, told):
    assert re.match(told, complaint(written(tmp_path, content)))


def test_the_row_is_right_in_a_later_batch(tmp_path):
    rows = "".join(f"{row},1,1\n" for row in range(70_000))
    assert complaint(written(tmp_path, HEADER + rows + "x,1,1\n")).startswith(":70002: arrival_s is 'x'")


def test_missing_file_and_folder(tmp_path):
    assert "there is no such file" in complaint(tmp_path / "none.csv")
    assert "workload.trace.path" in complaint(tmp_path / "none.csv")
    assert "cannot be read" in complaint(tmp_path)
    assert "cannot be read" in complaint("a\0b")


@pytest.mark.skipif(not SHARED.exists(), reason="the shared measurement files are not beside this checkout")
def test_azure_conversation_hour():
    replay = read(SHARED, until_s=86_400.0)
    assert (replay.requests.size, replay.left_out) == (19_366, 0)
    assert replay.requests.prompt_tokens.mean() == pytest.approx(1154.697, abs=1e-3)
    assert replay.requests.output_tokens.mean() == pytest.approx(211.126, abs=1e-3)
    assert replay.requests.arrival_s[-1] == pytest.approx(3501.7219)
