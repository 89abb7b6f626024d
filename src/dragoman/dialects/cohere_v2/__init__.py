"""Cohere's v2 chat, by which its Command models are asked.

Reference: https://docs.cohere.com/v2/reference/chat
"""

from dragoman.dialects.cohere_v2.answering import encode_error, encode_response
from dragoman.dialects.cohere_v2.encoding import encode_request
from dragoman.dialects.cohere_v2.failure import decode_error
from dragoman.dialects.cohere_v2.listing import decode_models, encode_models_request
from dragoman.dialects.cohere_v2.quirks import COHERE_PROFILE, Profile, Quirks
from dragoman.dialects.cohere_v2.request import decode_request
from dragoman.dialects.cohere_v2.response import decode_response, stream_decoder
from dragoman.dialects.cohere_v2.streamed import stream_encoder

__all__ = [
    "COHERE_PROFILE",
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
