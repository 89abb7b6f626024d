"""Whoever has no key is signed for by credentials that are looked for: when, how often, how long.

The services that give them, and Bedrock, are a server on loopback; the clock is the test's.
"""

import asyncio
import json
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from dragoman import AsyncClient, Client
from dragoman.errors import (
    APIConnectionError,
    APITimeoutError,
    AuthenticationError,
    ConfigurationError,
    Error,
    PermissionDeniedError,
)
from tests.aws import Answered
from tests.gateways import until
from tests.scripted import ScriptedServer
from tests.signing import CONVERSE, HI, WAYS, Clock, House, Way, by_client, refused

EXPIRED = {"x_amzn_errortype": "ExpiredTokenException:http://internal.amazon.com/"}


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def house(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    """One whose environment leads to its credentials, and to nobody else's."""
    with House(clock) as house:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_PROFILE", "AWS_BEARER_TOKEN_BEDROCK"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("AWS_CONFIG_FILE", "/nowhere")
        monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nowhere")
        monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", f"{house.url}/creds")
        yield house


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest) -> Way:
    found: Way = WAYS[request.param]
    return found


def bedrock(house: House) -> dict[str, Any]:
    at = {"base_url": house.url, "region": "eu-west-1"}
    return {"bedrock": at, "anthropic-bedrock": at}


@pytest.mark.parametrize("provider", ["bedrock", "anthropic-bedrock"])
def test_a_call_is_signed_by_what_the_container_gives(
    house: House, clock: Clock, way: Way, provider: str
) -> None:
    with way(bedrock(house), clock) as ask:
        said = [ask(model=f"{provider}/m") for _ in range(3)]

    assert said == ["Noon."] * 3
    assert house.keys() == ["ASIA1"] * 3
    assert [one.headers["x-amz-security-token"] for one in house.signed] == ["session-1"] * 3
    assert re.fullmatch(
        r"AWS4-HMAC-SHA256 Credential=ASIA1/20261124/eu-west-1/bedrock/aws4_request, "
        r"SignedHeaders=[a-z0-9;-]+, Signature=[0-9a-f]{64}",
        house.signed[0].headers["authorization"],
    )
    assert len(house.given) == 1


def test_nobody_is_asked_before_the_first_call(house: House, clock: Clock, way: Way) -> None:
    with way(bedrock(house), clock) as ask:
        before = list(house.heard)
        ask()

    assert before == []


def test_what_is_about_to_end_is_replaced_before(house: House, clock: Clock, way: Way) -> None:
    with way(bedrock(house), clock) as ask:
        ask()
        clock.move(minutes=44)
        ask()
        clock.move(minutes=2)
        ask()
        assert until(lambda: len(house.given) == 2)
        assert until(lambda: bool(ask()) and house.keys()[-1] == "ASIA2")

    assert house.keys()[:2] == ["ASIA1", "ASIA1"]
    assert len(house.given) == 2


def test_where_it_cannot_be_replaced_the_old_is_used_as_long_as_it_holds(
    house: House, clock: Clock, way: Way
) -> None:
    with way(bedrock(house), clock) as ask:
        ask()
        house.open = False
        clock.move(minutes=50)
        said = [ask() for _ in range(3)]
        assert until(lambda: len(house.given) == 2)
        said += [ask() for _ in range(3)]
        clock.move(minutes=5)
        said += [ask() for _ in range(3)]
        assert until(lambda: len(house.given) == 3)
        clock.move(minutes=5)
        with pytest.raises(Error, match="container's service: expected them, got status 403"):
            ask()

    assert said == ["Noon."] * 9
    assert set(house.keys()) == {"ASIA1"}
    assert len(house.given) == 4


def test_what_has_ended_is_not_signed_with(house: House, clock: Clock, way: Way) -> None:
    with way(bedrock(house), clock) as ask:
        ask()
        clock.move(minutes=60)
        ask()

    assert house.keys() == ["ASIA1", "ASIA2"]


def test_each_attempt_is_signed_anew(house: House, clock: Clock, way: Way) -> None:
    house.refusals = [refused(503, retry_after="0")]
    house.before = lambda asked: clock.move(minutes=10) if "/converse" in asked.path else None

    with way(bedrock(house), clock) as ask:
        ask()

    dates = [one.headers["x-amz-date"] for one in house.signed]
    signatures = {one.headers["authorization"].rpartition("=")[2] for one in house.signed}
    assert dates == ["20261124T120000Z", "20261124T121000Z"]
    assert len(signatures) == 2


@pytest.mark.parametrize("provider", ["bedrock", "anthropic-bedrock"])
def test_what_was_called_back_before_its_end_is_replaced_once(
    house: House, clock: Clock, way: Way, provider: str
) -> None:
    with way(bedrock(house), clock) as ask:
        ask(model=f"{provider}/m")
        house.refusals = [refused(403, **EXPIRED)]
        said = ask(model=f"{provider}/m")

    assert said == "Noon."
    assert house.keys() == ["ASIA1", "ASIA1", "ASIA2"]


def test_whoever_is_refused_again_is_refused(house: House, clock: Clock) -> None:
    with by_client(bedrock(house), clock) as ask:
        ask()
        house.refusals = [refused(403, **EXPIRED), refused(403, **EXPIRED)]
        with pytest.raises(AuthenticationError) as caught:
            ask()

    assert caught.value.attempts == 2
    assert house.keys() == ["ASIA1", "ASIA1", "ASIA2"]


def test_keys_that_stay_are_not_looked_for_again(
    house: House, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKENV")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "s")
    house.refusals = [refused(403, **EXPIRED)]

    with by_client(bedrock(house), clock) as ask, pytest.raises(AuthenticationError) as caught:
        ask()

    assert caught.value.attempts == 1
    assert house.keys() == ["AKENV"]
    assert house.given == []


def test_who_may_not_is_told_so_and_nothing_is_looked_for_again(house: House, clock: Clock) -> None:
    house.refusals = [refused(403, x_amzn_errortype="AccessDeniedException")]

    with by_client(bedrock(house), clock) as ask, pytest.raises(PermissionDeniedError):
        ask()

    assert len(house.given) == 1


def test_without_credentials_each_place_is_told_and_why(
    house: House, clock: Clock, way: Way, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_CONTAINER_CREDENTIALS_FULL_URI")

    with way(bedrock(house), clock) as ask, pytest.raises(Error) as caught:
        ask()

    assert caught.value.message == (
        "AWS credentials: expected some; got none: AWS_ACCESS_KEY_ID is not set; "
        "AWS_WEB_IDENTITY_TOKEN_FILE is not set; there are no AWS files; "
        "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI is not set; "
        "the instance's service is not asked, since AWS_EC2_METADATA_DISABLED says so"
    )
    assert house.heard == []


def test_a_secret_that_the_provider_repeats_is_hidden(house: House, clock: Clock, way: Way) -> None:
    house.refusals = [Answered(400, b'{"message":"session-1 and secret-1 are wrong"}', {})]

    with way(bedrock(house), clock) as ask, pytest.raises(Error) as caught:
        ask()

    assert caught.value.message == "<secret> and <secret> are wrong"


def test_threads_that_need_credentials_at_once_look_once(house: House, clock: Clock) -> None:
    together = threading.Barrier(8)

    with by_client(bedrock(house), clock) as ask, ThreadPoolExecutor(8) as pool:

        def asked(_: int) -> str:
            together.wait(10)
            return ask()

        said = list(pool.map(asked, range(8)))

    assert said == ["Noon."] * 8
    assert len(house.given) == 1


def test_tasks_that_need_credentials_at_once_look_once_and_are_told_the_same(
    house: House,
) -> None:
    house.open = False

    async def main() -> list[Any]:
        async with AsyncClient(providers=bedrock(house), max_retries=0) as client:
            create: Any = client.chat.completions.create
            calls = (create(model="bedrock/m", messages=HI, max_tokens=1) for _ in range(8))
            return await asyncio.gather(*calls, return_exceptions=True)

    errors = asyncio.run(main())

    assert {type(error) for error in errors} == {ConfigurationError}
    assert len({id(error) for error in errors}) == 8
    assert len(house.given) == 1


def test_a_caller_who_leaves_takes_nobody_elses_credentials_along(
    house: House, clock: Clock
) -> None:
    asked, go = threading.Event(), threading.Event()

    def before(_: object) -> None:
        asked.set()
        go.wait(10)

    house.before = before

    async def main() -> str:
        async with AsyncClient(providers=bedrock(house)) as client:
            client.transports.now = clock
            create: Any = client.chat.completions.create
            first, second = (
                asyncio.ensure_future(create(model="bedrock/m", messages=HI, max_tokens=1))
                for _ in range(2)
            )
            await asyncio.to_thread(asked.wait, 10)
            first.cancel()
            await asyncio.wait({first})
            go.set()
            return str((await second).choices[0].message.content)

    assert asyncio.run(main()) == "Noon."
    assert len(house.given) == 1


def test_one_client_may_sign_on_one_loop_after_the_other(house: House, clock: Clock) -> None:
    client = AsyncClient(providers=bedrock(house))
    client.transports.now = clock

    async def asked() -> str:
        create: Any = client.chat.completions.create
        answer = await create(model="bedrock/m", messages=HI, max_tokens=1)
        return str(answer.choices[0].message.content)

    said = [asyncio.run(asked()) for _ in range(2)]
    client.close()

    assert said == ["Noon."] * 2
    assert len(house.given) == 1


def test_the_deadline_of_a_call_holds_while_credentials_are_looked_for(house: House) -> None:
    go = threading.Event()

    def before(_: object) -> None:
        go.wait(10)

    house.before = before
    asking: Any = {"model": "bedrock/m", "messages": HI, "max_tokens": 1, "timeout": 0.2}

    async def asked() -> None:
        async with AsyncClient(providers=bedrock(house)) as client:
            await client.chat.completions.create(**asking)

    try:
        with Client(providers=bedrock(house)) as client, pytest.raises(APITimeoutError) as blocking:
            client.chat.completions.create(**asking)
        with pytest.raises(APITimeoutError) as later:
            asyncio.run(asked())
    finally:
        go.set()

    assert [one.value.phase for one in (blocking, later)] == ["total", "total"]
    assert house.signed == []


def test_a_service_of_the_machine_is_asked_past_every_proxy(house: House, clock: Clock) -> None:
    behind: Any = {"providers": bedrock(house), "proxy": "http://127.0.0.1:1", "max_retries": 0}
    asking: Any = {"model": "bedrock/m", "messages": HI, "max_tokens": 1}

    async def asked() -> None:
        async with AsyncClient(**behind) as client:
            client.transports.now = clock
            await client.chat.completions.create(**asking)

    with Client(**behind) as client:
        client.transports.now = clock
        with pytest.raises(APIConnectionError, match=r"by proxy 127\.0\.0\.1:1"):
            client.chat.completions.create(**asking)
    with pytest.raises(APIConnectionError, match=r"by proxy 127\.0\.0\.1:1"):
        asyncio.run(asked())

    assert len(house.given) == 2
    assert house.signed == []


def test_the_clients_that_one_becomes_share_its_credentials(house: House, clock: Clock) -> None:
    with Client(providers=bedrock(house)) as client:
        client.transports.now = clock
        for one in (client, client.with_options(max_retries=0)):
            one.chat.completions.create(model="bedrock/m", messages=HI, max_tokens=1)

    assert len(house.given) == 1


def test_what_arrives_bears_the_signature_that_botocore_would_make_of_it(
    house: House, clock: Clock
) -> None:
    body = json.dumps(CONVERSE).encode()
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"

    with ScriptedServer([head % len(body) + body]) as server:
        providers = {"bedrock": {"base_url": server.url, "region": "eu-west-1"}}
        with by_client(providers, clock) as ask:
            ask(model="bedrock/us.amazon.nova-2-lite-v1:0", extra_query={"b": "ü/", "a": "1"})

    start, _, sent = server.heard[0].partition(b"\r\n\r\n")
    line, *fields = start.decode().split("\r\n")
    headers = {name.lower(): value for name, _, value in (one.partition(": ") for one in fields)}
    said = headers["authorization"]
    covered = said.partition("SignedHeaders=")[2].partition(",")[0].split(";")
    request = AWSRequest(
        line.split(" ")[0],
        server.url + line.split(" ")[1],
        {name: headers[name] for name in covered if name != "host"},
        sent,
    )
    request.context["timestamp"] = headers["x-amz-date"]
    auth = SigV4Auth(Credentials("ASIA1", "secret-1", "session-1"), "bedrock", "eu-west-1")
    said_by_theirs = auth.string_to_sign(request, auth.canonical_request(request))
    assert said.rpartition("Signature=")[2] == auth.signature(said_by_theirs, request)
    assert {"host", "content-type", "x-amz-date", "x-amz-security-token"} <= set(covered)


def test_a_client_that_is_only_made_loads_nothing_of_it() -> None:
    program = """if True:
        import sys
        import dragoman
        url = "https://aiplatform.googleapis.com/v1"
        dragoman.Client(
            providers={
                "bedrock": {"region": "eu-west-1"},
                "gemini-vertex": {"base_url": url},
                "azure": {"base_url": "https://mine.openai.azure.com", "credential": "default"},
            }
        )
        loaded = sys.modules.keys()
        print(loaded & {"socket", "google.auth", "azure", "aiohttp", "dragoman.client.looking"})
    """

    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60
    )

    assert (done.stdout, done.stderr) == ("set()\n", "")
