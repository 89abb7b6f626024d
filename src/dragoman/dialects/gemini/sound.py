"""A spoken answer, which comes in pieces that are each a base64 text of their own."""

import binascii

from dragoman.models import shared
from dragoman.wire import reading

Piece = shared.ChatCompletionStreamResponseDeltaAudio


class Sound:
    """Makes one base64 text of the pieces, which can be joined: padding stands at its end only."""

    def __init__(self, id: str) -> None:
        self._id: str | None = id
        self._held = b""

    def heard(self, data: str) -> Piece:
        """What this piece adds to the text."""
        try:
            sound = self._held + binascii.a2b_base64(data)
        except ValueError:
            raise reading.MistypedError("expected base64; got another text", "content") from None
        whole = len(sound) - len(sound) % 3
        self._held = sound[whole:]
        id, self._id = self._id, None
        return Piece(data=_written(sound[:whole]), id=id)

    def rest(self) -> Piece | None:
        """What was held back when the answer ended."""
        held, self._held = self._held, b""
        return Piece(data=_written(held)) if held else None


def _written(sound: bytes) -> str | None:
    return binascii.b2a_base64(sound, newline=False).decode() or None
