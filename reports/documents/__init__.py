"""Reports as documents: blocks, PDF, HTML, languages, fonts."""
