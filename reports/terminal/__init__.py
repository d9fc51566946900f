"""What commands print: results on stdout, progress on stderr."""
