"""Batching, admission and routing: one enum and one table each."""
