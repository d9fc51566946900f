"""Results in, pages out: what the terminal shows, and the reports."""
