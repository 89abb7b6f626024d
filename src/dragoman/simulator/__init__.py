"""A stand-in for every provider: request in, chunks out. It never pretends to be a model."""
