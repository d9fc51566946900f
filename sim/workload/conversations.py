"""Conversations: a first question, and further turns after a while, each with all that was said before as its prompt.

Open loop: a turn comes a stated time for the answer and its reading, and a time of thinking, after the turn before it;
how fast the fleet answers moves no arrival. All draws of a turn come from streams numbered by block of conversations
and the turn, so that longer conversations leave shorter ones as they were.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count

import numpy as np
from numpy.typing import NDArray

from sim.core.streams import Streams
from sim.core.units import SECONDS_PER_DAY
from sim.scenario.workload import Conversation
from sim.workload.demand.arrivals import Mix, lengths_of, uniforms
from sim.workload.lengths import Uniform
from sim.workload.requests import Requests

Real = NDArray[np.float64]

BELOW_ONE = float(np.nextafter(1.0, 0.0))
LATER = ("prompt", "output", "thinking")
"""Streams of the turns after the first."""
SPANS_AHEAD = 12.0
"""Mean lengths of a conversation for which conversations are begun before the day."""


@dataclass(frozen=True)
class Talk:
    """How each use case goes on, in arrays that are looked up by use case; shape (cases,)."""

    stop_probability: Real
    """Probability that a turn is the last; 1 where every request stands alone."""
    max_turns: NDArray[np.int64]
    """Most turns."""
    think_s: Real
    """Mean time of thinking."""
    answer_s: Real
    """Time of the answer and its reading."""
    context_tokens: NDArray[np.int64]
    """Longest history sent along."""

    @property
    def starts(self) -> Real:
        """Conversations for each request, by use case: the mean number of turns, inverted."""
        stop = self.stop_probability
        return np.asarray(stop / -np.expm1(self.max_turns * np.log1p(-np.minimum(stop, BELOW_ONE))))

    @property
    def lead_s(self) -> float:
        """How long before the day conversations begin, so that its first hour meets those that are under way."""
        spans_s = np.where(self.stop_probability < 1, (self.think_s + self.answer_s) / self.stop_probability, 0.0)
        return min(SPANS_AHEAD * float(spans_s.max()), SECONDS_PER_DAY)


def talk_of(conversations: Sequence[Conversation | None]) -> Talk | None:
    """How use cases go on; None where none of them does."""
    if not any(chosen is not None and chosen.max_turns > 1 < chosen.turns for chosen in conversations):
        return None
    each = [chosen or Conversation(turns=1, max_turns=1) for chosen in conversations]
    return Talk(
        np.array([1 / one.turns for one in each]),
        np.array([one.max_turns for one in each]),
        np.array([one.think_s for one in each]),
        np.array([one.answer_s for one in each]),
        np.array([one.context_tokens for one in each]),
    )


def converse(
    starts: Iterator[Requests], talk: Talk, mix: Mix, streams: Streams, duration_s: float
) -> Iterator[Requests]:
    """All turns of conversations in order of arrival; the time of `starts` begins `talk.lead_s` before the day."""
    runs: list[Requests] = []
    for block, opened in enumerate(starts):
        known_until_s = float(opened.arrival_s[-1]) if opened.size else math.inf
        runs.append(_ordered(Requests.concatenate(list(_turns(opened, talk, mix, streams, block)))))
        yield _by_the_clock([run.between(-math.inf, known_until_s) for run in runs], talk.lead_s, duration_s)
        runs = [rest for run in runs if (rest := run.between(known_until_s, math.inf)).size]
    yield _by_the_clock(runs, talk.lead_s, duration_s)


def _ordered(turns: Requests) -> Requests:
    """Turns in order of arrival; quick where they are runs in order already."""
    return turns.where(np.argsort(turns.arrival_s, kind="stable"))


def _by_the_clock(runs: list[Requests], lead_s: float, duration_s: float) -> Requests:
    """Turns in order of arrival, in the time of the day, without those before and after it."""
    turns = _ordered(Requests.concatenate(runs)).with_last_use()
    return turns.later(-lead_s).between(0.0, duration_s)


def _turns(opened: Requests, talk: Talk, mix: Mix, streams: Streams, block: int) -> Iterator[Requests]:
    """The first turns of a block of conversations, then all second ones, and so on."""
    last = _last_turns(opened, talk, uniforms(streams, "turns", opened.size, block))
    turn, place = opened, np.arange(opened.size)
    for number in count(1):
        yield turn
        goes_on = last[place] > number
        turn, place = turn.where(goes_on), place[goes_on]
        if not place.size:
            return
        drawn = (uniforms(streams, f"later {name}", int(place[-1]) + 1, block, number)[place] for name in LATER)
        turn = _next_turn(turn, talk, mix, *drawn)


def _last_turns(opened: Requests, talk: Talk, uniform: Uniform) -> NDArray[np.int64]:
    """How many turns each conversation has: geometric, cut at the most; shape (n,)."""
    log_goes_on = np.log1p(-np.minimum(talk.stop_probability, BELOW_ONE))[opened.use_case]
    turns = 1 + np.floor(np.log1p(-uniform.astype(np.float64)) / log_goes_on).astype(np.int64)
    return np.minimum(turns, talk.max_turns[opened.use_case])


def _next_turn(turn: Requests, talk: Talk, mix: Mix, prompt: Uniform, output: Uniform, thought: Uniform) -> Requests:
    """The turn after each; what was said before is its prefix, unless it had to be cut; shape (n,)."""
    case = turn.use_case
    added, answer = lengths_of(mix.lengths, case, prompt, output)
    history = turn.prompt_tokens + turn.output_tokens
    kept = np.minimum(history, talk.context_tokens[case]).astype(np.int32)
    whole = kept == history
    thinking_s = talk.think_s[case] * -np.log1p(-thought.astype(np.float64))
    return Requests(
        turn.arrival_s + talk.answer_s[case] + thinking_s,
        case,
        kept + added,
        answer,
        np.where(whole, history, 0).astype(np.int32),
        np.where(whole, turn.arrival_s, np.nan),
    )
