"""Where each provider is asked: a table of paths, and how whoever comes there is answered.

Pure: what is said is decided in `dragoman.simulator.engine`, how it is written by the dialects.

A further door is a line in `DOORS`:

1. Its dialect has the four functions towards a caller. Nothing else about it is written here.
2. `path` is the provider's own, below `bases`: what its clients put before it, `{…}` for one
   segment. `{model}` in a path names the model, percent-encoded; the body need not, then.
3. `streamed` is said where the path decides it, not the body; `query` where only one answer of
   two has it, and then that line stands above the other.
4. `framing` is how a stream is framed: one of `dragoman.simulator.framing`.
5. `terminator` is false where no event of a stream says that it is the last.
6. A path that another door has, too, belongs to the first of the table; the other's provider is
   asked below its own name: `/mistral/v1/chat/completions`.
7. It is asked in a line of `tests.visits`, and so every fault is tried there; `docs/simulator.md`
   names it.
"""

import re
from typing import Final
from urllib.parse import unquote

import msgspec
from msgspec.structs import replace

from dragoman.dialects import DIALECTS
from dragoman.dialects.dialect import StreamEncoder
from dragoman.dialects.openai_chat.caller import usage_asked
from dragoman.models import shared
from dragoman.providers.table import PROVIDERS
from dragoman.simulator import listing
from dragoman.simulator.framing import (
    EVENT_STREAM,
    HANDED_ON,
    JSON_ARRAY,
    NDJSON,
    SSE,
    Framing,
)


class Door(msgspec.Struct, frozen=True, kw_only=True):
    """A path of a provider's, and how it answers there."""

    dialect: str
    """The key in `DIALECTS`."""

    path: str
    """The path below the base URL; `{model}` stands for the model."""

    bases: tuple[str, ...] = ("/v1",)
    """The paths that base URLs may have, besides none; `{…}` stands for any one segment."""

    method: str = "POST"
    """The method. Whoever may GET may ask for the HEAD."""

    query: str = ""
    """What the query has to hold."""

    streamed: bool | None = None
    """Whether answers are streams; None where the body says so."""

    usage: bool = False
    """Whether a stream tells its usage to everyone; else to those who ask."""

    framing: Framing = SSE
    """How the events of a stream follow each other."""

    terminator: bool = True
    """Whether the last event of a stream says that it is the last."""

    id_header: str = "x-request-id"
    """The header that gives a request an id."""

    refuses: str | None = None
    """The dialect of the host, where refusals are the host's and not the model's."""

    models: listing.Models | None = None
    """The models, where it is those that are asked for."""

    def request(self, body: bytes, model: str) -> shared.CreateChatCompletionRequest:
        """The request that this body is; `model` is the one in the path."""
        request = DIALECTS[self.dialect].decode_request(body)
        if model:
            request = replace(request, model=model)
        if self.streamed is None:
            return request
        return replace(request, stream=self.streamed, stream_options=None)

    def encoder(self, request: shared.CreateChatCompletionRequest) -> StreamEncoder:
        """The encoder of the answer to this, as a stream."""
        include_usage = self.usage or usage_asked(request)
        encoder = DIALECTS[self.dialect].stream_encoder(include_usage=include_usage)
        return encoder if self.framing.around is None else self.framing.around(encoder)


OPENAI: Final = Door(dialect="openai-chat", path="/chat/completions")

RESPONSES: Final = Door(dialect="openai-responses", path="/responses", usage=True)

ANTHROPIC: Final = Door(dialect="anthropic-messages", path="/messages", id_header="request-id")

CLAUDE_ON_BEDROCK: Final = Door(
    dialect="anthropic-messages",
    path="/model/{model}/invoke",
    bases=(),
    streamed=False,
    id_header="x-amzn-requestid",
    refuses="bedrock-converse",
)

CLAUDE_ON_VERTEX: Final = Door(
    dialect="anthropic-messages",
    path="/publishers/anthropic/models/{model}:rawPredict",
    bases=("/v1/projects/{project}/locations/{location}",),
    refuses="gemini",
)

BEDROCK: Final = Door(
    dialect="bedrock-converse",
    path="/model/{model}/converse",
    bases=(),
    streamed=False,
    id_header="x-amzn-requestid",
)

AI_STUDIO: Final = ("/v1beta", "/v1", "/v1alpha")

VERTEX: Final = tuple(
    f"/{version}{place}/publishers/google"
    for version in ("v1", "v1beta1")
    for place in ("/projects/{project}/locations/{location}", "")
)
"""Without a project it is asked in express mode."""

GEMINI: Final = Door(
    dialect="gemini",
    path="/models/{model}:generateContent",
    bases=(*AI_STUDIO, *VERTEX),
    streamed=False,
    usage=True,
)

GEMINI_STREAMED: Final = replace(
    GEMINI, path="/models/{model}:streamGenerateContent", streamed=True
)

COHERE: Final = Door(
    dialect="cohere-v2", path="/chat", bases=("/v2",), id_header="x-debug-trace-id"
)

MISTRAL: Final = Door(
    dialect="mistral", path="/chat/completions", id_header="mistral-correlation-id"
)
"""Below the provider's name: the path is OpenAI's, too."""

OLLAMA: Final = Door(dialect="ollama", path="/chat", bases=("/api",), framing=NDJSON)

DOORS: Final = (
    OPENAI,
    replace(OPENAI, path="/models", method="GET", models=listing.OPENAI),
    replace(OPENAI, path="/models/{model}", method="GET", models=listing.OPENAI),
    RESPONSES,
    ANTHROPIC,
    replace(ANTHROPIC, path="/models", method="GET", models=listing.ANTHROPIC),
    replace(ANTHROPIC, path="/models/{model}", method="GET", models=listing.ANTHROPIC),
    CLAUDE_ON_BEDROCK,
    replace(
        CLAUDE_ON_BEDROCK,
        path="/model/{model}/invoke-with-response-stream",
        streamed=True,
        framing=HANDED_ON,
    ),
    CLAUDE_ON_VERTEX,
    replace(CLAUDE_ON_VERTEX, path="/publishers/anthropic/models/{model}:streamRawPredict"),
    BEDROCK,
    replace(BEDROCK, path="/model/{model}/converse-stream", streamed=True, framing=EVENT_STREAM),
    GEMINI,
    replace(GEMINI_STREAMED, query="alt=sse", terminator=False),
    replace(GEMINI_STREAMED, framing=JSON_ARRAY),
    *(
        replace(GEMINI, path=path, bases=bases, method="GET", models=models)
        for path in ("/models", "/models/{model}")
        for bases, models in ((AI_STUDIO, listing.GEMINI), (VERTEX, listing.VERTEX))
    ),
    COHERE,
    replace(COHERE, path="/models", bases=("/v1",), method="GET", models=listing.COHERE),
    replace(COHERE, path="/models/{model}", bases=("/v1",), method="GET", models=listing.COHERE),
    MISTRAL,
    replace(MISTRAL, path="/models", method="GET", models=listing.MISTRAL),
    replace(MISTRAL, path="/models/{model}", method="GET", models=listing.MISTRAL),
    OLLAMA,
    replace(OLLAMA, path="/tags", method="GET", models=listing.OLLAMA),
)


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """What a target leads to."""

    door: Door | None
    """Where several have the path, the first that has the method, too; None where none has it."""

    dialect: str
    """In which whatever is wrong is told."""

    model: str = ""
    """The model that the path names; empty where it names none."""

    right: bool = False
    """Whether the method is that of the door."""


def found(method: str, target: str, *, anywhere: bool = False) -> Found:
    """The door of this target, which is a path, percent-encoded as it came, and maybe a query.

    A provider's name may stand before the path and, if `anywhere`, whatever else.
    """
    path, _, query = target.partition("?")
    dialect: str | None = None
    first = Found(door=None, dialect=OPENAI.dialect)
    while True:
        name, slash, rest = path[1:].partition("/")
        if slash and name in PROVIDERS:
            dialect, path = PROVIDERS[name].dialect, f"/{rest}"
        here = _found(method, path, query, dialect)
        if first.door is None:
            first = here
        if here.right or not (anywhere and slash):
            return here if here.right else first
        path = f"/{rest}"


def _found(method: str, path: str, query: str, dialect: str | None) -> Found:
    """The door of this path, among those of a dialect where one is given."""
    first = Found(door=None, dialect=dialect or OPENAI.dialect)
    for pattern, door in PATTERNS:
        match = pattern.fullmatch(path) if dialect in (None, door.dialect) else None
        if match is None or door.query not in query:
            continue
        right = door.method == ("GET" if method == "HEAD" else method)
        if right or first.door is None:
            model = unquote(match["model"]) if "model" in pattern.groupindex else ""
            told = door.refuses or door.dialect
            first = Found(door=door, dialect=told, model=model, right=right)
        if right:
            break
    return first


def pattern_of(door: Door) -> re.Pattern[str]:
    """What the path of a target has to be: that of the door, maybe below one of its bases."""
    bases = "|".join(_written(base) for base in door.bases)
    return re.compile(f"(?:{bases})?{_written(door.path)}", re.DOTALL)


def _written(path: str) -> str:
    """A path as a pattern. A model may have slashes, as some write them."""
    pieces = re.split(r"(\{[a-z]+\})", path)
    return "".join(_piece(piece) for piece in pieces)


def _piece(piece: str) -> str:
    if not piece.startswith("{"):
        return re.escape(piece)
    return "(?P<model>.+)" if piece == "{model}" else "[^/]+"


PATTERNS: Final = tuple((pattern_of(door), door) for door in DOORS)
