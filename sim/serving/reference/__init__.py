"""The reference engine: SimPy, iteration by iteration. Slow, and written to be read."""
