"""Bytes to events, and the pair that writes chunks and folds them; knows no provider."""
