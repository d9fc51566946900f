"""Files that people write and results that we write: YAML with positions, diagnostics, staging of output."""
