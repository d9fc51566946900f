"""What a simulated day costs: hardware, energy and maintenance, as a pure function of its traces and of prices."""
