"""JSON that somebody else wrote: what msgspec reads, and what is read a second time."""

import pytest

from dragoman.dialects.openai_chat import decode_response
from dragoman.errors import RemoteProtocolError
from dragoman.streaming.made import Made
from dragoman.wire import reading

SURROGATE = rb"\ud800"
"""Makes msgspec refuse the text, so that it is read by the standard library."""


@pytest.mark.parametrize("text", [b"1e400", b"-1e400", b"[NaN]", b"Infinity"])
def test_a_number_that_json_could_not_write_again_is_not_read(text: bytes) -> None:
    assert not reading.is_json(text)


@pytest.mark.parametrize("content", [b"x", SURROGATE])
def test_a_count_without_bounds_is_the_providers_mistake(content: bytes) -> None:
    body = (
        b'{"choices":[{"message":{"content":"%s"},"finish_reason":"stop"}],'
        b'"usage":{"prompt_tokens":1e400,"completion_tokens":1}}' % content
    )

    with pytest.raises(RemoteProtocolError):
        decode_response(body, made=Made(created=1, id="chatcmpl-1"))
