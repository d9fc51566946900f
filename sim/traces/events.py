"""EventLog: what happened to servers and plant, in order of time."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from sim.core.states import EventKind

if TYPE_CHECKING:
    import pandas as pd


class Event(NamedTuple):
    """One happening."""

    at_s: float
    """When it began, after the start of the day."""
    pool: str
    """Pool it concerns."""
    server: int
    """Server within the pool; -1 for the whole pool."""
    kind: EventKind
    """What happened."""
    duration_s: float
    """How long it lasted, up to the end of the day."""
    part: str
    """Part that failed: gpu, host, network or software; rack, overheated or power where a server went down with others;
    chiller or air_handler. Empty where none did."""
    labour_s: float
    """Hands-on time of technicians."""
    requeued: int
    """Requests given back to the router."""
    lost: int
    """Requests lost."""
    cause: str = ""
    """What lay behind it: a cause of failure, or the name of planned work."""
    parts_used: int = 0
    """Spare parts that the repair used."""


@dataclass
class EventLog:
    """A growing list of events; the one mutable trace, filled while the day runs."""

    events: list[Event] = field(default_factory=list)
    """In order of being noted; by time once the day is over."""

    def note(self, event: Event) -> None:
        """Add one event."""
        self.events.append(event)

    def of(self, kind: EventKind) -> list[Event]:
        """All events of a kind."""
        return [event for event in self.events if event.kind == kind]

    def table(self) -> "pd.DataFrame":
        """The log as a frame, by time."""
        import pandas as pd

        frame = pd.DataFrame(sorted(self.events), columns=list(Event._fields))
        frame["kind"] = frame["kind"].map(str)  # plain words, whatever writes them
        return frame
