"""run.json: all that may differ between two equal runs."""

import platform
import resource
import sys
import time
from datetime import UTC, datetime
from typing import Any

BYTES_PER_KIB = 1024


class Stopwatch:
    """Remembers when a command began."""

    def __init__(self) -> None:
        self.started, self.begun_s = datetime.now(UTC), time.perf_counter()

    def record(self, **more: Any) -> dict[str, Any]:
        """What is to be remembered of the command until now."""
        return {
            "command": sys.argv,
            "started": self.started.isoformat(timespec="seconds"),
            "wall_s": round(time.perf_counter() - self.begun_s, 3),
            **more,
            "peak_rss_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * BYTES_PER_KIB,
            "host": platform.node(),
        }
