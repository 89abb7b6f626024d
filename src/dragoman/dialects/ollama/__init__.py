"""Ollama's own dialect: models on one's own machine, and those that it hosts.

Its endpoint in OpenAI's dialect is a row of `openai-chat`, and cannot set the size of the context.

Reference: https://docs.ollama.com/api/chat
"""

from dragoman.dialects.ollama.answering import encode_error, encode_response
from dragoman.dialects.ollama.encoding import encode_request
from dragoman.dialects.ollama.failure import decode_error
from dragoman.dialects.ollama.listing import decode_models, encode_models_request
from dragoman.dialects.ollama.quirks import OLLAMA_PROFILE, Profile, Quirks
from dragoman.dialects.ollama.request import decode_request
from dragoman.dialects.ollama.response import decode_response, stream_decoder
from dragoman.dialects.ollama.streamed import stream_encoder

__all__ = [
    "OLLAMA_PROFILE",
    "Profile",
    "Quirks",
    "decode_error",
    "decode_models",
    "decode_request",
    "decode_response",
    "encode_error",
    "encode_models_request",
    "encode_request",
    "encode_response",
    "stream_decoder",
    "stream_encoder",
]
