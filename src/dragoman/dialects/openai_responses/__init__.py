"""OpenAI Responses: for models and features that are served only there, and callers who speak it.

Reference: https://platform.openai.com/docs/api-reference/responses
"""

from dragoman.dialects.openai_responses.answering import encode_error, encode_response
from dragoman.dialects.openai_responses.encoding import encode_request
from dragoman.dialects.openai_responses.failure import decode_error
from dragoman.dialects.openai_responses.listing import decode_models, encode_models_request
from dragoman.dialects.openai_responses.quirks import RESPONSES_PROFILE, Profile, Quirks
from dragoman.dialects.openai_responses.request import decode_request
from dragoman.dialects.openai_responses.response import decode_response, stream_decoder
from dragoman.dialects.openai_responses.streamed import stream_encoder

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
