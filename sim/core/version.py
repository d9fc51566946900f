"""The version of the model: same scenario, seed and version give the same bytes."""

__version__ = "0.1.0"
