"""What is asked of the fleet: requests drawn from a daily demand, or replayed from a trace."""
