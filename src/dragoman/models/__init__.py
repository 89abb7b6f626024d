"""The hub: Chat Completions types, `Loss`, the arithmetic of usage."""
