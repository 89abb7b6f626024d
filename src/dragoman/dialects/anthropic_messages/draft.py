"""A request on its way to Claude: what is being written, and what it has lost so far."""

from typing import Any, Final

from dragoman.dialects.anthropic_messages.quirks import Profile, Quirks
from dragoman.dialects.asked import Asked
from dragoman.dialects.claude import FAMILIES, Family, family_of
from dragoman.dialects.profiles import family_for
from dragoman.models import shared

Block = dict[str, Any]

NOWHERE: Final = "Anthropic's dialect has no place for it"


class Draft(Asked):
    """The JSON being written; the caller's own objects are never touched."""

    nowhere = NOWHERE

    def __init__(
        self, request: shared.CreateChatCompletionRequest, *, model: str, profile: Profile
    ) -> None:
        super().__init__(request, model=model)
        self.quirks: Quirks = profile.quirks
        self.family: Family = family_for(model, profile, FAMILIES, family_of)
        self.body: dict[str, Any] = {}
        self.betas: list[str] = []
        self.system: list[Block] = []
        self.messages: list[dict[str, Any]] = []
        self.tools: list[Block] = []
        self.offered = False
        """Whether the caller offers a tool, beside those that only the conversation needs."""

        self.marks: dict[int, str] = {}
        """Where the caller set the cache breakpoint of a block, by the block's `id`."""

    @property
    def version(self) -> str:
        """The version of the dialect; the newer one refuses sampling, as newer models do."""
        quirks = self.quirks
        newer = self.family.sampling == "none"
        return quirks.version or (quirks.newer_version if newer else quirks.older_version)

    @property
    def budgeted(self) -> bool:
        """Whether the model thinks within a budget of tokens."""
        return self._thinking() == "enabled"

    @property
    def thinking(self) -> bool:
        """Whether thinking was asked for, in either way."""
        return self._thinking() in ("enabled", "adaptive")

    def _thinking(self) -> object:
        thinking = self.body.get("thinking")
        return thinking.get("type") if isinstance(thinking, dict) else None

    def beta(self, name: str) -> None:
        """Ask for a beta feature."""
        if name not in self.betas:
            self.betas.append(name)

    def mark(self, block: Block, holder: Any, pointer: str) -> None:
        """Set the cache breakpoint that this part, message or tool of the caller's has."""
        point: shared.PromptCacheBreakpointParam | None
        point = getattr(holder, "prompt_cache_breakpoint", None)
        control: shared.CacheControl | shared.PromptCacheBreakpointParam | None
        control = holder.cache_control or point
        if control is None:
            return
        ttl = control.ttl
        place = f"{pointer}/{'prompt_cache_breakpoint' if control is point else 'cache_control'}"
        if point is not None and point.ttl not in (None, ttl):
            other = f"{pointer}/prompt_cache_breakpoint"
            self.lose(other, "dropped", "`cache_control` is set too, and counts")
        mark = {"type": "ephemeral"}
        if ttl in ("5m", "1h"):
            mark["ttl"] = ttl
        elif ttl is not None:
            reason = f"a prefix is kept for 5m or 1h; {ttl!r} is sent as 5m"
            self.lose(f"{place}/ttl", "clamped", reason)
        block["cache_control"] = mark
        self.marks[id(block)] = place
