"""Campaign 38: `schemathesis` asks whatever the OpenAPI document allows, and much that it forbids.

The document is read from the gateway itself. Every answer has to be one that it tells of: status,
headers, body, each event of a stream; what it forbids has to be refused, and what it allows may be
refused by a provider only. The providers are the simulator's models.
"""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import pytest
import schemathesis
from schemathesis import Case, GenerationMode, engine
from schemathesis.engine import StopReason, events
from schemathesis.engine.recorder import ScenarioRecorder

from tests.campaigns.figures import Figure, seeds
from tests.gateways import Door, running
from tests.plain import Caller

KEY: Final = "dk-canary-of-the-caller"

SETTINGS: Final = {
    "keys": {"ci": {"key": KEY}},
    "models": {"fast": {"targets": ["sim/echo"]}},
}

SHOWN: Final[Mapping[str, Mapping[str, str]]] = {
    "without a key": {},
    "with a wrong key": {"Authorization": "Bearer dk-canary-of-a-stranger"},
    "with a key": {"Authorization": f"Bearer {KEY}"},
}
"""What callers of each role show."""

MODELS: Final = (
    "fast",
    "sim/echo",
    "sim/hello",
    "sim/words?n=3",
    "sim/fail?status=429&after=2",
    "sim/not",
)
"""A name that is drawn would be that of no model."""

ALIASES: Final = r"^/(chat|models|openai)"
"""Paths that lead where others do."""

METHODS: Final = ["delete", "get", "options", "patch", "post", "put", "query"]
"""Tried where the document does not have them; to TRACE the server has its own answer, 501."""

BAR: Final = 5.0
"""Seconds that an answer may take."""


@dataclass
class Account:
    """What was asked, and what was wrong with the answers."""

    statuses: Counter[int] = field(default_factory=Counter)
    streams: int = 0
    against: int = 0
    """Calls that the document does not allow."""
    complaints: dict[str, str] = field(default_factory=dict)
    """One example of each."""

    @property
    def calls(self) -> int:
        return self.statuses.total()

    def add(self, other: "Account") -> None:
        self.statuses += other.statuses
        self.streams += other.streams
        self.against += other.against
        self.complaints |= other.complaints

    def hear(self, told: ScenarioRecorder, *, known: bool) -> None:
        """Put what schemathesis has asked of one operation on the account."""
        for case, exchange in told.interactions.items():
            answer = exchange.response
            if answer is None:
                self.complaints[f"{told.label}: no answer"] = exchange.request.uri
                continue
            self.statuses[answer.status_code] += 1
            self.streams += answer.headers.get("content-type", [""])[0].startswith("text/event")
            said = f"{answer.status_code} {answer.content[:500]!r}"
            found = [check.failure_info for check in told.checks.get(case, ())]
            wrong = [f"{one.failure.title}: {one.failure.message}" for one in found if one]
            asked = told.cases[case].value
            if not known and answer.status_code < 400 and "/health/" not in told.label:
                wrong.append("answered without a key")
            # What its checks ask besides, with other credentials, is of no kind.
            mode = None if asked.meta is None else asked.meta.generation.mode
            self.against += mode is GenerationMode.NEGATIVE
            own = answer.status_code == 400 and not by_provider(answer.headers, answer.content)
            if mode is GenerationMode.POSITIVE and own:
                wrong.append("refused, though the document allows it")
            for one in wrong:
                self.complaints[f"{told.label}: {one}"] = f"{asked.as_curl_command()}\n{said}"


def by_provider(headers: Mapping[str, list[str]], body: bytes) -> bool:
    """Whether a provider refused this, or would have."""
    return "x-dragoman-attempts" in headers or (
        json.loads(body)["error"]["code"] == "unsupported_parameter"
    )


def document(door: Door) -> dict[str, Any]:
    """The document as served, with models that there are, and without what they do not answer."""
    with Caller(door.port) as caller:
        caller.get("/openapi.json", f"Authorization: Bearer {KEY}")
        told: dict[str, Any] = json.loads(caller.answer().body)
    named = {"enum": list(MODELS)}
    told["components"]["schemas"]["CreateChatCompletionRequest"]["properties"]["model"] = named
    for item in told["paths"].values():
        for operation in item.values():
            for parameter in operation["parameters"]:
                if parameter["name"] == "model":
                    parameter["schema"] = named
            # Any status at all would do, if a provider's own were told of.
            for status in ("4XX", "5XX"):
                operation["responses"].pop(status, None)
    return told


def streaming(_: schemathesis.HookContext, case: Case[Any]) -> Case[Any]:
    """Half of the bodies ask for a stream, half of these with usage; by chance, few would."""
    body: Any = case.body
    drawn = len(repr(body)) % 4
    if isinstance(body, dict) and body.get("stream") is None and drawn > 1:
        body = {**body, "stream": True}
        if body.get("stream_options") is None and drawn == 3:
            body["stream_options"] = {"include_usage": True}
        case.body = body
    return case


def asked(
    door: Door, role: str, seed: int, *, drawn: int = 0, listed: bool = False, aliases: bool = True
) -> Account:
    """What came of asking in this role: each operation so often, and what can be listed."""
    config = schemathesis.Config.from_dict(
        {
            "seed": seed,
            "base-url": f"http://127.0.0.1:{door.port}",
            "headers": dict(SHOWN[role]),
            "continue-on-failure": True,
            "output": {"sanitization": {"enabled": False}},
            "generation": {
                "max-examples": max(1, drawn),
                "database": "none",
                "no-shrink": True,
                "with-security-parameters": False,
            },
            "phases": {
                "examples": {"enabled": False},
                "coverage": {"enabled": listed, "unexpected-methods": METHODS},
                "fuzzing": {"enabled": drawn > 0},
                "stateful": {"enabled": False},
            },
            "checks": {
                # A 400 of the gateway's own is complained of above.
                "positive_data_acceptance": {"expected-statuses": ["2xx", 400, 401, 404, 429]},
                "max_response_time": BAR,
            },
        }
    )
    told = schemathesis.openapi.from_dict(document(door), config=config)
    told.hook("map_case")(streaming)
    account = Account()
    chosen = told if aliases else told.exclude(path_regex=ALIASES)
    for event in engine.from_schema(chosen).execute():
        match event:
            case events.ScenarioFinished():
                account.hear(event.recorder, known=role == "with a key")
            case events.NonFatalError():
                account.complaints[f"{event.label}: {event.info.title}"] = event.info.message
            case events.EngineFinished() if event.stop_reason is not StopReason.COMPLETED:
                account.complaints["not completed"] = event.stop_reason
    return account


def test_a_caller_hears_nothing_that_the_document_does_not_tell_of() -> None:
    account = Account()
    for seed in seeds("38"):
        with running(SETTINGS) as door:
            account.add(asked(door, "with a key", seed, listed=True, aliases=False))
            account.add(asked(door, "with a key", seed, drawn=20))

    assert account.complaints == {}
    assert account.calls > 500
    assert account.against > 100
    assert account.streams > 100
    assert account.statuses.keys() == {200, 400, 401, 404, 405, 415, 429}


@pytest.mark.parametrize("role", [role for role in SHOWN if role != "with a key"])
def test_whoever_has_no_key_hears_so_and_nothing_else(role: str) -> None:
    with running(SETTINGS) as door:
        account = asked(door, role, seeds("38")[0], drawn=5)

    assert account.complaints == {}
    assert account.statuses.keys() == {200, 401}


def campaign(calls: int, seed: int) -> list[Figure]:
    """What came of so many calls that are drawn, besides those that can be listed."""
    figures = []
    for role in SHOWN:
        known = role == "with a key"
        with running(SETTINGS) as door:
            operations = sum(len(item) for item in document(door)["paths"].values())
            drawn = max(1, (calls if known else calls // 20) // operations)
            account = asked(door, role, seed, drawn=drawn, listed=True, aliases=known)
        figures.append(
            Figure(
                campaign="38",
                done=f"{account.calls} calls {role}, made by schemathesis from the gateway's"
                f" OpenAPI document, {account.against} of them against it;"
                f" {account.streams} answered by a stream",
                wanted="no answer of 500, none that the document does not tell of, none above 5 s",
                measured="; ".join(
                    [f"{len(account.complaints)} complaints", *account.complaints][:4]
                ),
                met=not account.complaints,
                seed=seed,
            )
        )
    return figures
