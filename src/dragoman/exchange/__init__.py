"""One request as a conversation: what is decided before the first content, and nothing else."""
