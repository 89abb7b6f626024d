"""What each provider can be asked for: docs/capabilities.md.

    python -m tools.capabilities            write it
    python -m tools.capabilities --check    say whether it is stale

Every cell is what the code does with the fields of its feature, found out as the rows of
`dialects/coverage.toml` are, with what the provider's row in `providers/table.py` says. Cell by
cell, `tests/unit/providers/test_capabilities.py` holds the page against the code.
"""

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from dragoman.providers.provider import Provider, profile_of
from dragoman.providers.table import ROWS
from tests.request_fields import Field, request_fields
from tests.unit.dialects.outcomes import outcome
from tests.unit.providers.models import models_of

PAGE: Final = Path(__file__).parent.parent / "docs" / "capabilities.md"

FEATURES: Final = {
    "streaming": ("stream",),
    "instructions": ("messages[system]", "messages[developer]"),
    "images by address": ("messages[user].content[image_url]",),
    "sound as input": ("messages[user].content[input_audio]",),
    "files": ("messages[user].content[file]",),
    "images by address in results of tools": ("messages[tool].content[image_url]",),
    "functions": ("tools[function]",),
    "strict functions": ("tools[function].function.strict",),
    "custom tools": ("tools[custom]",),
    "a forced call": ("tool_choice[required]",),
    "a named call": ("tool_choice[function]",),
    "one call at a time": ("parallel_tool_calls[false]",),
    "JSON": ("response_format[json_object]",),
    "a JSON schema": ("response_format[json_schema]",),
    "levels of reasoning": ("reasoning_effort[low]", "reasoning_effort[high]"),
    "a bound on the answer": ("max_completion_tokens",),
    "temperature": ("temperature",),
    "stop sequences": ("stop",),
    "a seed": ("seed",),
    "several answers": ("n",),
    "log probabilities": ("logprobs",),
    "marks for the cache": ("messages[user].content[text].prompt_cache_breakpoint",),
    "service tiers": ("service_tier",),
    "searching the web": ("web_search_options",),
    "spoken answers": ("audio", "modalities"),
}
"""What a caller may want, and the fields that ask for it."""

WORDS: Final = {
    "carried": "native",
    "implied": "native",
    "renamed": "emulated",
    "emulated": "emulated",
    "clamped": "partial",
    "dropped": "unsupported",
    "refused": "unsupported",
}

FIELDS: Final = request_fields()

INTRODUCTION: Final = """# Capabilities

What each provider can be asked for. *Native* is carried as it was set; *emulated* is done by other
means or said in other words; *partial* is clamped, or differs from model to model; what is
*unsupported* is left out or refused. Whatever is not native is told in `response.losses`, or
refused before anything is sent. What a model itself can do is for its provider to say.

A cell is what becomes of a request that asks for the feature alone, at a model of each family that
the provider has. It has a test of its own, named after both:
`tests/unit/providers/test_capabilities.py::test_a_provider_does_what_its_cell_says[groq-a seed]`.
By field and model family, the same stands in `dialects/coverage.toml`. Providers that share a
column differ in nothing that stands here.

This page is printed by `python -m tools.capabilities`.
"""


def page() -> str:
    """The page, from the rows there are."""
    others = [row for row in ROWS if row.dialect != "openai-chat"]
    alike = [row for row in ROWS if row.dialect == "openai-chat"]
    return (
        f"{INTRODUCTION}\n## Dialects of their own\n\n{table(others)}"
        f"\n## OpenAI's dialect\n\nA provider that nobody here knows is asked as `lmstudio` is.\n\n"
        f"{table(alike)}"
    )


def table(providers: Iterable[Provider]) -> str:
    """A row for each feature, and a column for all providers of which the same is true."""
    columns: dict[tuple[str, ...], list[str]] = {}
    for row in providers:
        column = tuple(cell(row, fields) for fields in FEATURES.values())
        columns.setdefault(column, []).append(f"`{row.name}`")
    lines = [["", *(" ".join(names) for names in columns.values())]]
    lines.append(["---"] * len(lines[0]))
    lines += [list(line) for line in zip(FEATURES, *columns, strict=True)]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def cell(row: Provider, fields: Sequence[str]) -> str:
    """One word for what becomes of these fields at a provider, whatever the model."""
    asked = [field for field in FIELDS if field.name in fields]
    words = {word(row, field, model) for field in asked for model in models_of(row)}
    return words.pop() if len(words) == 1 else "partial"


def word(row: Provider, field: Field, model: str) -> str:
    """The word for what becomes of this field."""
    return WORDS[outcome(field, row.dialect, model, profile_of(row))]


def main(arguments: Sequence[str]) -> int:
    wanted = page()
    if "--check" not in arguments:
        PAGE.write_text(wanted, encoding="utf-8")
        return 0
    if PAGE.exists() and PAGE.read_text(encoding="utf-8") == wanted:
        return 0
    print("docs/capabilities.md is stale: run `python -m tools.capabilities`", file=sys.stderr)
    return 1


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
