"""The public API: from arguments to an answer, over a real connection."""
