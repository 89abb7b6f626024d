"""Mistral's dialect: a relative of OpenAI's, with content in chunks and a strict reader.

Reference: https://docs.mistral.ai/api/
"""

from dragoman.dialects.mistral.answering import encode_error, encode_response
from dragoman.dialects.mistral.encoding import encode_request
from dragoman.dialects.mistral.failure import decode_error
from dragoman.dialects.mistral.listing import decode_models, encode_models_request
from dragoman.dialects.mistral.quirks import MISTRAL_PROFILE, Profile, Quirks
from dragoman.dialects.mistral.request import decode_request
from dragoman.dialects.mistral.response import decode_response, stream_decoder
from dragoman.dialects.mistral.streamed import stream_encoder

__all__ = [
    "MISTRAL_PROFILE",
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
