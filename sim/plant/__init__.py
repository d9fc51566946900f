"""Laws of the machinery as pure functions: no clock, no state."""
