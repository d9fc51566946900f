"""Which servers of a pool serve, and why the others do not: the one door through which they leave and return."""

from collections.abc import Generator
from typing import Any

import simpy

from sim.core.states import EventKind, ServerState
from sim.core.units import SECONDS_PER_MINUTE
from sim.fleet.server_states import ServerStates
from sim.serving.engine.protocol import ServerControl
from sim.traces.events import Event, EventLog


class Servers:
    """The servers of one pool. One serves unless a reason keeps it down, or it rests: asleep, or standing by."""

    def __init__(
        self, env: simpy.Environment, name: str, states: ServerStates, engine: ServerControl, log: EventLog
    ) -> None:
        self.env, self.name, self.states, self.engine, self.log = env, name, states, engine, log
        self._reasons: dict[int, dict[str, Event]] = {}
        self._resting: dict[int, ServerState] = {}
        self._away_s: dict[int, float] = {}
        self._left_s: dict[int, float] = {}
        self._returns: dict[int, simpy.Event] = {}
        self._in_hand: dict[tuple[int, str], float] = {}

    def in_service_s(self, server: int) -> float:
        """Time that a server has been in service so far."""
        away_s = self._away_s.get(server, 0.0)
        if server in self._left_s:
            away_s += self.env.now - self._left_s[server]
        return self.env.now - away_s

    def back(self, server: int) -> simpy.Event:
        """Happens when a server that is out of service returns."""
        return self._returns.setdefault(server, self.env.event())

    def serves(self, server: int) -> bool:
        """Whether a server takes requests."""
        return server not in self._left_s

    def take(
        self, server: int, reason: str, kind: EventKind = EventKind.FAILED, part: str = "", cause: str = ""
    ) -> None:
        """A reason takes a server down; its requests go elsewhere."""
        requeued = lost = 0
        if not self._reasons.get(server):
            self._advance()
            if self.states.state(server) in (ServerState.UP, ServerState.DRAINING):
                requeued, lost = self.engine.fail(server)
            self._change(server, ServerState.DOWN)
        event = Event(self.env.now, self.name, server, kind, 0.0, part, 0.0, requeued, lost, cause)
        self._reasons.setdefault(server, {})[reason] = event

    def take_in_hand(self, server: int, reason: str, parts_used: int = 0) -> None:
        """A technician begins to work on what keeps a server down."""
        self._in_hand[server, reason] = self.env.now
        self._reasons[server][reason] = self._reasons[server][reason]._replace(parts_used=parts_used)

    def lay_down(self, server: int, reason: str) -> None:
        """The technician is done."""
        self._reasons[server][reason] = self._with_labour(server, reason)
        del self._in_hand[server, reason]

    def _with_labour(self, server: int, reason: str) -> Event:
        """The event of a reason with the labour spent on it so far."""
        event = self._reasons[server][reason]
        return event._replace(
            labour_s=event.labour_s + self.env.now - self._in_hand.get((server, reason), self.env.now)
        )

    def give(self, server: int, reason: str, done: EventKind = EventKind.REPAIRED) -> None:
        """A reason holds no longer; the server serves again unless another does, or it rests."""
        event = self._reasons[server].pop(reason)
        self.log.note(event._replace(duration_s=self.env.now - event.at_s))
        self.log.note(event._replace(at_s=self.env.now, kind=done, labour_s=0.0, requeued=0, lost=0, parts_used=0))
        if self._reasons[server]:
            return
        if server in self._resting:
            self._change(server, self._resting[server])
        else:
            self._serve(server)

    def held(self, server: int, reason: str) -> bool:
        """Whether a reason keeps a server down."""
        return reason in self._reasons.get(server, {})

    def down(self, server: int) -> bool:
        """Whether any reason does."""
        return bool(self._reasons.get(server))

    def drain(self, server: int) -> Generator[simpy.Event, Any, None]:
        """Let a server serve out what it has, and wait, from one full minute to the next, until it has."""
        if self.serves(server):
            self._advance()
            self.engine.drain(server)
            self._change(server, ServerState.DRAINING)
        while not self.down(server) and self.engine.outstanding(server):
            yield self.env.timeout(SECONDS_PER_MINUTE - self.env.now % SECONDS_PER_MINUTE)
            self._advance()

    def rest(self, server: int, state: ServerState) -> None:
        """A drained server sleeps, or stands by; one that is down does so when it is mended."""
        self._resting[server] = state
        if not self.down(server):
            if self.serves(server):
                self.engine.drain(server)
            self._change(server, state)

    def waking(self, server: int) -> None:
        """A server that rests starts up."""
        self._change(server, ServerState.WAKING)

    def wake(self, server: int) -> None:
        """A server that rests, or is drained, serves again, at once or when it is mended."""
        self._resting.pop(server, None)
        if not self.down(server) and not self.serves(server):
            self._serve(server)

    def resting(self, state: ServerState) -> list[int]:
        """Servers that rest in a state, and could start."""
        return [server for server in self._resting if self.states.state(server) == state]

    def close(self, end_s: float) -> None:
        """Note what the end of the day cuts short."""
        for server, reasons in self._reasons.items():
            for reason in reasons:
                event = self._with_labour(server, reason)
                self.log.note(event._replace(duration_s=end_s - event.at_s))

    def _serve(self, server: int) -> None:
        self._advance()
        self.engine.restore(server)
        self._change(server, ServerState.UP)

    def _change(self, server: int, state: ServerState) -> None:
        """Write the state down, and count the time out of service."""
        self.states.change(server, state, self.env.now)
        if state != ServerState.UP:
            self._left_s.setdefault(server, self.env.now)
        elif server in self._left_s:
            away_s = self.env.now - self._left_s.pop(server)
            self._away_s[server] = self._away_s.get(server, 0.0) + away_s
            if server in self._returns:
                self._returns.pop(server).succeed()

    def _advance(self) -> None:
        self.engine.advance(self.env.now)
