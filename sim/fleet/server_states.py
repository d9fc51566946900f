"""What each server of a pool is doing, and server-seconds in each state."""

import numpy as np

from sim.core.states import ServerState


class ServerStates:
    """State of every server, with the time spent in each since the last reading."""

    def __init__(self, servers: int) -> None:
        self.size = servers
        """Servers in the pool."""
        self._state = np.full(servers, ServerState.UP, np.int8)
        self._counts = [0.0] * len(ServerState)
        self._counts[ServerState.UP] = float(servers)
        self._seconds = [0.0] * len(ServerState)
        self._changed_s = 0.0

    def state(self, server: int) -> ServerState:
        """What a server is doing."""
        return ServerState(self._state[server])

    def count(self, state: ServerState) -> int:
        """Servers in a state."""
        return int(self._counts[state])

    def servers(self, state: ServerState) -> list[int]:
        """Which they are."""
        return [int(server) for server in np.flatnonzero(self._state == state)]

    def change(self, server: int, state: ServerState, now_s: float) -> None:
        """A server changes its state."""
        self._settle(now_s)
        self._counts[self._state[server]] -= 1.0
        self._counts[state] += 1.0
        self._state[server] = state

    def read(self, now_s: float) -> list[float]:
        """Server-seconds in each state, in their order, since the last reading."""
        self._settle(now_s)
        read, self._seconds = self._seconds, [0.0] * len(ServerState)
        return read

    def _settle(self, now_s: float) -> None:
        length_s, self._changed_s = now_s - self._changed_s, now_s
        self._seconds = [seconds + count * length_s for seconds, count in zip(self._seconds, self._counts, strict=True)]
