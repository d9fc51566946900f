"""SimPy processes of failure, repair and scheduled maintenance."""
