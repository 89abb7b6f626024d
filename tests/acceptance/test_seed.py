"""Our page of the response, held against the page that this library grew from.

The seed can be laid over ours: what it says stands there too, in its words and its order; ours
may promise more, and stand below. Links are compared from `models/` on, since the seed's
generator left `undefined` before it.
"""

import re
from pathlib import Path
from typing import NamedTuple

import pytest

from dragoman import fold, translate
from dragoman.models import shared
from tools import pages

SEED = Path(__file__).parent.parent / "data" / "seed" / "createchatcompletionresponse.md"
OURS = pages.FOLDER / SEED.name

LINKED = re.compile(r"\[(Optional\[)?(shared\.\w+)(\]?)\]\((?:undefined|\.\./\.\.)/([\w/.]+)\)")

BODY = b"""{"id": "a", "object": "chat.completion", "created": 1, "model": "m", "choices": [
  {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "Yes."}}],
  "usage": {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}}"""


class Page(NamedTuple):
    heading: str
    sentence: str
    rows: list[list[str]]


def read(text: str) -> Page:
    """The heading, the sentence and the rows of the first table."""
    match = re.match(r"# (.+)\n\n(.+)\n\n\n## Fields\n\n((?:\|.*\|\n?)+)", text)
    assert match, "the page has another form than the seed"
    heading, sentence, table = match.groups()
    header, _, *rows = [
        [cell.strip() for cell in line.strip("|").split(" | ")] for line in table.splitlines()
    ]
    assert header == ["Field", "Type", "Required", "Description"]
    return Page(heading, sentence, rows)


def allowed(spelled: str) -> set[str]:
    """The types that a cell allows, `None` and each word of a set among them."""
    plain = LINKED.sub(r"\1\2 at \4\3", spelled).strip("*")
    optional = re.fullmatch(r"Optional\[(.+)\]", plain)
    inner = optional[1] if optional else plain
    words = re.fullmatch(r"Literal\[(.+)\]", inner)
    return ({*words[1].split(", ")} if words else {inner}) | ({"None"} if optional else set())


def narrower(ours: str, seed: str) -> bool:
    """Whether ours is the seed's type or promises more; a word in quotes is a `str`."""
    ours_allowed, seed_allowed = allowed(ours), allowed(seed)
    return all(
        kind in seed_allowed or (kind.startswith('"') and "str" in seed_allowed)
        for kind in ours_allowed
    )


def differences(seed: Page, ours: Page) -> list[str]:
    """Where ours does not say what the seed says."""
    found = [
        f"{part}: the seed says {theirs!r}, ours {our!r}"
        for part, theirs, our in (
            ("heading", seed.heading, ours.heading),
            ("sentence", seed.sentence, ours.sentence),
            ("fields", [row[0] for row in seed.rows], [row[0] for row in ours.rows]),
        )
        if theirs != our
    ]
    for theirs, our in zip(seed.rows, ours.rows, strict=False):
        if not narrower(our[1], theirs[1]):
            found.append(f"{theirs[0]}: {our[1]} is wider than {theirs[1]}")
        if our[2:] != theirs[2:]:
            found.append(f"{theirs[0]}: the seed says {theirs[2:]}, ours {our[2:]}")
    return found


def seed_text() -> str:
    return SEED.read_bytes().decode()


def test_the_seed_page_and_the_type_agree() -> None:
    ours = OURS.read_bytes().decode()

    assert ours == pages.struct_page("CreateChatCompletionResponse")
    assert len(read(seed_text()).rows) == 6
    assert differences(read(seed_text()), read(ours)) == []


def test_what_the_seed_says_we_would_write_to_the_byte() -> None:
    seed = read(seed_text())
    rows = [
        pages.Row(field.strip("`"), type_, mark == ":heavy_check_mark:", description)
        for field, type_, mark, description in seed.rows
    ]

    assert pages.page(seed.heading, seed.sentence, {"Fields": rows}) == seed_text()


@pytest.mark.parametrize(
    ("was", "becomes", "noticed"),
    [
        ("# Create", "# Make", "heading"),
        ("returned by model", "returned by the model", "sentence"),
        ("The model used", "The models used", "`model`"),
        ("`created`", "`made`", "fields"),
        ("*int*                ", "*Optional[float]*    ", "`created`"),
        ("list[[shared", "Optional[list[[shared", "`choices`"),
        ("models/shared/createchatcompletionresponsechoices.md", "choices.md", "`choices`"),
        ("shared.CompletionUsage", "shared.Usage", "`usage`"),
    ],
)
def test_whatever_our_page_says_differently_is_noticed(
    was: str, becomes: str, noticed: str
) -> None:
    ours = OURS.read_bytes().decode()
    changed = ours.replace(was, becomes, 1)

    found = differences(read(seed_text()), read(changed))

    assert changed != ours
    assert [line.partition(":")[0] for line in found] == [noticed]


def test_another_order_or_mark_is_noticed() -> None:
    seed = read(seed_text())
    swapped = seed._replace(rows=[seed.rows[1], seed.rows[0], *seed.rows[2:]])
    required = seed._replace(
        rows=[*seed.rows[:5], [*seed.rows[5][:2], ":heavy_check_mark:", seed.rows[5][3]]]
    )

    assert differences(seed, seed) == []
    assert any(line.startswith("fields") for line in differences(seed, swapped))
    assert [line.partition(":")[0] for line in differences(seed, required)] == ["`usage`"]


def test_a_field_more_or_less_is_noticed() -> None:
    seed = read(seed_text())

    assert differences(seed, seed._replace(rows=seed.rows[:5]))
    assert differences(seed, seed._replace(rows=[*seed.rows, seed.rows[0]]))


@pytest.mark.parametrize(
    ("ours", "seed", "claim"),
    [
        ("*int*", "*Optional[int]*", True),
        ("*Optional[int]*", "*int*", False),
        ('*Literal["a", "b"]*', "*Optional[str]*", True),
        ('*Literal["a", "b"]*', "*int*", False),
        ("*float*", "*Optional[int]*", False),
        ("[shared.A](../../models/a.md)", "[Optional[shared.A]](undefined/models/a.md)", True),
        ("[Optional[shared.A]](../../models/a.md)", "[shared.A](undefined/models/a.md)", False),
        ("[shared.A](../../models/a.md)", "[shared.A](undefined/models/b.md)", False),
        ("list[[shared.A](../../models/a.md)]", "list[[shared.A](undefined/models/a.md)]", True),
        ("[shared.A](../../models/a.md)", "list[[shared.A](undefined/models/a.md)]", False),
    ],
)
def test_ours_may_promise_more_and_never_less(ours: str, seed: str, claim: bool) -> None:
    assert narrower(ours, seed) is claim


def test_an_answer_is_of_the_classes_that_the_seed_names() -> None:
    whole = translate.response(BODY, "openai-chat")
    event = b'data: {"choices":[{"index":0,"delta":{"content":"Yes."},"finish_reason":"stop"}]}\n\n'
    streamed = fold(translate.stream([event, b"data: [DONE]\n\n"], "openai-chat"))

    assert type(whole) is type(streamed) is shared.CreateChatCompletionResponse
    assert type(whole.choices[0]) is shared.CreateChatCompletionResponseChoices
    assert type(whole.usage) is shared.CompletionUsage
