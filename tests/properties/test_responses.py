"""Responses of ours: valid, and the fold of their chunks, by whichever way they travel."""

import json
from collections.abc import Iterator

from hypothesis import given
from hypothesis import strategies as st

from dragoman.dialects.openai_chat import decode_response, encode_response, stream_decoder
from dragoman.dialects.openai_chat.caller import StreamEncoder
from dragoman.models import shared
from dragoman.streaming.folding import fold
from dragoman.streaming.made import Made
from dragoman.streaming.writing import Chunk, ChunkWriter
from tests.schema import faults
from tests.strategies import responses

MADE = Made(created=1, id="chatcmpl-made", model="made")

steps = st.integers(1, 4)


def pieces(text: str | None, step: int) -> Iterator[str]:
    """A text in pieces of at most `step` characters."""
    yield from (text[at : at + step] for at in range(0, len(text or ""), step)) if text else ()


def written(response: shared.CreateChatCompletionResponse, step: int) -> list[Chunk]:
    """The response as chunks, its texts in pieces."""
    writer = ChunkWriter(MADE)
    writer.start(id=response.id, created=response.created, model=response.model)
    writer.served(
        service_tier=response.service_tier, system_fingerprint=response.system_fingerprint
    )
    writer.about(metadata=response.metadata, moderation=response.moderation)
    for choice in response.choices:
        tell(writer, choice, step)
    if response.usage is not None:
        writer.usage(response.usage)
    writer.end()
    return writer.take()


def tell(
    writer: ChunkWriter, choice: shared.CreateChatCompletionResponseChoices, step: int
) -> None:
    index, message = choice.index, choice.message
    writer.choice(index)
    for text in pieces(message.reasoning_content, step):
        writer.reasoning(index, text)
    if message.reasoning_details is not None:
        writer.reasoning(index, None, message.reasoning_details)
    if choice.logprobs is not None:
        writer.text(index, "", choice.logprobs)
    for text in pieces(message.content, step):
        writer.text(index, text)
    for text in pieces(message.refusal, step):
        writer.refusal(index, text)
    for place, call in enumerate(message.tool_calls or ()):
        tell_call(writer, index, place, call, step)
    tell_rarer(writer, index, message, step)
    writer.finish(index, choice.finish_reason, choice.native_finish_reason)


def tell_call(
    writer: ChunkWriter, index: int, place: int, call: shared.ToolCall, step: int
) -> None:
    if isinstance(call, shared.ChatCompletionMessageCustomToolCall):
        writer.tool_call(index, place=place, id=call.id, name=call.custom.name, custom=True)
        for text in pieces(call.custom.input, step):
            writer.tool_call(index, place=place, arguments=text, custom=True)
    else:
        extra = call.extra_content
        writer.tool_call(
            index, place=place, id=call.id, name=call.function.name, extra_content=extra
        )
        for text in pieces(call.function.arguments, step):
            writer.tool_call(index, place=place, arguments=text)


def tell_rarer(
    writer: ChunkWriter, index: int, message: shared.ChatCompletionResponseMessage, step: int
) -> None:
    if message.function_call is not None:
        writer.function_call(index, message.function_call.name, None)
        for text in pieces(message.function_call.arguments, step):
            writer.function_call(index, None, text)
    if (audio := message.audio) is not None:
        piece = shared.ChatCompletionStreamResponseDeltaAudio
        writer.audio(index, piece(id=audio.id, expires_at=audio.expires_at))
        for text in pieces(audio.data, step):
            writer.audio(index, piece(data=text))
        for text in pieces(audio.transcript, step):
            writer.audio(index, piece(transcript=text))
    for annotation in message.annotations or ():
        writer.annotations(index, [annotation])
    if message.extra_content is not None:
        writer.extra_content(index, message.extra_content)
    if message.native_content is not None:
        writer.native_content(index, message.native_content)


@given(response=responses)
def test_a_response_is_valid(response: shared.CreateChatCompletionResponse) -> None:
    body = json.loads(encode_response(response))

    assert faults("CreateChatCompletionResponse", body) == []


@given(response=responses, step=steps)
def test_a_response_written_as_chunks_and_folded_is_itself(
    response: shared.CreateChatCompletionResponse, step: int
) -> None:
    assert fold(written(response, step)) == response


@given(response=responses)
def test_a_response_that_is_sent_is_the_one_that_is_read(
    response: shared.CreateChatCompletionResponse,
) -> None:
    body = encode_response(response)

    assert decode_response(body, made=MADE) == response


@given(response=responses, step=steps)
def test_a_response_that_is_streamed_is_the_one_that_is_read(
    response: shared.CreateChatCompletionResponse, step: int
) -> None:
    encoder = StreamEncoder(include_usage=True)
    stream = b"".join(map(encoder.encode, written(response, step))) + encoder.end()

    decoder = stream_decoder(made=MADE)

    assert fold([*decoder.receive(stream), *decoder.finish()]) == response
