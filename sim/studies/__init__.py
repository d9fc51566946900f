"""Studies of many days; none is built yet."""
