"""A recorded example for every quirk of those who speak Responses."""

import msgspec
import pytest

from dragoman.dialects.openai_responses import Quirks
from tests.unit.dialects.recordings import Recording, lines, outcome, recordings

OPTIONS = [
    recording for recording in recordings("openai_responses") if "/option-" in recording.name
]


def field_of(recording: Recording) -> str:
    """The quirk that a recording is about: `openai_responses/option-path` is about `path`."""
    return recording.name.partition("/option-")[2].partition("-")[0]


def test_every_quirk_has_a_recorded_example() -> None:
    assert {field_of(recording) for recording in OPTIONS} == set(Quirks.__struct_fields__)


@pytest.mark.parametrize("recording", OPTIONS, ids=lambda recording: recording.name)
def test_a_recorded_quirk_is_what_makes_the_difference(recording: Recording) -> None:
    plain = getattr(Quirks(), field_of(recording))
    without_it = msgspec.structs.replace(recording.quirks, **{field_of(recording): plain})

    assert lines(outcome(recording, without_it)) != lines(recording.expected)
