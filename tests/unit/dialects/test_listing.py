"""The list of a provider's models: where it is asked for, and what is read out of it."""

import json
from typing import Any

import pytest

from dragoman.dialects.openai_chat import Profile, decode_models, encode_models_request
from dragoman.errors import AuthenticationError, InternalServerError, RemoteProtocolError
from dragoman.models import shared
from dragoman.providers.table import PROVIDERS

WHOLE = {"id": "a", "object": "model", "created": 7, "owned_by": "lab"}


def read(value: Any) -> shared.ListModelsResponse:
    return decode_models(json.dumps(value).encode())


@pytest.mark.parametrize(
    ("provider", "path"),
    [
        ("openai", "/models"),
        ("azure", "/openai/v1/models"),
        ("azure-deployments", "/openai/models?api-version=2025-01-01-preview"),
        ("sim", "/models"),
    ],
)
def test_the_list_stands_beside_the_path_of_completions(provider: str, path: str) -> None:
    encoded = encode_models_request(profile=Profile(quirks=PROVIDERS[provider].quirks))

    assert (encoded.method, encoded.path, encoded.body) == ("GET", path, b"")


def test_a_list_as_openai_gives_it_is_kept() -> None:
    models = read({"object": "list", "data": [WHOLE]})

    assert models.to_dict() == {"object": "list", "data": [WHOLE]}
    assert [model.id for model in models] == ["a"]


@pytest.mark.parametrize(
    "value",
    [
        {"data": [{"id": "a"}]},
        [{"id": "a"}],
        {"models": [{"name": "x"}], "data": [{"id": "a", "created": None, "owned_by": None}]},
        {"data": [{"id": "a", "created": "2026-11-24T08:00:00Z", "owned_by": 5, "context": 8192}]},
    ],
)
def test_what_providers_leave_out_is_at_its_neutral_value(value: Any) -> None:
    (model,) = read(value)

    assert model == shared.Model(id="a", created=0, owned_by="")
    assert model.object == "model"


def test_a_time_with_a_fraction_is_whole_seconds() -> None:
    (model,) = read([{"id": "a", "created": 3.5}])

    assert model.created == 3


def test_no_models_are_an_empty_list() -> None:
    assert read({"data": []}).data == []


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ({"data": [WHOLE, {"name": "b"}]}, r"data\[1\]\.id: expected a name; got nothing"),
        ([{"id": ""}], r"\[0\]\.id: expected a name; got nothing"),
        ({}, "data: expected a list; got nothing"),
        ({"data": "none"}, "data: expected array or null; got str"),
        ({"data": [{"id": 5}]}, r"data\[0\]\.id: expected str or null; got int"),
        ("models", "expected object or array; got str"),
    ],
)
def test_what_is_no_list_is_the_providers_mistake(value: Any, says: str) -> None:
    with pytest.raises(RemoteProtocolError, match=says):
        read(value)


def test_what_is_no_json_is_the_providers_mistake() -> None:
    with pytest.raises(RemoteProtocolError, match="expected JSON"):
        decode_models(b"<html>busy</html>")


@pytest.mark.parametrize(
    ("value", "error"),
    [
        ({"error": {"message": "no", "type": "authentication_error"}}, AuthenticationError),
        ({"data": 5, "error": {"message": "no"}}, InternalServerError),
    ],
)
def test_an_error_inside_a_200_is_an_error(value: Any, error: type[Exception]) -> None:
    with pytest.raises(error, match="no"):
        read(value)
