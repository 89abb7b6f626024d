"""What can be asked of the public functions at run time, where their dicts have no types."""

import inspect
from collections.abc import Callable
from typing import Any, get_type_hints

import pytest

import dragoman
from dragoman.client.asynchronous import AsyncCompletions
from dragoman.client.sync import Completions
from dragoman.models import params, shared

PUBLIC: list[Callable[..., Any]] = [
    dragoman.create,
    dragoman.stream,
    Completions.create,
    Completions.stream,
    Completions.parse,
    AsyncCompletions.create,
    AsyncCompletions.stream,
    AsyncCompletions.parse,
]


@pytest.mark.parametrize("function", PUBLIC, ids=lambda function: function.__qualname__)
def test_signatures_can_be_inspected(function: Callable[..., Any]) -> None:
    parameters = inspect.signature(function).parameters

    assert {"model", "messages", "fields"} <= set(parameters)
    assert set(get_type_hints(function)) >= {"model", "messages", "fields", "return"}


def test_a_client_that_is_there_can_be_inspected_too() -> None:
    create = dragoman.Client().chat.completions.create

    assert "extra_body" in inspect.signature(create, eval_str=True).parameters


def test_the_fields_that_are_given_by_name_are_those_of_a_request() -> None:
    request = set(shared.CreateChatCompletionRequest.__struct_fields__) - {"extra"}
    positional = {"model", "messages", "stream"}

    assert params.RequestFields.__optional_keys__ == request - positional
    assert params.RequestFieldsBesideFormat.__optional_keys__ == request - positional - {
        "response_format"
    }
