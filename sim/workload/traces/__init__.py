"""Replayed demand: request traces in public formats."""
