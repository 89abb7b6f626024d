"""Gemini's generateContent, spoken by AI Studio and by Vertex AI.

Reference: https://ai.google.dev/api/generate-content
"""

from dragoman.dialects.gemini.caller import encode_error, encode_response, stream_encoder
from dragoman.dialects.gemini.encoding import encode_request
from dragoman.dialects.gemini.failure import decode_error
from dragoman.dialects.gemini.listing import decode_models, encode_models_request
from dragoman.dialects.gemini.quirks import AI_STUDIO, Profile, Quirks
from dragoman.dialects.gemini.request import decode_request
from dragoman.dialects.gemini.response import decode_response, stream_decoder

__all__ = [
    "AI_STUDIO",
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
