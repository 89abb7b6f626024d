"""Looking for AWS credentials with real sockets and files, as botocore does: it is the judge."""

import asyncio
import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from dragoman import AsyncClient, Client, Timeout
from dragoman.client.looking import concluded
from dragoman.client.looking_later import concluded_later
from dragoman.errors import APIConnectionError
from dragoman.providers.aws.credentials import Credentials
from dragoman.providers.aws.identity import AwsIdentity
from dragoman.providers.wishes import LIMIT, Fetched
from tests.aws import Asked, Script, judged, service, told

FAR = json.dumps(
    {
        "AccessKeyId": "ASIA1",
        "SecretAccessKey": "hush/hush",
        "Token": "tok==",
        "Expiration": "2099-01-01T00:00:00Z",
        "Code": "Success",
    }
).encode()
CONFIG = "[profile work]\naws_access_key_id = AKCONFIG\naws_secret_access_key = s\n"
SHARED = "[default]\naws_access_key_id = AKSHARED\naws_secret_access_key = s\n"

Look = Callable[[AwsIdentity], Credentials]


def blocking(identity: AwsIdentity) -> Credentials:
    with Client() as client:
        return concluded(
            identity.looked_for(time.time),
            client.transports,
            now=time.time,
            timeout=Timeout(),
            began=time.monotonic(),
        )


def later(identity: AwsIdentity) -> Credentials:
    async def look() -> Credentials:
        async with AsyncClient() as client:
            looking = identity.looked_for(time.time)
            return await concluded_later(looking, client.transports, now=time.time)

    return asyncio.run(look())


def instance(asked: Asked) -> Fetched:
    """An EC2 instance with a role, and version 2 of its service only."""
    if asked.path == "/latest/api/token":
        return Fetched(200, b"imds-token") if asked.method == "PUT" else Fetched(405, b"")
    if asked.headers.get("x-aws-ec2-metadata-token") != "imds-token":
        return Fetched(401, b"")
    return {
        "/latest/meta-data/iam/security-credentials/": Fetched(200, b"my-role"),
        "/latest/meta-data/iam/security-credentials/my-role": Fetched(200, FAR),
    }.get(asked.path, Fetched(404, b""))


def container(asked: Asked) -> Fetched:
    return Fetched(200, FAR)


@pytest.mark.parametrize("look", [blocking, later])
@pytest.mark.parametrize(
    ("script", "environ"),
    [
        (instance, {"AWS_EC2_METADATA_SERVICE_ENDPOINT": "{service}/"}),
        (
            container,
            {
                "AWS_CONTAINER_CREDENTIALS_FULL_URI": "{service}/v1?a=b",
                "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": "{folder}/token",
            },
        ),
        (instance, {"AWS_PROFILE": "work"}),
        (instance, {"AWS_SHARED_CREDENTIALS_FILE": "{folder}/shared"}),
        (instance, {"AWS_ACCESS_KEY_ID": "AKENV", "AWS_SECRET_ACCESS_KEY": "s"}),
    ],
)
def test_what_botocore_finds_is_found_by_the_same_requests(
    look: Look, script: Script, environ: dict[str, str], tmp_path: Path
) -> None:
    for name, text in (("config", CONFIG), ("shared", SHARED), ("token", "jwt")):
        (tmp_path / name).write_text(text)
    environ = {"AWS_CONFIG_FILE": "{folder}/config", **environ}
    placed = {name: text.replace("{folder}", str(tmp_path)) for name, text in environ.items()}
    theirs = judged({"AWS_SHARED_CREDENTIALS_FILE": "/nowhere", **placed}, tmp_path, script=script)

    asked: list[Asked] = []
    with service(script, asked) as url:
        there = {name: text.replace("{service}", url) for name, text in placed.items()}
        ours = look(AwsIdentity({"AWS_SHARED_CREDENTIALS_FILE": "/nowhere", **there}))

    assert told(ours) == theirs.credentials
    assert ours.expires_at == theirs.expires_at
    assert asked == theirs.asked


@pytest.mark.parametrize("look", [blocking, later])
def test_an_answer_without_end_is_read_to_its_bound(look: Look) -> None:
    asked: list[Asked] = []

    with service(lambda _: Fetched(200, b"x" * (LIMIT * 100)), asked) as url:
        identity = AwsIdentity({"AWS_CONTAINER_CREDENTIALS_FULL_URI": url})
        with pytest.raises(APIConnectionError, match=r"container's service: .* holds none"):
            look(identity)

    assert len(asked) == 1


@pytest.mark.parametrize("look", [blocking, later])
def test_a_service_that_answers_only_after_a_pause_is_asked_again(look: Look) -> None:
    answers = iter([Fetched(503, b""), Fetched(200, FAR)])

    with service(lambda _: next(answers), []) as url:
        found = look(AwsIdentity({"AWS_CONTAINER_CREDENTIALS_FULL_URI": url}))

    assert told(found) == ("ASIA1", "hush/hush", "tok==")
