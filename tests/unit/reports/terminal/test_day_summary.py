"""What the summary of a day says of its length, its counts and its energy."""

import io

import pytest
from rich.text import Text

from reports.terminal import console
from reports.terminal.day_summary import counted, duration, energy_of


@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        (86_400.0, "24 h"),
        (5_400.0, "1.5 h"),
        (3_900.0, "65 min"),
        (600.0, "10 min"),
        (90.0, "90 s"),
        (0.25, "0.25 s"),
        (2_678_400.0, "744 h"),
    ],
)
def test_a_day_is_told_in_the_largest_unit_in_which_it_is_short(seconds, told):
    assert duration(seconds) == told


def test_one_is_no_plural():
    assert [counted(number, "server") for number in (0, 1, 3617)] == ["0 servers", "1 server", "3,617 servers"]


@pytest.mark.parametrize(("wh", "told"), [(None, "-"), (4.2009, "4.2"), (0.03218, "0.0322"), (12_423.4, "12,423")])
def test_energy_is_told_without_powers_of_ten(wh, told):
    assert energy_of(wh) == told


@pytest.mark.parametrize(("variable", "value"), [("NO_COLOR", "1"), ("TERM", "dumb"), ("COLUMNS", "70")])
def test_a_terminal_is_told_in_plain_letters_where_that_is_wanted(monkeypatch, variable, value):
    terminal = io.StringIO()
    terminal.isatty = lambda: True
    monkeypatch.setattr("sys.stdout", terminal)
    for name, usual in (("TERM", "xterm"), ("COLUMNS", "80")):
        monkeypatch.setenv(name, usual)
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv(variable, value)
    console.tell(Text("bold " * 20, style="bold red"))
    assert ("\x1b" in terminal.getvalue()) == (variable == "COLUMNS")
    assert max(map(len, terminal.getvalue().replace("\x1b[1;31m", "").splitlines())) <= 80
