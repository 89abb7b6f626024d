"""Who speaks which dialect, where, signed how, with which quirks: rows of data."""
