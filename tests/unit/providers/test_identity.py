"""How long what was found is used, and when to look again."""

import pytest

from dragoman.providers.aws.credentials import EARLY_SECONDS, Credentials
from dragoman.providers.aws.identity import AwsIdentity
from dragoman.providers.azure import AzureIdentity
from dragoman.providers.google.identity import GoogleIdentity
from dragoman.providers.identity import PAUSE_SECONDS, AtHand
from dragoman.providers.tokens import Token

END = 10_000.0
SESSION = Credentials("AKID", "hush", "session", expires_at=END, source="a test")


@pytest.mark.parametrize(
    ("left", "usable", "look"),
    [
        (3600.0, True, False),
        (900.0, True, False),
        (899.9, True, True),
        (0.1, True, True),
        (0.0, False, True),
        (-1.0, False, True),
    ],
)
def test_credentials_are_replaced_early_and_used_to_their_end(
    left: float, usable: bool, look: bool
) -> None:
    identity = AwsIdentity({})
    identity.looked(SESSION, now=0)

    assert identity.at_hand(END - left) == AtHand(SESSION if usable else None, look)


def test_before_anything_was_found_it_is_to_be_looked_for() -> None:
    assert AwsIdentity({}).at_hand(0) == AtHand(None, look=True)


def test_what_has_no_end_stays() -> None:
    identity = AwsIdentity({})
    identity.looked(Credentials("AKID", "hush", source="a test"), now=0)

    assert not identity.at_hand(1e12).look
    assert not identity.called_back(identity.looks)


@pytest.mark.parametrize("found", [None, SESSION])
def test_after_a_look_there_is_a_pause_while_the_old_holds(found: Credentials | None) -> None:
    identity = AwsIdentity({})
    identity.looked(SESSION, now=0)
    now = END - EARLY_SECONDS + 1

    identity.looked(found, now=now)

    assert identity.at_hand(now) == AtHand(SESSION, look=False)
    assert identity.at_hand(now + PAUSE_SECONDS) == AtHand(SESSION, look=True)


def test_after_a_look_in_vain_there_is_none_where_nothing_holds() -> None:
    identity = AwsIdentity({})

    identity.looked(None, now=0)

    assert identity.at_hand(0) == AtHand(None, look=True)


NEWER = Credentials("AKID", "newer", "session", expires_at=END, source="a test")


def test_what_was_called_back_is_looked_for_once_however_many_are_told() -> None:
    identity = AwsIdentity({})
    identity.looked(SESSION, now=0)
    looks = identity.looks

    first, second = identity.called_back(looks), identity.called_back(looks)
    gone = identity.at_hand(0)
    identity.looked(NEWER, now=0)
    late = identity.called_back(looks)

    assert [first, second, late] == [True, True, True]
    assert gone == AtHand(None, look=True)
    assert identity.at_hand(0) == AtHand(NEWER, look=False)


def test_what_was_called_back_is_still_a_secret() -> None:
    identity = AwsIdentity({})
    identity.looked(SESSION, now=0)

    identity.called_back(identity.looks)
    before = identity.secrets()
    identity.looked(NEWER, now=0)

    assert before == ("hush", "session")
    assert identity.secrets() == ("newer", "session", "hush", "session")


@pytest.mark.parametrize("identity", [GoogleIdentity({}), AzureIdentity(None)])
def test_a_token_signs_and_is_a_secret(identity: GoogleIdentity | AzureIdentity) -> None:
    token = Token("hush", expires_at=None, source="a test", quota_project="p")
    identity.looked(token, now=0)

    signed = identity.signed("POST", "https://h/", {"a": "b"}, b"", by=token, at=0)

    assert (signed["a"], signed["authorization"]) == ("b", "Bearer hush")
    assert identity.secrets() == ("hush",)
    assert "hush" not in repr(identity) + repr(token)


def test_of_awss_credentials_all_but_the_key_id_is_secret() -> None:
    identity = AwsIdentity({})
    identity.looked(SESSION, now=0)

    assert identity.secrets() == ("hush", "session")
