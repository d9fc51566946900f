"""Figures: numbers in, drawings out; each one is a function of a result and a language."""
