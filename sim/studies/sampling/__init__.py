"""Distributions and designs: which points of the input space are run."""
