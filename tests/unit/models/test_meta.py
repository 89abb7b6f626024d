"""What stands beside an answer is kept, and is no part of it."""

import copy
import pickle
import sys

import msgspec
import pytest

from dragoman.models import shared

LOSS = shared.Loss(pointer="/store", kind="dropped", reason="the provider does not know it")
META = shared.Meta(raw=b"{}", losses=(LOSS,), target="lab/m", request_id="req-1")
PLAIN = shared.CreateChatCompletionResponse(choices=[], created=1, id="c", model="m")
TOLD = PLAIN.with_meta(META)


def test_shortcuts_say_what_meta_says() -> None:
    assert (TOLD.raw, TOLD.losses) == (META.raw, META.losses)


def test_a_response_of_unknown_origin_has_an_empty_meta() -> None:
    assert PLAIN.meta == shared.Meta()


def test_meta_is_not_encoded_compared_or_printed() -> None:
    assert msgspec.json.encode(TOLD) == msgspec.json.encode(PLAIN)
    assert TOLD == PLAIN
    assert repr(TOLD) == repr(PLAIN)


@pytest.mark.parametrize(
    "copied", [copy.copy, copy.deepcopy, lambda told: pickle.loads(pickle.dumps(told))]
)
def test_copies_keep_meta(copied: object) -> None:
    assert callable(copied)
    twin = copied(TOLD)

    assert twin == TOLD
    assert twin.meta == META


def test_replacing_a_field_keeps_meta() -> None:
    changed = TOLD.__replace__(model="n")

    assert (changed.model, changed.meta) == ("n", META)
    if sys.version_info >= (3, 13):
        assert copy.replace(TOLD, model="n").meta == META


def test_the_original_is_left_alone() -> None:
    assert PLAIN.meta is not META
    with pytest.raises(AttributeError):
        TOLD.model = "n"  # type: ignore[misc] # that is the point
