"""Usage of the simulator: it has no tokens, so it counts words."""

from typing import Final

from dragoman.models import shared
from dragoman.models.usage import adding_up
from dragoman.simulator.text import text_of

AT_ONCE: Final = 64 * 1024
"""Characters that are split at once: as so many words, a long prompt takes much more room."""


def words(text: str) -> int:
    """How many words there are between white space."""
    count = 0
    for at in range(0, len(text), AT_ONCE):
        count += len(text[at : at + AT_ONCE].split())
        if at and not (text[at - 1].isspace() or text[at].isspace()):
            count -= 1  # It began in the slice before.
    return count


def prompt_words(messages: list[shared.ChatCompletionRequestMessage]) -> int:
    """The words of all messages, those of earlier calls and refusals included."""
    return sum(words(text) for message in messages for text in texts_in(message))


def texts_in(message: shared.ChatCompletionRequestMessage) -> list[str]:
    """Every text that a message holds."""
    texts = [text_of(message.content)]
    if not isinstance(message, shared.ChatCompletionRequestAssistantMessage):
        return texts
    for part in message.content if isinstance(message.content, list) else ():
        if isinstance(part, shared.ChatCompletionRequestMessageContentPartRefusal):
            texts.append(part.refusal)
    texts.append(message.refusal or "")
    if message.function_call is not None:
        texts.append(message.function_call.arguments)
    for call in message.tool_calls or ():
        match call:
            case shared.ChatCompletionMessageToolCall(function=function):
                texts.append(function.arguments)
            case shared.ChatCompletionMessageCustomToolCall(custom=custom):
                texts.append(custom.input)
    return texts


def usage(prompt: int, completion: int) -> shared.CompletionUsage:
    """The usage of an answer, which has no details: nothing is cached, nothing is thought."""
    return adding_up(prompt, completion, {}, {})
