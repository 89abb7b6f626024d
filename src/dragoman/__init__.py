"""One chat completion response, whatever model answered."""
