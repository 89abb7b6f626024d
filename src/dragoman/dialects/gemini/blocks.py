"""The parts of one candidate, kept for what our fields cannot tell.

Most answers are reasoning, then text, then calls, and are put together again from those. Where
the order is another, where text is signed in several places, or where there are parts of other
kinds (images, code that Gemini ran, calls of its own tools), the parts themselves go along as
`native_content`, so that nothing is lost on the next turn.
"""

from typing import Any, Final, Literal

from dragoman.models import shared

FORMAT: Final = "google-gemini-v1"
"""The name of Gemini's reasoning and of its parts, as others have it, too."""

Kind = Literal["thought", "text", "call", "other"]

ORDER: Final[dict[Kind, int]] = {"thought": 0, "text": 1, "call": 2, "other": 3}


class Blocks:
    """Parts as they came; pieces of one text are one again."""

    def __init__(self) -> None:
        self.needed = False
        """Whether our fields cannot tell these parts."""
        self._parts: list[dict[str, Any]] = []
        self._pieces: list[str] = []
        self._last: Kind = "thought"
        self._text_signed = False

    def add(self, part: dict[str, Any], kind: Kind) -> None:
        """Keep a part that says something."""
        if kind == "other" or ORDER[kind] < ORDER[self._last]:
            self.needed = True
        if kind == "text":
            self.needed = self.needed or self._text_signed
            self._text_signed = "thoughtSignature" in part
        plain = part.keys() <= {"text", "thought"}
        if not (plain and self._pieces and kind == self._last):
            self._close_text()
            self._parts.append(part)
        if plain:
            self._pieces.append(part["text"])
        self._last = kind

    def native_content(self) -> shared.NativeContent:
        """All of them, for the next turn."""
        self._close_text()
        return shared.NativeContent(content=self._parts, format=FORMAT)

    def text(self) -> str:
        """The text of the answer."""
        self._close_text()
        texts = (part.get("text") for part in self._parts if not part.get("thought"))
        return "".join(text for text in texts if isinstance(text, str))

    def _close_text(self) -> None:
        if self._pieces:
            self._parts[-1] = {**self._parts[-1], "text": "".join(self._pieces)}
            self._pieces = []
