"""Reasoning that comes as `<think>…</think>` at the head of the content."""

from typing import Final, Literal

OPENING: Final = "<think>"
CLOSING: Final = "</think>"


class ThinkTags:
    """Tells reasoning from text in a stream of pieces; at most a split tag is held back.

        EXPECTING --"<think>"--> THINKING --"</think>"--> CLOSED --text, less one "\\n"--> SPEAKING
            `------- any other text ----------------------------------------------------^

    Where the template put the opening tag into the prompt, the answer begins THINKING
    (`opened`), and an opening tag that comes all the same is cut.
    """

    def __init__(self, *, opened: bool = False) -> None:
        self._opened = opened
        self._state: Literal["expecting", "thinking", "closed", "speaking"] = "expecting"
        self._held = ""

    def hear(self, piece: str) -> tuple[str, str]:
        """The reasoning and the text that this piece adds."""
        text, self._held = self._held + piece, ""
        if self._state == "expecting":
            head = text.lstrip()
            if head != OPENING and OPENING.startswith(head):
                self._held = text
                return "", ""
            tagged = head.startswith(OPENING)
            self._state = "thinking" if tagged or self._opened else "speaking"
            text = head.removeprefix(OPENING) if tagged else text
        thought = ""
        if self._state == "thinking":
            thought, text = self._thinking(text)
        if self._state == "closed" and text:
            self._state, text = "speaking", text.removeprefix("\n")
        return thought, text

    def rest(self) -> tuple[str, str]:
        """What was held back when the stream ended."""
        held, self._held = self._held, ""
        thinking = self._state == "thinking" or (self._state == "expecting" and self._opened)
        return (held, "") if thinking else ("", held)

    def _thinking(self, text: str) -> tuple[str, str]:
        thought, tag, after = text.partition(CLOSING)
        if tag:
            self._state = "closed"
            return thought, after
        split = next((n for n in range(len(CLOSING) - 1, 0, -1) if text.endswith(CLOSING[:n])), 0)
        if split:
            thought, self._held = text[:-split], text[-split:]
        return thought, ""
