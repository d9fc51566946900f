"""What a pool did, by minute: the plain sums that the reference engine fills."""

import numpy as np

from sim.serving.batch import Ended, Iteration
from sim.serving.rules import PREFILL

COLUMNS = ("prefill_busy_s", "decode_busy_s", "batch_request_s", "busy_j", "prompt_tokens", "output_tokens")


class Meter:
    """Sums by minute of the day; each mark settles the iterations under way, so work falls into its own minute."""

    def __init__(self, minutes: int) -> None:
        self.columns = {name: np.zeros(minutes) for name in COLUMNS}
        self._minute = 0

    def mark(self) -> None:
        """The minute is over."""
        self._minute = min(self._minute + 1, self.columns["busy_j"].size - 1)

    def work(self, iteration: Iteration, until_s: float) -> None:
        """Count the time and energy of an iteration up to `until_s`, if not counted before."""
        spent_s = until_s - max(iteration.start_s, iteration.settled_s)
        iteration.settled_s = until_s
        busy = "prefill_busy_s" if iteration.phase == PREFILL else "decode_busy_s"
        self.columns[busy][self._minute] += spent_s
        self.columns["batch_request_s"][self._minute] += spent_s * iteration.running
        self.columns["busy_j"][self._minute] += spent_s * iteration.power_w

    def tokens(self, ended: Ended) -> None:
        """Count the tokens of an iteration that ends now."""
        self.columns["prompt_tokens"][self._minute] += ended.prompt_tokens
        self.columns["output_tokens"][self._minute] += ended.output_tokens
