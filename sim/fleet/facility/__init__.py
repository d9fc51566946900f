"""SimPy processes of the data center: climate, cooling units, power feed, outages."""
