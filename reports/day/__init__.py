"""The report of one day, section by section."""
