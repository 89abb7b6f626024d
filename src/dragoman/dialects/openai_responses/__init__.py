"""OpenAI Responses, towards a provider: for models and features that are served only there.

Reference: https://platform.openai.com/docs/api-reference/responses
"""

from dragoman.dialects.openai_responses.callers import (
    decode_request,
    encode_error,
    encode_response,
    stream_encoder,
)
from dragoman.dialects.openai_responses.encoding import encode_request
from dragoman.dialects.openai_responses.failure import decode_error
from dragoman.dialects.openai_responses.listing import decode_models, encode_models_request
from dragoman.dialects.openai_responses.quirks import RESPONSES_PROFILE, Profile, Quirks
from dragoman.dialects.openai_responses.response import decode_response, stream_decoder

__all__ = [
    "RESPONSES_PROFILE",
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
