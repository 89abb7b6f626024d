"""One chat completion response, whatever model answered."""

from dragoman import translate
from dragoman.streaming.folding import fold

__all__ = ["fold", "translate"]
