"""Drawn demand: how many requests are expected at every moment, and when they arrive."""
