"""Scaling a trace in volume while its bursts keep their form.

Taking requests at random would smooth a trace towards Poisson, and so would laying shifted copies over each other.
Instead the gaps of every window of ten minutes are taken as a ring, from a random place on and in their order: fewer of
them than there are to thin a trace, several times round to thicken it, stretched or compressed to fill the window. So a
window keeps the course and the coefficient of variation of its gaps and its place in the day, and has `volume` times as
many requests, to within one.
"""

import math
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from sim.core.streams import Streams
from sim.workload.demand.arrivals import Windows
from sim.workload.requests import Requests

WINDOW_S = 600.0
"""Length of a window: that of the rates that production traces are told by."""
BEFORE_ITS_END_S = float(np.nextafter(WINDOW_S, 0.0))


def scaled(blocks: Iterator[Requests], volume: float, streams: Streams, duration_s: float) -> Iterator[Requests]:
    """A trace with so many requests for each of its own, window by window; itself where the volume is one."""
    if volume == 1:
        yield from blocks
        return
    windows = Windows(blocks)
    for number in range(math.ceil(duration_s / WINDOW_S)):
        start_s = number * WINDOW_S
        within = windows.take(start_s + WINDOW_S).later(-start_s)
        luck = streams.rng("volume", number).random(3)
        yield ringed(within, volume, *luck.tolist()).later(start_s).between(0.0, duration_s)


def ringed(window: Requests, volume: float, more: float, place: float, offset: float) -> Requests:
    """A window, in its own time, with so many times its requests.

    Three uniforms decide whether a fraction of a request becomes one, which request comes first, and how soon.

    >>> two = Requests.uncached(np.array([0.0, 450.0]), *(np.ones(2, np.int32) for _ in range(3)))
    >>> ringed(two, 2.0, 0.0, 0.0, 0.0).arrival_s.tolist(), ringed(two, 0.5, 0.0, 0.9, 0.5).arrival_s.tolist()
    ([0.0, 225.0, 300.0, 525.0], [300.0])
    """
    wanted = int(volume * window.size + more)
    if not wanted:
        return Requests.empty()
    gaps_s = np.diff(window.arrival_s, append=window.arrival_s[0] + WINDOW_S)
    taken = (int(place * window.size) + np.arange(wanted)) % window.size
    lasts_s = float(gaps_s[taken].sum())
    scale = WINDOW_S / lasts_s if lasts_s else 0.0
    first_s = offset * (scale * float(gaps_s[taken[-1]]) if lasts_s else WINDOW_S)
    passed_s = np.concatenate(([0.0], np.cumsum(gaps_s[taken[:-1]])))
    requests = window.where(taken)
    return requests.at(np.minimum(first_s + scale * passed_s, BEFORE_ITS_END_S))


def sped_up(requests: Requests, skip_s: float, speed: float) -> Requests:
    """A trace from `skip_s` on, so many times as fast."""
    rest = requests.between(skip_s, np.inf)
    reused_s = None if rest.reused_s is None else (rest.reused_s - skip_s) / speed
    return replace(rest, arrival_s=(rest.arrival_s - skip_s) / speed, reused_s=reused_s)
