"""What providers say, byte for byte: lenient types, one module per dialect; no decisions."""
