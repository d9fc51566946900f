"""Many days: batches of scenarios, Monte Carlo studies and sensitivity studies, and what they come to.

sim.studies.load(folder)      the result of a batch or study on disk
"""

from sim.studies.statistics.results import Interval, StudyResult, load

__all__ = ["Interval", "StudyResult", "load"]
