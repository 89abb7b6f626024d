"""Which tool the simulator calls, and with what."""

import json
from typing import Any

import pytest

from dragoman.errors import BadRequestError
from dragoman.models import shared
from tests.simulated import MADE, asked, choice, chunks, text, user, whole

CITY = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
ID = MADE.call_id(1)


def function(name: str, parameters: Any = None) -> dict[str, Any]:
    inner = {"name": name} if parameters is None else {"name": name, "parameters": parameters}
    return {"type": "function", "function": inner}


def custom(name: str, **fields: Any) -> dict[str, Any]:
    return {"type": "custom", "custom": {"name": name, **fields}}


def allowed(mode: str, *tools: dict[str, Any]) -> dict[str, Any]:
    return {"type": "allowed_tools", "allowed_tools": {"mode": mode, "tools": list(tools)}}


TOOLS = [function("weather", CITY), function("time"), custom("shell")]
CALL = {"id": "call_1", "type": "function", "function": {"name": "time", "arguments": "{}"}}
CALLED = {"role": "assistant", "tool_calls": [CALL]}
RESULT = {"role": "tool", "tool_call_id": "call_1", "content": "noon"}


def called(*request: Any, **fields: Any) -> list[tuple[str, str]]:
    """Name and input of each call in the only choice."""
    found = []
    for call in choice(asked(*request, **fields)).message.tool_calls or []:
        match call:
            case shared.ChatCompletionMessageToolCall(function=function):
                found.append((function.name, function.arguments))
            case shared.ChatCompletionMessageCustomToolCall(custom=custom):
                found.append((custom.name, custom.input))
    return found


@pytest.mark.parametrize("fields", [{}, {"tool_choice": "auto"}])
def test_the_first_tool_is_called_when_the_user_spoke_last(fields: dict[str, Any]) -> None:
    request = asked("echo", tools=TOOLS, **fields)

    assert called("echo", tools=TOOLS, **fields) == [("weather", '{"city":""}')]
    assert choice(request).message.content is None
    assert choice(request).finish_reason == "tool_calls"


def test_a_loop_of_an_agent_ends_once_the_tool_has_answered() -> None:
    answered = choice(asked("echo", user("when?"), CALLED, RESULT, tools=TOOLS))

    assert (answered.message.content, answered.message.tool_calls) == ("when?", None)
    assert answered.finish_reason == "stop"


def test_none_means_text() -> None:
    assert text(asked("echo", tools=TOOLS, tool_choice="none")) == "hi"


@pytest.mark.parametrize(
    ("tool_choice", "name"),
    [
        ("required", "weather"),
        (function("time"), "time"),
        (custom("shell"), "shell"),
        (allowed("auto", function("absent"), function("time"), function("weather")), "time"),
        (allowed("required", custom("shell")), "shell"),
    ],
)
def test_the_choice_of_the_caller_is_obeyed(tool_choice: Any, name: str) -> None:
    ((called_name, _),) = called("echo", tools=TOOLS, tool_choice=tool_choice)

    assert called_name == name


@pytest.mark.parametrize(
    "tool_choice", ["required", function("time"), allowed("required", function("time"))]
)
def test_a_forced_tool_is_called_whoever_spoke_last(tool_choice: Any) -> None:
    assert called("echo", user("when?"), CALLED, RESULT, tools=TOOLS, tool_choice=tool_choice)


def test_allowed_tools_may_leave_it_at_text() -> None:
    mode = allowed("auto", function("time"))

    assert text(asked("echo", user("a"), CALLED, RESULT, tools=TOOLS, tool_choice=mode)) == "a"
    assert text(asked("echo", tools=TOOLS, tool_choice=allowed("auto", function("no")))) == "hi"


@pytest.mark.parametrize(
    ("tool_choice", "says"),
    [
        (function("shell"), "got function 'shell'"),
        (custom("time"), "got custom 'time'"),
        (allowed("required", function("absent")), "got function 'absent'"),
    ],
)
def test_a_tool_that_is_not_offered_is_refused_by_name(tool_choice: Any, says: str) -> None:
    with pytest.raises(BadRequestError, match="function 'weather', function 'time'") as caught:
        called("echo", tools=TOOLS, tool_choice=tool_choice)

    assert says in caught.value.message
    assert caught.value.param == "tool_choice"


@pytest.mark.parametrize("tools", [[], None, [{"type": "web_search"}]])
def test_nothing_can_be_called_where_nothing_is_offered(tools: Any) -> None:
    assert text(asked("echo", tools=tools)) == "hi"
    with pytest.raises(BadRequestError, match="got none to call"):
        called("echo", tools=tools, tool_choice="required")


def test_a_tool_of_an_unknown_type_is_passed_over() -> None:
    assert called("echo", tools=[{"type": "web_search"}, function("time")]) == [("time", "{}")]


@pytest.mark.parametrize(
    ("parameters", "arguments"),
    [
        (None, "{}"),
        ({}, "{}"),
        ({"properties": {"a": {"type": "integer"}}, "required": ["a"]}, '{"a":0}'),
        ({"$ref": "#/$defs/p", "$defs": {"p": CITY}}, '{"city":""}'),
        ({"type": "object", "properties": {"é": {"const": "é"}}, "required": ["é"]}, '{"é":"é"}'),
    ],
)
def test_arguments_are_the_smallest_object_that_the_schema_allows(
    parameters: Any, arguments: str
) -> None:
    assert called("echo", tools=[function("f", parameters)]) == [("f", arguments)]


def test_the_input_of_a_custom_tool_is_empty_text() -> None:
    free = custom("shell", format={"type": "text"})

    assert called("echo", tools=[custom("shell")]) == [("shell", "")]
    assert called("echo", tools=[free]) == [("shell", "")]


def test_a_grammar_is_refused_by_name() -> None:
    grammar = {"type": "grammar", "grammar": {"definition": "x+", "syntax": "regex"}}

    with pytest.raises(BadRequestError, match="grammar") as caught:
        called("echo", tools=[function("time"), custom("shell", format=grammar)],
               tool_choice=custom("shell"))  # fmt: skip

    assert caught.value.param == "tools[1].custom.format.type"


@pytest.mark.parametrize(
    ("parameters", "place"),
    [
        ({"type": "array"}, "tools[0].function.parameters.type"),
        ({"properties": {"a": {"not": {}}}}, "tools[0].function.parameters.properties.a.not"),
    ],
)
def test_a_schema_that_cannot_be_met_is_refused_with_its_place(parameters: Any, place: str) -> None:
    with pytest.raises(BadRequestError) as caught:
        called("echo", tools=[function("f", parameters)])

    assert caught.value.param == place


def test_a_schema_that_is_not_needed_is_not_judged() -> None:
    odd = function("f", {"not": {}})

    assert text(asked("echo", tools=[odd], tool_choice="none")) == "hi"


def test_a_call_is_streamed_with_name_and_id_first_and_arguments_in_pieces() -> None:
    heard = [c.choices[0].delta for c in chunks(asked("echo", tools=TOOLS)) if c.choices]
    pieces = [delta.tool_calls[0] for delta in heard if delta.tool_calls]
    arguments = [piece.function.arguments for piece in pieces if piece.function]

    assert (pieces[0].id, pieces[0].type, pieces[0].index) == (ID, "function", 0)
    assert arguments == ["", '{"city":', '""}']


def test_every_choice_makes_the_call_under_an_id_of_its_own() -> None:
    calls = [one.message.tool_calls or [] for one in whole(asked(n=3, tools=TOOLS)).choices]

    assert [len(each) for each in calls] == [1, 1, 1]
    assert len({each[0].id for each in calls}) == 3


def test_a_bound_cuts_arguments_too_and_says_so() -> None:
    wordy = {"properties": {"a": {"const": "one two three"}}, "required": ["a"]}
    answered = choice(asked("echo", tools=[function("f", wordy)], max_completion_tokens=2))

    assert answered.finish_reason == "length"
    assert called("echo", tools=[function("f", wordy)], max_completion_tokens=2) == [
        ("f", '{"a":"one two')
    ]


@pytest.mark.parametrize(
    ("function_call", "name"), [(None, "a"), ("auto", "a"), ({"name": "b"}, "b")]
)
def test_deprecated_functions_are_called_likewise(function_call: Any, name: str) -> None:
    functions = [{"name": "a"}, {"name": "b"}]
    answered = choice(asked("echo", functions=functions, function_call=function_call))

    assert answered.finish_reason == "function_call"
    assert answered.message.content is None
    assert answered.message.function_call == shared.ChatCompletionResponseMessageFunctionCall(
        arguments="{}", name=name
    )


def test_deprecated_functions_give_way_to_text_likewise() -> None:
    functions = [{"name": "a", "parameters": CITY}]
    called = {"role": "assistant", "function_call": {"name": "a", "arguments": "{}"}}
    result = {"role": "function", "name": "a", "content": "noon"}

    assert text(asked("echo", functions=functions, function_call="none")) == "hi"
    assert text(asked("echo", user("when?"), called, result, functions=functions)) == "when?"


def test_a_deprecated_function_that_is_not_offered_is_refused_by_name() -> None:
    with pytest.raises(BadRequestError, match="'b'") as caught:
        choice(asked("echo", functions=[{"name": "a"}], function_call={"name": "b"}))

    assert caught.value.param == "function_call"


def test_a_deprecated_function_whose_schema_cannot_be_met_is_refused_with_its_place() -> None:
    functions = [{"name": "a"}, {"name": "b", "parameters": {"type": "array"}}]

    with pytest.raises(BadRequestError) as caught:
        choice(asked("echo", functions=functions, function_call={"name": "b"}))

    assert caught.value.param == "functions[1].parameters.type"


def test_arguments_are_json() -> None:
    ((_, arguments),) = called("echo", tools=TOOLS)

    assert json.loads(arguments) == {"city": ""}
