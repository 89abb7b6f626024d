"""Which paths there are, and by which methods."""

import pytest

from dragoman.errors import NotFoundError
from dragoman.gateway.routes import MethodError, Route, routed


@pytest.mark.parametrize(
    "path", ["/v1/chat/completions", "/chat/completions", "/openai/v1/chat/completions"]
)
def test_a_completion_is_asked_for_by_the_paths_of_openai_and_azure(path: str) -> None:
    assert routed("POST", path) == Route("complete")


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("gpt-5-mini", "gpt-5-mini"),
        ("sim%2Fecho", "sim/echo"),
        ("sim/echo", "sim/echo"),
        ("caf%C3%A9", "café"),
        ("sim%2Fwords%3Fn=9", "sim/words?n=9"),
    ],
)
def test_azures_path_names_the_model(written: str, name: str) -> None:
    path = f"/openai/deployments/{written}/chat/completions"

    assert routed("POST", path) == Route("complete", name)


@pytest.mark.parametrize("before", ["/v1/models", "/models", "/openai/v1/models", "/openai/models"])
@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("fast", "fast"),
        ("sim/echo", "sim/echo"),
        ("sim%2Fecho", "sim/echo"),
        ("groq/openai/gpt-oss-20b", "groq/openai/gpt-oss-20b"),
    ],
)
def test_a_model_may_have_slashes_written_as_they_are_or_encoded(
    before: str, written: str, name: str
) -> None:
    assert routed("GET", before) == Route("models")
    assert routed("GET", f"{before}/{written}") == Route("model", name)


@pytest.mark.parametrize("path", ["/v1/models", "/v1/models/fast", "/health/live", "/health/ready"])
def test_what_may_be_got_may_be_asked_for_its_head(path: str) -> None:
    assert routed("HEAD", path) == routed("GET", path)


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", "/v1/chat/completions", "POST"),
        ("HEAD", "/v1/chat/completions", "POST"),
        ("OPTIONS", "/openai/deployments/fast/chat/completions", "POST"),
        ("POST", "/v1/models", "GET, HEAD"),
        ("DELETE", "/v1/models/fast", "GET, HEAD"),
        ("post", "/chat/completions", "POST"),
    ],
)
def test_another_method_is_told_which_there_are(method: str, path: str, allowed: str) -> None:
    with pytest.raises(MethodError) as raised:
        routed(method, path)

    assert raised.value.allowed == allowed


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "",
        "*",
        "/v1",
        "/v1/models/",
        "/v1/completions",
        "/V1/models",
        "//v1/models",
        "/v1/chat/completions/",
        "/openai/deployments//chat/completions",
        "/openai/deployments/chat/completions",
    ],
)
def test_another_path_leads_nowhere(path: str) -> None:
    with pytest.raises(NotFoundError) as raised:
        routed("GET", path)

    assert raised.value.code == "unknown_path"
    assert "/v1/chat/completions" in raised.value.message
