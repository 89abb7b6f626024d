"""Chat Completions, spoken by OpenAI and, with quirks, by nearly everyone.

The hub's own dialect, so that little is translated and much is put in order.

Reference: https://platform.openai.com/docs/api-reference/chat
"""

from dragoman.dialects.openai_chat.caller import encode_error, encode_response, stream_encoder
from dragoman.dialects.openai_chat.encoding import encode_request
from dragoman.dialects.openai_chat.failure import decode_error
from dragoman.dialects.openai_chat.listing import decode_models, encode_models_request
from dragoman.dialects.openai_chat.quirks import OPENAI, OPENAI_PROFILE, Profile, Quirks
from dragoman.dialects.openai_chat.request import decode_request
from dragoman.dialects.openai_chat.response import decode_response, stream_decoder

__all__ = [
    "OPENAI",
    "OPENAI_PROFILE",
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
