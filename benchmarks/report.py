"""How long a report takes, process start included: each command five times, the quickest and the median.

    python -m benchmarks.report DIR...

DIR is a folder of a saved day, batch or study. Prints a line a folder: processor time and wall time in seconds.
"""

import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PROGRAM = Path(__file__).parents[1] / "run_sim.py"
REPEATS = 5


def once(folder: str) -> tuple[float, float]:
    """Processor and wall seconds of one report."""
    before, clock = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    with tempfile.TemporaryDirectory() as work:
        command = [sys.executable, str(PROGRAM), "report", folder, "--out", str(Path(work) / "report.pdf")]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, time.perf_counter() - clock


def main() -> None:
    """Time the reports of all folders that are named."""
    print("folder                    processor s: best  median    wall s: best  median")
    for folder in sys.argv[1:]:
        used = list(zip(*(once(folder) for _ in range(REPEATS)), strict=True))
        cells = [f"{pick(times):6.2f}" for times in used for pick in (min, statistics.median)]
        print(f"{Path(folder).name:25} {cells[0]:>18} {cells[1]:>7} {cells[2]:>15} {cells[3]:>7}")


if __name__ == "__main__":
    main()
