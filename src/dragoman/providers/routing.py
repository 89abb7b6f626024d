"""From `provider/model` to a provider and its own name for the model."""

from collections.abc import Iterable, Mapping
from typing import TypeVar

from dragoman.errors import NotFoundError

P = TypeVar("P")


def routed(model: str, providers: Mapping[str, P], *, names: Iterable[str] = ()) -> tuple[P, str]:
    """The provider that a model is asked of, by its name, and the model without our prefix.

    Raises `NotFoundError` (404, `model_not_found`) with near names where no provider fits; `names`
    are those that could have been asked for instead.
    """
    name, slash, rest = model.partition("/")
    if slash and name in providers and rest:
        return providers[name], rest
    wanted = "provider/model"
    near = [f"{other}/{rest or name}" for other in near_names(name, providers)]
    if not slash:
        wanted += ", such as openai/gpt-5-mini"
        near = near_names(model, names) or near
    if names:
        wanted += f", or one of {', '.join(sorted(names))}"
    if near:
        known = f"did you mean {' or '.join(near)}?"
    else:
        known = f"the providers are {', '.join(sorted(providers))}"
    raise NotFoundError(
        f"model: expected {wanted}; got {model!r}; {known}",
        status_code=404,
        code="model_not_found",
        param="model",
    )


def near_names(name: str, known: Iterable[str]) -> list[str]:
    """At most three of the known names, the nearest first: what somebody may have meant."""
    import difflib  # only somebody's mistake needs it

    return difflib.get_close_matches(name, list(known), n=3)
