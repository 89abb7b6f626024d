"""The commands around the gateway, as a user runs them."""

import json
import signal
import socket
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from tests.acceptance.test_command import asked_as_pasted, run, started, welcome
from tests.doors import opened
from tests.upstream import Upstream, whole

MODELS = {"object": "list", "data": [{"id": "tiny", "object": "model"}, {"id": "big"}]}


def settings(folder: Path, text: str) -> str:
    file = folder / "dragoman.toml"
    file.write_text(text)
    return str(file)


def nobody() -> str:
    """An address at which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return f"127.0.0.1:{taken.getsockname()[1]}"


def ask_for_ever(url: str) -> None:
    while True:
        urllib.request.urlopen(url, timeout=60).close()


MISTAKES = [
    ("[gateway]\nprot = 1\n", ":2: gateway.prot: expected one of"),
    ("\n[models.fast]\ntargets = []\n", ":3: models.fast.targets: expected at least one target"),
    ("[gateway]\nhost = '0.0.0.0'\n", ":2: gateway.host: expected a loopback address, or a key"),
    ("[keys.ci]\nkey = 'env:NO_SUCH_VARIABLE'\n", ":2: keys.ci.key: expected the environment"),
    ("[providers.openai]\napi_key = 'env:NO'\n", ":2: providers.openai.api_key: expected the env"),
    ("[keys\n", ":1: expected TOML"),
]


# check


def test_check_is_content_with_a_file_that_the_gateway_can_run_with(tmp_path: Path) -> None:
    text = "[models.fast]\ntargets = ['sim/echo']\n[keys.ci]\nkey = 'env:CI_KEY'\n"
    file = settings(tmp_path, text)

    done = run("check", file, CI_KEY="dk-canary")

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"{file}: no mistake (providers: 0, models: 1, keys: 1)\n"


@pytest.mark.parametrize(("text", "says"), MISTAKES)
def test_check_tells_a_mistake_with_file_line_and_key(tmp_path: Path, text: str, says: str) -> None:
    file = settings(tmp_path, text)

    done = run("check", file)

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"{file}{says}")
    assert done.stderr.count("\n") == 1


# serve


@pytest.mark.parametrize(("text", "says"), MISTAKES)
def test_serve_does_not_start_with_a_mistake(tmp_path: Path, text: str, says: str) -> None:
    file = settings(tmp_path, text)

    done = run("serve", "--settings", file)

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"dragoman: {file}{says}")
    assert done.stderr.count("\n") == 1


def test_serve_lets_no_others_in_without_a_key() -> None:
    done = run("serve", "--host", "0.0.0.0", "--port", "0")

    assert done.returncode == 2
    assert done.stderr.startswith("dragoman: --host: expected a loopback address, or a key")
    assert done.stderr.count("\n") == 1


def test_serve_says_in_one_line_that_a_port_is_taken() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = run("serve", "--port", str(taken.getsockname()[1]))

    assert done.returncode == 1
    assert done.stderr.startswith("Error: cannot listen: ")
    assert done.stderr.count("\n") == 1


def test_serve_with_nothing_configured_is_friendly_and_its_curl_line_works(tmp_path: Path) -> None:
    with started("serve", "--port", "0", HOME=str(tmp_path)) as running:
        said, curl = welcome(running)
        answer = asked_as_pasted(curl)
        running.send_signal(signal.SIGTERM)
        running.send_signal(signal.SIGTERM)
        _, entries = running.communicate(timeout=60)

    assert "No provider is configured yet" in said
    assert "OPENAI_API_KEY" in said
    assert "simulator" in said
    assert answer["choices"][0]["message"]["content"].startswith("Hello!")
    assert json.loads(entries)["target"] == "sim/hello"
    assert running.returncode == 0


def test_serve_names_who_is_configured() -> None:
    with started("serve", "--port", "0", OPENAI_API_KEY="sk-canary") as running:
        said, _ = welcome(running)

    assert "Providers: openai, openai-responses." in said
    assert "canary" not in said


def test_the_curl_line_of_a_gateway_with_keys_has_a_place_for_one(tmp_path: Path) -> None:
    file = settings(tmp_path, "[gateway]\nport = 0\n[keys.ci]\nkey = 'dk-canary'\n")

    with started("serve", "--settings", file) as running:
        said, curl = welcome(running)
        answer = asked_as_pasted(curl.replace("YOUR_KEY", "dk-canary"))

    assert answer["object"] == "chat.completion"
    assert "canary" not in said + curl


def test_sigterm_drains_and_a_second_one_ends_at_once_with_exit_code_0() -> None:
    with started("serve", "--port", "0") as running:
        _, curl = welcome(running)
        asked = {
            "model": "sim/words?n=9&stall_at_event=4",
            "messages": [{"role": "user", "content": "Hi"}],
            "stream": True,
        }
        request = urllib.request.Request(
            curl.split()[1], json.dumps(asked).encode(), {"content-type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            answer.readline()
            running.send_signal(signal.SIGTERM)
            ready = curl.split()[1].replace("/v1/chat/completions", "/health/ready")
            with pytest.raises(urllib.error.HTTPError) as stopping:
                ask_for_ever(ready)
            stopping.value.close()
            running.send_signal(signal.SIGTERM)
            told = answer.read()
        running.communicate(timeout=60)

    assert stopping.value.code == 503
    assert stopping.value.headers["connection"] == "close"
    assert b"server_shutting_down" in told
    assert b"[DONE]" not in told
    assert running.returncode == 0


def test_sighup_has_the_settings_read_again(tmp_path: Path) -> None:
    file = settings(tmp_path, "[gateway]\nport = 0\n")

    with started("serve", "--settings", file) as running:
        welcome(running)
        running.send_signal(signal.Signals["SIGHUP"])
        assert running.stderr is not None
        told = json.loads(running.stderr.readline())

    assert told["message"] == f"settings are read again from {file}"


# doctor


def test_doctor_tells_what_is_reached_and_names_keys_without_showing_them(tmp_path: Path) -> None:
    with Upstream(*[[whole({})]] * 4) as upstream:
        text = f"""
            [providers.lab]
            base_url = "{upstream.url}/v1"
            [providers.keyed]
            base_url = "{upstream.url}/v1"
            api_key = "env:MY_KEY"
            [providers.written]
            base_url = "{upstream.url}/v1"
            api_key = "sk-canary-2"
            [providers.bedrock]
            base_url = "{upstream.url}"
            region = "eu-west-1"
            [keys.ci]
            key = "dk-canary-3"
        """
        done = run("doctor", "--settings", settings(tmp_path, text), MY_KEY="sk-canary-1")

        assert upstream.until(lambda account: len(account.sockets) == 4)
        assert not any("authorization" in seen.headers for seen in upstream.requests)

    assert (done.returncode, done.stderr) == (0, "")
    assert f"lab: {upstream.url}/v1, key: none, reached\n" in done.stdout
    assert f"keyed: {upstream.url}/v1, key: MY_KEY, reached\n" in done.stdout
    assert f"written: {upstream.url}/v1, key: in the settings, reached\n" in done.stdout
    assert f"bedrock: {upstream.url}, key: none, but AWS credentials, reached\n" in done.stdout
    assert "Keys of callers: ci\n" in done.stdout
    assert "openai (OPENAI_API_KEY)" in " ".join(done.stdout.split())
    assert "canary" not in done.stdout


def test_doctor_fails_where_one_cannot_be_reached(tmp_path: Path) -> None:
    with Upstream([whole({})]) as upstream:
        text = f"""
            [providers.gone]
            base_url = "http://{nobody()}/v1"
            [providers.lab]
            base_url = "{upstream.url}/v1"
        """
        done = run("doctor", "--settings", settings(tmp_path, text))

    assert done.returncode == 1
    assert "key: none, NOT REACHED: 127.0.0.1:" in done.stdout
    assert "/v1, key: none, reached\n" in done.stdout


def test_doctor_sees_that_a_host_speaks_no_tls(tmp_path: Path) -> None:
    with Upstream() as upstream:
        text = f'[providers.lab]\nbase_url = "https://127.0.0.1:{upstream.port}/v1"\n'
        done = run("doctor", "--settings", settings(tmp_path, text))

    assert done.returncode == 1
    assert "NOT REACHED" in done.stdout


def test_doctor_tells_a_mistake_as_check_does(tmp_path: Path) -> None:
    file = settings(tmp_path, "[providers.lab]\nbase_url = 'http://lab'\napi_key = 'env:NO'\n")

    done = run("doctor", "--settings", file)

    assert done.returncode == 2
    assert done.stderr.startswith(f"{file}:3: providers.lab.api_key: ")


# models


def test_models_lists_names_the_simulators_and_each_providers(tmp_path: Path) -> None:
    with Upstream([whole(MODELS)]) as upstream:
        text = f"""
            [providers.lab]
            base_url = "{upstream.url}/v1"
            [models.fast]
            targets = ["lab/tiny"]
        """
        done = run("models", "--settings", settings(tmp_path, text))

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.split() == [
        "fast",
        *["sim/echo", "sim/hello", "sim/words", "sim/fail"],
        *["lab/tiny", "lab/big"],
    ]


def test_models_tells_who_cannot_be_asked_and_lists_the_others(tmp_path: Path) -> None:
    text = f'[providers.gone]\nbase_url = "http://{nobody()}/v1"\n'

    done = run("models", "--settings", settings(tmp_path, text))

    assert done.returncode == 1
    assert "sim/echo" in done.stdout
    assert done.stderr.startswith("gone: 127.0.0.1:")


# --via


def test_a_gateway_elsewhere_is_asked_by_its_address_alone() -> None:
    with opened({"models": {"fast": {"targets": ["sim/echo"]}}}) as door:
        base_url = f"http://127.0.0.1:{door.port}"
        for via in (base_url, f"{base_url}/v1"):
            asked = run("chat", "-m", "fast", "Hi", "--via", via)
            listed = run("models", "--via", via)

            assert (asked.stdout, asked.stderr) == ("Hi\n", "")
            assert listed.stdout.split()[0] == "fast"
        whole = run("chat", "-m", "sim/echo", "Hi", "--json", "--via", base_url)

    assert json.loads(whole.stdout)["choices"][0]["message"]["content"] == "Hi"


def test_a_gateway_elsewhere_is_shown_the_key_of_the_environment() -> None:
    with opened({"keys": {"ci": {"key": "dk-canary"}}}) as door:
        via = f"http://127.0.0.1:{door.port}/v1"
        without = run("chat", "-m", "sim/echo", "Hi", "--via", via)
        with_it = run("chat", "-m", "sim/echo", "Hi", "--via", via, DRAGOMAN_API_KEY="dk-canary")

    assert (without.returncode, with_it.returncode) == (1, 0)
    assert "expected a key" in without.stderr
    assert with_it.stdout == "Hi\n"


def test_a_gateway_that_is_not_there_is_said_in_one_line() -> None:
    via = f"http://{nobody()}/v1"

    asked, listed = run("chat", "-m", "sim/echo", "Hi", "--via", via), run("models", "--via", via)

    assert asked.returncode == listed.returncode == 1
    assert asked.stderr.count("\n") == listed.stderr.count("\n") == 1
    assert run("models", "--via", via, "--settings", "x.toml").returncode == 2
