"""Every recorded exchange, and a recorded example for every quirk."""

import msgspec
import pytest

from dragoman.dialects import DIALECTS
from dragoman.dialects.openai_chat import Quirks
from dragoman.providers.table import PROVIDERS
from tests.unit.dialects.recordings import (
    ROOT,
    Recording,
    lines,
    outcome,
    recordings,
    without,
)

FOLDERS = sorted(folder.name for folder in ROOT.iterdir() if folder.is_dir())
EVERY = [recording for folder in FOLDERS for recording in recordings(folder)]
OF_HOSTS = [recording for recording in EVERY if "/quirk-" in recording.name]
OF_QUIRKS = [recording for recording in EVERY if recording.name.startswith("quirks/")]


def field_of(recording: Recording) -> str:
    """The quirk that a recording is about: `quirks/drop-azure-deployments` is about `drop`."""
    return recording.name.removeprefix("quirks/").partition("-")[0]


def host_field_of(recording: Recording) -> str:
    """The quirk that a recording is about: `anthropic_messages/quirk-path-vertex` is of `path`."""
    return recording.name.partition("/quirk-")[2].partition("-")[0]


@pytest.mark.parametrize("recording", EVERY, ids=lambda recording: recording.name)
def test_what_went_in_comes_out_as_recorded(recording: Recording) -> None:
    assert lines(outcome(recording)) == lines(recording.expected)


def test_every_quirk_has_a_recorded_example() -> None:
    shown = {field_of(recording) for recording in OF_QUIRKS}

    assert shown == set(Quirks.__struct_fields__)


@pytest.mark.parametrize("recording", OF_QUIRKS, ids=lambda recording: recording.name)
def test_a_recorded_quirk_is_what_makes_the_difference(recording: Recording) -> None:
    plain = without(PROVIDERS[recording.provider].quirks, field_of(recording))

    assert lines(outcome(recording, plain)) != lines(recording.expected)


@pytest.mark.parametrize("dialect", ["anthropic-messages", "bedrock-converse", "mistral", "ollama"])
def test_every_quirk_of_a_dialects_hosts_has_a_recorded_example(dialect: str) -> None:
    own = [recording for recording in OF_HOSTS if recording.dialect is DIALECTS[dialect]]

    shown = {host_field_of(recording) for recording in own}

    assert shown == set(DIALECTS[dialect].Quirks.__struct_fields__)


@pytest.mark.parametrize("recording", OF_HOSTS, ids=lambda recording: recording.name)
def test_a_recorded_quirk_of_a_host_is_what_makes_the_difference(recording: Recording) -> None:
    field = host_field_of(recording)
    plain = getattr(recording.dialect.Quirks(), field)
    without_it = msgspec.structs.replace(recording.quirks, **{field: plain})

    assert lines(outcome(recording, without_it)) != lines(recording.expected)
