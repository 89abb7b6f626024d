"""What other gateways cost beside ours: LiteLLM's proxy and Portkey's, each as it is started.

The same provider, the same load, one process each, by the processor time of all its threads and
children. Both are installed where `--install` says so, pinned, into folders that are thrown away;
neither has a bar, since what they do besides is not what we do.
"""

import functools
import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, NamedTuple

from bench.clients import Asking
from bench.gateway import free_port, processor_seconds, started
from bench.importing import NotMeasuredError
from bench.memory import gateway
from bench.pairs import Row, Run, WrongAnswerError

LITELLM: Final = "litellm[proxy]==1.106.2"
PORTKEY: Final = "@portkey-ai/gateway@1.15.2"

PAIRS: Final = 3
"""The others cost so much more that the first pair would do."""

CONNECTIONS: Final = {"create": 64, "stream": 4}
"""Four streams are as many as LiteLLM keeps up with."""

REQUESTS: Final = {"ours": 10_000, "LiteLLM": 300, "Portkey": 2_000}
"""So many whole answers are one run."""

STREAMS: Final = 4

MODELS: Final = {"create": "whole", "stream": "long"}

HALF_A_MINUTE: Final = 30
"""LiteLLM takes five to ten seconds to start."""


class Subject(NamedTuple):
    """A gateway that listens."""

    name: str
    pid: int
    port: int
    prefix: str = ""
    """Of a model's name."""
    headers: Mapping[str, str] = {}
    asked: Sequence[str] = ("create", "stream")
    """What it is measured by."""


def rows(into: ExitStack, *, install: bool, quick: bool) -> list[Callable[[], Row]]:
    """Each row, made when it is called; says by name what is not measured."""
    if not Path("/proc/self/schedstat").exists():
        print("other gateways: not measured: this is not Linux")
        return []
    if not install:
        print("other gateways: not measured: --install installs them for the while")
        return []
    upstream = Asking.started(into, None, Path(sys.executable), "bench.holding", "1").said()
    port = free_port()
    pid = gateway(into, port, {"lab": f"127.0.0.1:{upstream}"})
    ours = Subject("ours", pid, port, "lab/")
    found: list[Callable[[], Row]] = []
    for make in (litellm, portkey):
        try:
            other = make(into, upstream)
        except (NotMeasuredError, WrongAnswerError) as missing:
            print(f"{make.__name__}: not measured: {missing}")
            continue
        found += [
            functools.partial(row, into, other, ours, what, quick=quick) for what in other.asked
        ]
    return found


def row(into: ExitStack, other: Subject, ours: Subject, what: str, *, quick: bool) -> Row:
    """The other beside ours."""
    unit = "request" if what == "create" else "chunk"
    return Row(
        f"{other.name}, {unit} ÷ ours",
        run(into, other, what, quick=quick),
        run(into, ours, what, quick=quick),
    )


def run(into: ExitStack, subject: Subject, what: str, *, quick: bool) -> Run:
    """What a unit costs this one."""
    load = Asking.started(
        into,
        None,
        Path(sys.executable),
        "bench.visiting",
        str(subject.port),
        subject.prefix + MODELS[what],
        what,
        str(CONNECTIONS[what]),
        json.dumps(subject.headers),
    )
    requests = STREAMS if what == "stream" else REQUESTS[subject.name.split()[0]]
    if quick:
        requests = 4
    else:
        load.told(max(CONNECTIONS[what], requests // 10))  # warms up

    def once() -> float:
        before = processor_seconds(subject.pid)
        units = load.told(requests)
        return (processor_seconds(subject.pid) - before) / units

    return once


def litellm(into: ExitStack, upstream: str) -> Subject:
    """LiteLLM's proxy, with one worker, in front of this provider."""
    folder = Path(into.enter_context(TemporaryDirectory(prefix="bench-litellm-proxy-")))
    python = folder / "venv" / "bin" / "python"
    done([sys.executable, "-m", "venv", str(folder / "venv")])
    done([str(python), "-m", "pip", "install", "--quiet", LITELLM])
    models = [
        {
            "model_name": model,
            "litellm_params": {
                "model": f"openai/{model}",
                "api_base": f"http://127.0.0.1:{upstream}/v1",
                "api_key": "none",
            },
        }
        for model in MODELS.values()
    ]
    settings = folder / "config.yaml"  # JSON is YAML
    settings.write_text(json.dumps({"model_list": models}))
    port = free_port()
    command = [
        str(folder / "venv" / "bin" / "litellm"),
        *("--config", str(settings), "--host", "127.0.0.1", "--port", str(port)),
        *("--num_workers", "1", "--telemetry", "False"),
    ]
    quiet = {
        "LITELLM_LOCAL_MODEL_COST_MAP": "True",
        "LITELLM_LOG": "ERROR",
        # Ours checks no key here either.
        "LITELLM_DANGEROUSLY_PERMIT_WEAK_OR_UNSET_MASTER_KEY": "true",
    }
    process, _ = started(into, folder, port, command, environ=quiet, patience_seconds=HALF_A_MINUTE)
    return Subject("LiteLLM proxy 1.106.2", process.pid, port)


def portkey(into: ExitStack, upstream: str) -> Subject:
    """Portkey's gateway; where it sends a request is said with each."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        raise NotMeasuredError("node and npm are not on this machine")
    folder = Path(into.enter_context(TemporaryDirectory(prefix="bench-portkey-")))
    quiet = ("--ignore-scripts", "--no-audit", "--no-fund")
    done([npm, "install", "--prefix", str(folder), *quiet, PORTKEY])
    server = folder / "node_modules" / "@portkey-ai" / "gateway" / "build" / "start-server.js"
    port = free_port()
    command = [node, str(server), f"--port={port}", "--headless"]
    process, _ = started(into, folder, port, command, patience_seconds=HALF_A_MINUTE)
    headers = {
        "x-portkey-provider": "openai",
        "x-portkey-custom-host": f"http://127.0.0.1:{upstream}/v1",
        "Authorization": "Bearer none",
    }
    # It answers what is streamed with 500 on Node 20: it adds to headers that may not be changed.
    return Subject("Portkey 1.15.2", process.pid, port, headers=headers, asked=("create",))


def done(command: list[str]) -> None:
    """Runs this; raises `NotMeasuredError` where it fails."""
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    if ended.returncode:
        raise NotMeasuredError(f"{command[0]}: {ended.stderr.strip()[-300:]}")
