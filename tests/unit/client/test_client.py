"""The blocking client: retries, options, and what it shows of itself."""

import json
from collections import UserList, deque
from types import MappingProxyType
from typing import Any

import pytest

from dragoman import Client, Timeout
from dragoman.errors import (
    APIConnectionError,
    APITimeoutError,
    ConfigurationError,
    InternalServerError,
    RateLimitError,
)
from tests.scripted import Act, ScriptedServer, Step
from tests.unit.client.test_create import (
    SAID,
    SPOKEN,
    STOPPED,
    WHOLE,
    answer,
    events,
    piece,
    texts,
)

BUSY = answer({"error": {"message": "busy"}}, status="503 Busy")
FAILED = answer({"error": {"message": "boom"}}, status="500 Oops")


def client_of(server: ScriptedServer, **fields: Any) -> Client:
    return Client(base_url=server.url + "/v1", api_key="sk-canary", **fields)


def ask(client: Client, **fields: Any) -> Any:
    fields = {"model": "openai/gpt-4o", "messages": [SAID], "timeout": 5, **fields}
    return client.chat.completions.create(**fields)


def test_a_busy_provider_is_asked_again() -> None:
    with ScriptedServer(BUSY, answer(WHOLE)) as server, client_of(server) as client:
        response = ask(client)

    assert response.choices[0].message.content == "Oslo."
    assert response.meta.attempts == 2


def test_a_failing_provider_is_asked_again_once() -> None:
    with ScriptedServer(FAILED, FAILED) as server, client_of(server) as client:
        with pytest.raises(InternalServerError) as raised:
            ask(client)

    assert raised.value.attempts == 2


def test_a_stream_that_fails_before_its_first_content_is_asked_for_again() -> None:
    silent = events(piece({"role": "assistant", "content": ""}), cut=True)
    heard = events(*SPOKEN, STOPPED, b"[DONE]")
    with ScriptedServer(silent, heard) as server, client_of(server) as client:
        assert texts(ask(client, stream=True)) == "Oslo."


def test_a_stream_that_fails_after_content_is_never_asked_for_again() -> None:
    with ScriptedServer(events(*SPOKEN, cut=True)) as server, client_of(server) as client:
        with pytest.raises(APIConnectionError) as raised:
            list(ask(client, stream=True))

    assert raised.value.attempt_class == "content"
    assert len(server.heard) == 1


def test_what_the_provider_keeps_is_not_asked_for_twice() -> None:
    with ScriptedServer([Act.RESET]) as server, client_of(server) as client:
        with pytest.raises(APIConnectionError) as raised:
            ask(client, store=True)

    assert raised.value.attempts == 1


def test_a_provider_that_says_nothing_is_given_up() -> None:
    timeout = Timeout(first_byte=0.1)
    with ScriptedServer([Act.STALL]) as server, client_of(server, max_retries=0) as client:
        with pytest.raises(APITimeoutError) as raised:
            ask(client, timeout=timeout)

    assert raised.value.phase == "first_byte"


def test_keep_alives_are_no_content() -> None:
    script: list[Step] = [
        b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n: keep-alive\n\n",
        *[b": keep-alive\n\n"] * 3,
        Act.STALL,
    ]
    timeout = Timeout(first_content=0.0, between_events=5)
    with ScriptedServer(script) as server, client_of(server, max_retries=0) as client:
        with pytest.raises(APITimeoutError) as raised:
            ask(client, timeout=timeout, stream=True)

    assert raised.value.phase == "first_content"


def test_options_of_a_call_add_to_those_of_the_client() -> None:
    with ScriptedServer(answer(WHOLE)) as server:
        client = client_of(server, default_headers={"x-a": "1"}, organization="org-1")
        ask(
            client,
            extra_headers={"x-b": "2"},
            extra_query={"trace": "a b"},
            extra_body={"top_k": 4},
        )
        client.close()

    head, _, body = server.heard[0].partition(b"\r\n\r\n")
    lines = head.lower()
    assert head.startswith(b"POST /v1/chat/completions?trace=a+b HTTP/1.1")
    assert b"x-a: 1" in lines
    assert b"x-b: 2" in lines
    assert b"openai-organization: org-1" in lines
    assert json.loads(body)["top_k"] == 4


def test_a_client_with_other_options_shares_the_connections() -> None:
    with ScriptedServer(BUSY) as server, client_of(server) as client:
        patient = client.with_options(max_retries=0)
        with pytest.raises(InternalServerError):
            ask(patient)

    assert patient.transports is client.transports


def test_objects_of_other_libraries_are_what_they_dump() -> None:
    class Message:
        def model_dump(self, **_: Any) -> dict[str, Any]:
            return {"role": "user", "content": "Hi"}

    with ScriptedServer(answer(WHOLE)) as server, client_of(server) as client:
        ask(client, messages=[Message()])

    body = server.heard[0].partition(b"\r\n\r\n")[2]
    assert json.loads(body)["messages"] == [{"role": "user", "content": "Hi"}]


def test_any_mapping_is_a_dict_and_any_sequence_a_list() -> None:
    schema = MappingProxyType({"type": "object", "required": UserList(["a"])})
    tools = deque([{"type": "function", "function": {"name": "f", "parameters": schema}}])

    with ScriptedServer(answer(WHOLE)) as server, client_of(server) as client:
        ask(client, tools=tools)

    function = json.loads(server.heard[0].partition(b"\r\n\r\n")[2])["tools"][0]["function"]
    assert function["parameters"] == {"type": "object", "required": ["a"]}


def test_messages_may_come_from_anything_that_tells_them() -> None:
    with ScriptedServer(answer(WHOLE)) as server, client_of(server) as client:
        ask(client, messages=(message for message in [SAID]))

    assert json.loads(server.heard[0].partition(b"\r\n\r\n")[2])["messages"] == [SAID]


def test_a_client_shows_no_key() -> None:
    client = Client(base_url="http://lab/v1", api_key="sk-canary")

    assert repr(client) == "Client(base_url='http://lab/v1')"
    assert "canary" not in repr(client.providers)


def test_without_a_key_a_provider_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)

    with pytest.raises(ConfigurationError, match="OPENAI_API_KEY"):
        ask(Client())


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"max_retries": -1}, "max_retries: expected 0 or more; got -1"),
        ({"settings": "/no/such.toml"}, "settings: expected a readable file"),
        (
            {"settings": {"provider": {}}},
            "provider: expected one of gateway, keys, models, providers; got 'provider'; did",
        ),
        ({"settings": {"providers": 5}}, "providers: expected a table; got int"),
        ({"settings": 5}, "settings: expected a path or a dict; got int"),
        ({"providers": 5}, "providers: expected a table; got int"),
        ({"providers": {"lab": {}}}, "providers.lab.base_url"),
    ],
)
def test_a_mistake_in_the_settings_is_told_when_the_client_is_made(
    arguments: dict[str, Any], says: str
) -> None:
    with pytest.raises(ConfigurationError, match=says):
        Client(**arguments)


def test_the_variables_of_openai_stand_in_for_arguments(monkeypatch: pytest.MonkeyPatch) -> None:
    with ScriptedServer(answer(WHOLE), answer(WHOLE)) as server:
        monkeypatch.setenv("OPENAI_API_KEY", "sk-canary")
        monkeypatch.setenv("OPENAI_BASE_URL", server.url + "/usual")
        monkeypatch.setenv("OPENAI_ORG_ID", "org-1")
        monkeypatch.setenv("OPENAI_PROJECT_ID", "proj-1")
        with Client() as usual, Client(base_url=server.url + "/v1", project="proj-2") as told:
            ask(usual)
            ask(told)

    first, second = (heard.lower() for heard in server.heard)
    assert first.startswith(b"post /usual/chat/completions")
    assert b"bearer sk-canary" in first
    assert b"openai-organization: org-1" in first
    assert b"openai-project: proj-1" in first
    assert second.startswith(b"post /v1/chat/completions")
    assert b"openai-project: proj-2" in second


def test_where_settings_tell_of_openai_its_variables_do_not_count(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "http://elsewhere/v1")
    client = Client(providers={"openai": {"base_url": "http://lab/v1"}})

    assert repr(client) == "Client(base_url='http://lab/v1')"


def test_settings_come_from_a_file(tmp_path: Any) -> None:
    file = tmp_path / "dragoman.toml"
    file.write_text('[providers.lab]\nbase_url = "http://lab/v1"\n')

    assert Client(settings=file).providers["lab"].row.base_url == "http://lab/v1"


def test_a_stream_left_open_warns_and_lets_go() -> None:
    with ScriptedServer([*events(*SPOKEN, cut=True), Act.STALL]) as server:
        with client_of(server) as client:
            stream = ask(client, stream=True)
            next(stream)
            with pytest.warns(ResourceWarning, match="not closed"):
                del stream
            assert server.gone.wait(5)


def test_a_spent_quota_is_not_asked_for_again() -> None:
    spent = answer(
        {"error": {"message": "no", "code": "insufficient_quota"}}, status="429 Too Many"
    )
    with ScriptedServer(spent) as server, client_of(server) as client:
        with pytest.raises(RateLimitError) as raised:
            ask(client)

    assert raised.value.attempts == 1
