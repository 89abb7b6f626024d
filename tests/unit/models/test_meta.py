"""What stands beside an answer is kept, and is no part of it."""

import copy
import pickle
import sys

import msgspec
import pytest

from dragoman.models import shared
from dragoman.models.headers import Headers

LOSS = shared.Loss(pointer="/store", kind="dropped", reason="the provider does not know it")
META = shared.Meta(
    raw=b"{}",
    losses=(LOSS,),
    target="lab/m",
    attempts=2,
    request_id="req-1",
    status_code=200,
    headers=Headers({"x-request-id": "req-1", "set-cookie": "canary"}),
    timings=shared.Timings(head=0.5, total=1.5),
)
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


def test_headers_are_found_in_any_case() -> None:
    headers = META.headers

    assert headers["X-Request-ID"] == headers["x-request-id"] == "req-1"
    assert "X-Request-Id" in headers
    assert headers.get("x-other") is None
    assert headers == {"x-request-id": "req-1", "set-cookie": "canary"}
    assert hash(headers) == hash(Headers(dict(headers)))


def test_headers_show_their_names_and_not_their_values() -> None:
    assert repr(META.headers) == "Headers(x-request-id, set-cookie)"
    assert "canary" not in f"{META} {META!r} {TOLD!r}"


def test_meta_can_be_written_by_whoever_asks_for_it() -> None:
    assert META.to_dict()["headers"] == {"x-request-id": "req-1", "set-cookie": "canary"}
    assert META.to_dict()["timings"] == {"head": 0.5, "total": 1.5}
    assert "meta" not in TOLD.to_dict()
