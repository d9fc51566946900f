"""SimPy processes: who arrives, breaks, is mended, heats the hall; when, not what it costs."""
