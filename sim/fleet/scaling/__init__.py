"""SimPy processes that change how many servers are up."""
