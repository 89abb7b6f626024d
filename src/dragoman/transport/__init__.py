"""HTTP towards providers, behind the `Transport` protocol; knows nothing of chat."""
