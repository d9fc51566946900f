"""What every package builds on: units, errors, random streams, compiling. It knows nothing of the model."""
