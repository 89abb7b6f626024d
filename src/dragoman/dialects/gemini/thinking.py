"""How hard to think: OpenAI's words as the levels or budgets of a model family."""

from typing import Any

from dragoman.dialects.gemini.draft import Draft
from dragoman.models import shared

ROUGHLY: frozenset[str] = frozenset({"minimal", "xhigh", "max"})
"""Efforts that a budget tells from no other."""


def thinking(draft: Draft) -> None:
    """Level or budget; a configuration in Gemini's own words counts before an effort."""
    pointer, own = draft.take_own("thinking_config")
    if pointer:
        if isinstance(own, dict):
            draft.config["thinkingConfig"] = own
            draft.drop("reasoning_effort", f"`{pointer.removeprefix('/')}` is set too, and counts")
            return
        draft.lose(pointer, "dropped", "expected an object")
    effort = draft.take("reasoning_effort")
    if effort is None:
        return
    family = draft.family
    config: dict[str, Any] = {"includeThoughts": True} if effort != "none" else {}
    if family.levels is not None:
        config["thinkingLevel"] = level = family.levels[effort]
        if level.lower() != effort:
            _clamped(draft, f"the nearest level of {draft.model} is {level}")
    elif family.budgets is not None:
        config["thinkingBudget"] = budget = family.budgets[effort]
        if effort in ROUGHLY or (effort == "none" and budget):
            _clamped(draft, f"{draft.model} is told a number of tokens, here {budget}")
    else:
        draft.lose("/reasoning_effort", "dropped", f"{draft.model} does not think")
        return
    draft.config["thinkingConfig"] = config


def _clamped(draft: Draft, reason: str) -> None:
    kind: shared.LossKind = "clamped"
    draft.lose("/reasoning_effort", kind, reason)
