"""What a provider may leave unsaid, and a response must say."""

import msgspec


class Made(msgspec.Struct, frozen=True, kw_only=True):
    """Used where the provider gives none; made by whoever has a clock and chance.

    Translators are pure: equal bytes and an equal `Made` give an equal answer.
    """

    created: int
    """Unix time in seconds when the answer began to arrive."""

    id: str
    """The id of the response, `chatcmpl-…`."""

    model: str = ""
    """The model that was asked."""

    def call_id(self, number: int) -> str:
        """The id of the `number`th tool call that came without one, counted over the answer."""
        import hashlib  # with all of OpenSSL, for the few answers whose calls have no id

        digest = hashlib.sha256(f"{self.id} {number}".encode()).hexdigest()
        return f"call_{digest[:24]}"
