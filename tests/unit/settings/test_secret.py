"""A secret is shown to nobody but who asks by name."""

import copy
import json
import pickle

import msgspec
import pytest

from dragoman.settings.providers import configured
from dragoman.settings.secret import Secret

CANARY = "sk-canary-0123456789"


def test_a_secret_tells_its_value_to_who_asks() -> None:
    assert Secret(CANARY).reveal() == CANARY


def test_a_secret_has_no_text() -> None:
    secret = Secret(CANARY)

    shown = f"{secret} {secret!r} {secret!s} {secret:>40} {[secret]} {secret.__class__}"
    assert CANARY not in shown


@pytest.mark.parametrize("stored", [pickle.dumps, copy.copy, json.dumps, msgspec.json.encode])
def test_a_secret_is_not_stored(stored: object) -> None:
    assert callable(stored)

    with pytest.raises(TypeError):
        stored(Secret(CANARY))


def test_settings_do_not_show_the_keys_they_hold() -> None:
    lab = {"base_url": "http://lab", "api_key": CANARY}

    assert CANARY not in repr(configured({"lab": lab}, environ={"OPENAI_API_KEY": CANARY}))
