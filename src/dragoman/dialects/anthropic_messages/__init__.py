"""Anthropic Messages, by which Claude is asked: at Anthropic's, on Vertex AI, on Bedrock.

Reference: https://docs.claude.com/en/api/messages
"""

from dragoman.dialects.anthropic_messages.answering import encode_error, encode_response
from dragoman.dialects.anthropic_messages.encoding import encode_request
from dragoman.dialects.anthropic_messages.failure import decode_error
from dragoman.dialects.anthropic_messages.listing import decode_models, encode_models_request
from dragoman.dialects.anthropic_messages.quirks import ANTHROPIC_PROFILE, Profile, Quirks
from dragoman.dialects.anthropic_messages.request import decode_request
from dragoman.dialects.anthropic_messages.response import decode_response, stream_decoder
from dragoman.dialects.anthropic_messages.streamed import stream_encoder

__all__ = [
    "ANTHROPIC_PROFILE",
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
