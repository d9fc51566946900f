"""Kinds of measurement: one module for each layout of a points file."""
