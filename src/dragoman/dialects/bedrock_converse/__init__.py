"""Converse, by which every model of Amazon Bedrock is asked in the same words.

Reference: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html
"""

from dragoman.dialects.bedrock_converse.answering import (
    encode_error,
    encode_response,
    stream_encoder,
)
from dragoman.dialects.bedrock_converse.encoding import encode_request
from dragoman.dialects.bedrock_converse.failure import decode_error
from dragoman.dialects.bedrock_converse.listing import decode_models, encode_models_request
from dragoman.dialects.bedrock_converse.quirks import BEDROCK_PROFILE, Profile, Quirks
from dragoman.dialects.bedrock_converse.request import decode_request
from dragoman.dialects.bedrock_converse.response import decode_response, stream_decoder

__all__ = [
    "BEDROCK_PROFILE",
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
