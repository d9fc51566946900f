"""The words of a run: what a server is doing, what an event is, which tokens are counted. Files hold these words."""

from enum import IntEnum, StrEnum


class ServerState(IntEnum):
    """What a server is doing; only one that is up takes new requests, and in `POWERED` states its power is on."""

    UP = 0
    DRAINING = 1
    """Serves the requests it has, to then sleep or be serviced."""
    ASLEEP = 2
    OFF = 3
    """Switched off."""
    WAKING = 4
    """Starts up and loads its model."""
    DOWN = 5
    """Failed, or under repair."""

    @property
    def word(self) -> str:
        """The state as files spell it.

        >>> ServerState.UP.word
        'up'
        """
        return self.name.lower()

    @property
    def column(self) -> str:
        """The column of server-seconds in this state.

        >>> ServerState.UP.column
        'up_server_s'
        """
        return f"{self.word}_server_s"


POWERED = (ServerState.UP, ServerState.DRAINING, ServerState.WAKING)
"""States in which a server's power is on."""


class EventKind(StrEnum):
    """What an event is; the values are the words of events.parquet."""

    FAILED = "failed"
    REPAIRED = "repaired"
    SERVICED = "serviced"
    """Planned work began."""
    RETURNED = "returned"
    """A serviced server serves again."""
    RACK_REPAIRED = "rack_mended"
    THROTTLED = "throttled"
    UNTHROTTLED = "unthrottled"
    COOLING_FAILED = "cooling_failed"
    """Of the facility, as are those below: such an event names no pool."""
    GRID_LOST = "grid_lost"
    GENERATORS_ON = "generators_on"
    FACILITY_DARK = "hall_dark"


TOKENS = ("prompt", "output", "cached")
"""Kinds of tokens that are counted; cached ones are part of the prompt's."""
