"""What each dialect can be asked for: docs/capabilities.md, printed from coverage.toml.

    python -m tools.capabilities            write it
    python -m tools.capabilities --check    say whether it is stale

Every cell is a summary of rows that `tests/unit/dialects/test_coverage.py` holds against the code.
"""

import sys
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parent.parent
COVERAGE: Final = ROOT / "src" / "dragoman" / "dialects" / "coverage.toml"
PAGE: Final = ROOT / "docs" / "capabilities.md"

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
    "one call at a time": ("parallel_tool_calls",),
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

INTRODUCTION: Final = """# Capabilities

What each dialect can be asked for. *Native* is carried as it was set; *emulated* is done by other
means or said in other words; *partial* is clamped, or differs from model to model; what is
*unsupported* is left out or refused. Whatever is not native is told in `response.losses`, or
refused before anything is sent. The rows behind each cell stand in `dialects/coverage.toml`, by
model family, and `tests/unit/dialects/test_coverage.py` holds every one against the code.
Providers of the dialect `openai-chat` differ in their [quirks](providers.md).

This page is printed by `python -m tools.capabilities`.

"""

Rows = Mapping[str, Mapping[str, str]]


def page() -> str:
    """The page, from the rows there are."""
    coverage = tomllib.loads(COVERAGE.read_text(encoding="utf-8"))
    dialects = sorted(coverage)
    lines = [" | ".join(["", *(f"`{dialect}`" for dialect in dialects)])]
    lines.append(" | ".join(["---"] * (len(dialects) + 1)))
    for feature, fields in FEATURES.items():
        cells = [cell(coverage[dialect], fields) for dialect in dialects]
        lines.append(" | ".join([feature, *cells]))
    return INTRODUCTION + "".join(f"| {line} |\n" for line in lines)


def cell(rows: Rows, fields: Sequence[str]) -> str:
    """One word for what becomes of these fields, whatever the model family."""
    families = [family for family in rows if family != "default"] or ["default"]
    words = {WORDS[outcome(rows, family, field)] for family in families for field in fields}
    return words.pop() if len(words) == 1 else "partial"


def outcome(rows: Rows, family: str, field: str) -> str:
    """What becomes of a field: its own row, or the longest that it lies inside of."""
    for of in (family, "default"):
        inside = [
            row for row in rows[of] if field == row or field.startswith((f"{row}.", f"{row}["))
        ]
        if inside:
            return rows[of][max(inside, key=len)]
    raise KeyError(field)


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
