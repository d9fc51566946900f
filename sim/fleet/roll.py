"""The roll of a pool's servers: the state of each, and server-seconds in each state."""

from enum import IntEnum

import numpy as np


class State(IntEnum):
    """What a server is doing; only one that is up takes new requests."""

    UP = 0
    DRAINING = 1
    """Serves the requests it has, to then sleep or be serviced."""
    ASLEEP = 2
    WAKING = 3
    """Starts up and loads its model."""
    DOWN = 4
    """Failed, or under repair."""
    OFF = 5
    """Switched off."""


class Roll:
    """State of every server, with the time spent in each since the last reading."""

    def __init__(self, servers: int) -> None:
        self._state = np.full(servers, State.UP, np.int8)
        self._counts = [0.0] * len(State)
        self._counts[State.UP] = float(servers)
        self._seconds = [0.0] * len(State)
        self._changed_s = 0.0

    def state(self, server: int) -> State:
        """What a server is doing."""
        return State(self._state[server])

    def count(self, state: State) -> int:
        """Servers in a state."""
        return int(self._counts[state])

    def servers(self, state: State) -> list[int]:
        """Which they are."""
        return [int(server) for server in np.flatnonzero(self._state == state)]

    def change(self, server: int, state: State, now_s: float) -> None:
        """A server changes its state."""
        self._settle(now_s)
        self._counts[self._state[server]] -= 1.0
        self._counts[state] += 1.0
        self._state[server] = state

    def read(self, now_s: float) -> list[float]:
        """Server-seconds in each state, in their order, since the last reading."""
        self._settle(now_s)
        read, self._seconds = self._seconds, [0.0] * len(State)
        return read

    def _settle(self, now_s: float) -> None:
        length_s, self._changed_s = now_s - self._changed_s, now_s
        self._seconds = [seconds + count * length_s for seconds, count in zip(self._seconds, self._counts, strict=True)]
