"""The command line: one module for each command, and the app that names them."""
