"""Splitting a window of requests by cell, in one pass over them and one to place them."""

# mypy: disable-error-code="no-untyped-def, no-untyped-call"

import numpy as np

from sim.compiling import compiled
from sim.serving.kernel.accessors import candidate
from sim.serving.kernel.router import routing_key


@compiled
def choose_cells(salt, first_number, servers, cell_of_server, cells, counts):
    """Write the cell of each request, a random server's, and count the requests of each cell."""
    for i in range(cells.size):
        key = routing_key(salt, first_number + i, 0)
        cells[i] = cell_of_server[candidate(np.int64(key >> np.uint64(32)), servers)]
        counts[cells[i]] += 1


@compiled
def place(cells, nexts, columns, ordered):
    """Move each request to the next place of its cell; `nexts` begins with each cell's first place."""
    arrival_s, use_case, prompt, output, cached = columns
    arrival_out, use_case_out, prompt_out, output_out, cached_out = ordered
    for i in range(cells.size):
        at = nexts[cells[i]]
        nexts[cells[i]] = at + 1
        arrival_out[at], use_case_out[at] = arrival_s[i], use_case[i]
        prompt_out[at], output_out[at], cached_out[at] = prompt[i], output[i], cached[i]
