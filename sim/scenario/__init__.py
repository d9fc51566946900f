"""Choices: what a person may ask, how it is read, overridden and recognised."""
