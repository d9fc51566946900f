"""Samples of the three kinds of report, and pictures of their pages: made anew by `python -m reports.samples`."""
