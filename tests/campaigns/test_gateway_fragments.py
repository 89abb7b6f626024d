"""Campaign 14, through the gateway: however the network cuts an answer, the same bytes come out.

The answers have all that is easily cut or altered: characters of four bytes, CRLF, large numbers,
fields that nobody knows, keys twice. A relay drips them, byte by byte or in pieces of any size.
"""

import json
import random
import time
from typing import Any, Final

import pytest

from tests.campaigns.figures import Figure, judged
from tests.gateways import HI, ByModel, Door, ask, lab, running
from tests.plain import Caller
from tests.relay import Faults, Relay
from tests.upstream import STREAM, Script, Seen, Send

LARGE: Final = 123456789012345678901234567890
TEXTS: Final = ("Grüße, ", "世界", " 👩‍👩‍👧 ", "\u2028", "\r\n\r\n", "data: x\n\n", "a" * 99, "é")
ARGUMENTS: Final = ('{"city":', f' "São Paulo", "n": {LARGE}}}')

LONGEST: Final = (1, 3, 20, 150, 1500)
"""Bytes of a piece, at most."""
SHARES: Final = (1, 3, 20, 40, 40)


def deltas() -> list[dict[str, Any]]:
    call: dict[str, Any] = {"index": 0, "id": "call_1", "type": "function"}
    return [
        {"role": "assistant", "content": ""},
        *({"content": text} for text in TEXTS),
        {"tool_calls": [{**call, "function": {"name": "f", "arguments": ARGUMENTS[0]}}]},
        {"tool_calls": [{"index": 0, "function": {"arguments": ARGUMENTS[1]}}]},
        {},
    ]


def stream(line_end: str) -> bytes:
    said = deltas()
    events = [
        f"data: {json.dumps(event(number, delta, len(said)), ensure_ascii=number % 2 == 0)}"
        for number, delta in enumerate(said)
    ]
    return "".join(line + 2 * line_end for line in [*events, "data: [DONE]"]).encode()


def event(number: int, delta: dict[str, Any], count: int) -> dict[str, Any]:
    reason = "tool_calls" if number == count - 1 else None
    choice = {"index": 0, "delta": delta, "finish_reason": reason, "x_new": {"n": LARGE}}
    return {"id": "c", "created": 1, "model": "m", "x_new": LARGE, "choices": [choice]}


def whole() -> bytes:
    call = {
        "id": "call_1",
        "type": "function",
        "function": {"name": "f", "arguments": "".join(ARGUMENTS)},
    }
    message = {"role": "assistant", "content": "".join(TEXTS), "tool_calls": [call]}
    choice = {"index": 0, "message": message, "finish_reason": "tool_calls"}
    body = {"id": "c", "created": 1, "model": "m", "x_new": LARGE, "choices": [choice]}
    return json.dumps(body, ensure_ascii=False).encode()


ANSWERS: Final = {"LF": stream("\n"), "CRLF": stream("\r\n"), "CR": stream("\r"), "whole": whole()}


class Cutting(ByModel):
    """Cuts the answer that the model names, otherwise each time."""

    def __init__(self, seed: int) -> None:
        super().__init__({})
        self._chance = random.Random(seed)

    def script_of(self, seen: Seen) -> Script:
        super().script_of(seen)
        model = json.loads(seen.body)["model"]
        answer = ANSWERS[model]
        if model == "whole":
            head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: "
            return [Send(f"{head}{len(answer)}\r\n\r\n".encode()), *map(Send, self._cut(answer))]
        framed = [b"%x\r\n%b\r\n" % (len(piece), piece) for piece in self._cut(answer)]
        return [STREAM, *map(Send, self._cut(b"".join([*framed, b"0\r\n\r\n"])))]

    def _cut(self, data: bytes) -> list[bytes]:
        longest = self._chance.choices(LONGEST, SHARES)[0]
        pieces, at = [], 0
        while at < len(data):
            size = self._chance.randint(1, longest)
            pieces.append(data[at : at + size])
            at += size
        return pieces


def heard(door: Door, caller: Caller, name: str) -> bytes:
    answer = ask(caller, {"model": f"lab/{name}", "messages": HI, "stream": name != "whole"})
    assert (answer.status, answer.whole) == (200, True), name
    return answer.body


def campaign(size: int, seed: int, *, exact: bool = False) -> float:
    """So many answers, each cut in its own way; gives the seconds that took."""
    begun = time.monotonic()
    with Cutting(seed) as upstream, running(lab(upstream, exact=exact)) as door:
        with Caller(door.port) as caller:
            first = {name: heard(door, caller, name) for name in ANSWERS}
            assert first["LF"] == first["CRLF"] == first["CR"]
            for number in range(size):
                name = list(ANSWERS)[number % len(ANSWERS)]
                assert heard(door, caller, name) == first[name], (number, name)
    return time.monotonic() - begun


def figures(size: int, seed: int) -> list[Figure]:
    return [
        judged(
            "14",
            done=f"{len(ANSWERS)} answers through the gateway, cut {size} times into pieces of up"
            f" to {max(LONGEST)} bytes",
            wanted="the same bytes each time",
            measure=lambda: (f"0 differed ({campaign(size, seed) / size * 1e6:.0f} µs each)", True),
            seed=seed,
        )
    ]


@pytest.mark.parametrize("exact", [False, True], ids=["translated", "relayed"])
def test_however_an_answer_is_cut_the_same_bytes_come_out(exact: bool) -> None:
    assert campaign(2_000, seed=1, exact=exact) > 0


def test_an_answer_may_come_drop_by_drop() -> None:
    with Cutting(seed=1) as upstream:
        slowly = Faults(drip_bytes=61, delay_seconds=0.0005)
        with Relay(upstream.port, to_caller=slowly) as relay:
            direct = lab(upstream)
            dripping = {
                **direct["providers"]["lab"],
                "base_url": f"http://127.0.0.1:{relay.port}/v1",
            }
            settings = {"providers": {**direct["providers"], "drip": dripping}}
            with running(settings) as door, Caller(door.port) as caller:
                for name in ANSWERS:
                    asked = {"model": f"drip/{name}", "messages": HI, "stream": name != "whole"}

                    assert ask(caller, asked).body == heard(door, caller, name)


def test_what_is_said_of_numbers_and_unknown_fields_stays_as_it_was() -> None:
    """Keys that stand twice count as what stands last, for us and for whom we ask."""
    body = (
        b'{"model":"nobody/x","model":"lab/whole","messages":[{"role":"user","content":"Hi"}],'
        b'"x_new":{"z":%d,"a":1.10,"b":[1e3]},"seed":%d}' % (LARGE, 2**53 + 1)
    )
    with Cutting(seed=1) as upstream, running(lab(upstream)) as door, Caller(door.port) as caller:
        answer = ask(caller, body)

        assert answer.status == 200
        sent = json.loads(upstream.requests[0].body)
        assert sent["x_new"] == {"z": LARGE, "a": 1.1, "b": [1000.0]}
        assert (sent["model"], sent["seed"]) == ("whole", 2**53 + 1)
        call = json.loads(answer.body)["choices"][0]["message"]["tool_calls"][0]
        assert call["function"]["arguments"] == "".join(ARGUMENTS)
