"""A request on its way to Bedrock: what is being written, and what it has lost so far."""

from typing import Any, Final

from dragoman.dialects.asked import Asked
from dragoman.dialects.bedrock_converse.families import BY_NAME, Family, family_of
from dragoman.dialects.bedrock_converse.quirks import Profile, Quirks
from dragoman.dialects.profiles import family_for
from dragoman.models import shared

Block = dict[str, Any]

NOWHERE: Final = "Bedrock's dialect has no place for it"


class Draft(Asked):
    """The JSON being written; the caller's own objects are never touched."""

    nowhere = NOWHERE

    def __init__(
        self, request: shared.CreateChatCompletionRequest, *, model: str, profile: Profile
    ) -> None:
        super().__init__(request, model=model)
        self.quirks: Quirks = profile.quirks
        self.family: Family = family_for(model, profile, BY_NAME.values(), family_of)
        self.body: dict[str, Any] = {}
        self.inference: dict[str, Any] = {}
        """`inferenceConfig`: what all models take."""

        self.additional: dict[str, Any] = {}
        """`additionalModelRequestFields`: what this model alone takes."""

        self.system: list[Block] = []
        self.messages: list[dict[str, Any]] = []
        self.tools: list[Block] = []
        self.choice: Block | None = None
        """`toolChoice`."""

        self.offered = False
        """Whether the caller offers a tool, beside those that only the conversation needs."""

        self.names: set[str] = set()
        """The names of the documents, which have to differ."""

        self.marks: dict[int, str] = {}
        """Where the caller set the breakpoint that is a cache point, by the block's `id`."""

    @property
    def budgeted(self) -> bool:
        """Whether the model thinks within a budget of tokens."""
        return self._thinking() == "enabled"

    @property
    def thinking(self) -> bool:
        """Whether Claude was asked to think, in either way."""
        return self._thinking() in ("enabled", "adaptive")

    def _thinking(self) -> object:
        thinking = self.additional.get("thinking")
        return thinking.get("type") if isinstance(thinking, dict) else None

    def point(self, holder: Any, pointer: str) -> list[Block]:
        """The cache point behind this part, message or tool of the caller's, where it has one."""
        point: shared.PromptCacheBreakpointParam | None
        point = getattr(holder, "prompt_cache_breakpoint", None)
        control: shared.CacheControl | shared.PromptCacheBreakpointParam | None
        control = holder.cache_control or point
        if control is None:
            return []
        place = f"{pointer}/{'prompt_cache_breakpoint' if control is point else 'cache_control'}"
        if point is not None and point.ttl not in (None, control.ttl):
            other = f"{pointer}/prompt_cache_breakpoint"
            self.lose(other, "dropped", "`cache_control` is set too, and counts")
        return self.cache_point(control.ttl, place)

    def cache_point(self, ttl: object, place: str) -> list[Block]:
        """A cache point for the breakpoint at this place; none where the model takes none."""
        if not self.family.caching:
            self.lose(place, "dropped", f"{self.model} takes no cache points")
            return []
        mark = {"type": "default"}
        if ttl in ("5m", "1h"):
            mark["ttl"] = str(ttl)
        elif ttl is not None:
            reason = f"a prefix is kept for 5m or 1h; {ttl!r} is sent as 5m"
            self.lose(f"{place}/ttl", "clamped", reason)
        block = {"cachePoint": mark}
        self.marks[id(block)] = place
        return [block]
