"""How the reference pages spell a type."""

import ast

import pytest

from tools.spelling import paragraph, spelled

LOSS = "(../../models/shared/loss.md)"


@pytest.mark.parametrize(
    ("annotation", "on_the_page"),
    [
        ("int", "*int*"),
        ("int | None", "*Optional[int]*"),
        ("None | int", "*Optional[int]*"),
        ("Any", "*Any*"),
        ("Loss", f"[shared.Loss]{LOSS}"),
        ("Loss | None", f"[Optional[shared.Loss]]{LOSS}"),
        ("list[Loss]", f"list[[shared.Loss]{LOSS}]"),
        ("list[Loss] | None", f"Optional[list[[shared.Loss]{LOSS}]]"),
        ("list[list[int]]", "list[list[*int*]]"),
        ("tuple[Loss, ...]", f"tuple[[shared.Loss]{LOSS}, ...]"),
        ("dict[str, int]", "dict[str, *int*]"),
        ("Mapping[str, str]", "Mapping[str, *str*]"),
        ("dict[str, list[Any]] | None", "Optional[dict[str, list[*Any*]]]"),
        ('Literal["a", "b"]', '*Literal["a", "b"]*'),
        ('Literal["a"] | None', '*Optional[Literal["a"]]*'),
        ("LossKind", '*Literal["dropped", "clamped", "emulated", "renamed"]*'),
        ("str | Loss", f"Union[*str*, [shared.Loss]{LOSS}]"),
        ("str | list[str] | None", "Optional[Union[*str*, list[*str*]]]"),
        ("Annotated[list[str], Meta(min_length=1)]", "list[*str*]"),
        ("ToolCall", "[shared.ToolCall](../../models/shared/toolcall.md)"),
    ],
)
def test_types_are_spelled_as_the_seed_does_it(annotation: str, on_the_page: str) -> None:
    assert spelled(ast.parse(annotation, mode="eval").body) == on_the_page


@pytest.mark.parametrize("annotation", ["Verbatim", "Hidden", "set[int]", "tuple[int, str]"])
def test_a_type_that_no_page_could_tell_of_is_refused(annotation: str) -> None:
    with pytest.raises(LookupError, match="no page"):
        spelled(ast.parse(annotation, mode="eval").body)


def test_a_description_is_the_first_paragraph_in_one_line() -> None:
    assert paragraph("One,\n    and more of it.\n\n    Another.") == "One, and more of it."
