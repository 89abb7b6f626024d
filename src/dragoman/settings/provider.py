"""A provider as an operator writes it down: `[providers.NAME]`."""

import re
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from dragoman.dialects import DIALECTS
from dragoman.providers.provider import Provider, quirks_of
from dragoman.providers.routing import near_names
from dragoman.providers.table import PROVIDERS
from dragoman.settings.checking import key_of, mistake, typed
from dragoman.settings.secret import Secret

SIGNED_BY: Final[dict[str, tuple[str, ...]]] = {
    "profile": ("aws",),
    "region": ("aws",),
    "credential": ("google", "azure"),
}
"""What may be set for whom, by what signs for it."""


class ProviderSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What may be set for a provider; a known one needs only its key."""

    api_key: Secret | None = None
    """The key, or a reference: `env:NAME`, `file:PATH`, `cmd:…`. None: the usual variable."""

    base_model: str | None = None
    """The model behind the deployments of this provider, where their names do not tell it."""

    base_url: str | None = None
    """Where it is; a known provider has its own."""

    credential: Any = None
    """What proves who asks, in place of a key: at Google's the path of a file of credentials, at
    Azure's a credential of `azure-identity`; at both `default`, which is looked for where their
    own programs look. None: at Google's own address as `default`, else nothing."""

    dialect: str | None = None
    """What it speaks; `openai-chat` where None."""

    exact: bool | None = None
    """Whether it speaks as OpenAI's own document says: requests and answers then keep their bytes.

    Each answer is checked all the same. None: what is known of the provider, unless `like` or
    `quirks` say otherwise.
    """

    like: str | None = None
    """A known provider whose quirks it shares, such as `vllm`."""

    profile: str | None = None
    """The profile of AWS's files whose credentials sign; None leaves the choice to AWS's rules."""

    quirks: dict[str, Any] = {}
    """Single quirks, by name, on top of those."""

    region: str | None = None
    """The AWS region; None: that of the address, of the environment, of the profile."""


def row_of(name: str, wanted: ProviderSettings) -> Provider:
    """The row that these settings make, of a known provider or a new one."""
    key = key_of("providers", name)
    row = PROVIDERS.get(name)
    if wanted.like is not None:
        like = PROVIDERS.get(wanted.like)
        if like is None:
            near = ", ".join(near_names(wanted.like, PROVIDERS) or sorted(PROVIDERS))
            raise mistake(f"{key}.like", f"a known provider, such as {near}", repr(wanted.like))
        row = row or Provider(name=name)
        row = msgspec.structs.replace(
            row, dialect=like.dialect, quirks=like.quirks, signing=like.signing
        )
    row = row or Provider(name=name)
    if wanted.dialect is not None and wanted.dialect != row.dialect:
        row = _speaking(row, wanted, f"{key}.dialect")
    _check_signing(row, wanted, key)
    regional = _regional(wanted, f"{key}.region")
    row = msgspec.structs.replace(
        row,
        name=name,
        base_url=wanted.base_url or row.base_url or regional,
        exact=_exact(row, wanted, f"{key}.exact"),
        quirks=_quirks(quirks_of(row), wanted.quirks, f"{key}.quirks"),
    )
    if row.base_url is None and row.signing != "aws":
        raise mistake(f"{key}.base_url", "the address of the provider", "nothing")
    return row


def _regional(wanted: ProviderSettings, key: str) -> str | None:
    """Where Bedrock is in the region that is wanted; None where none is, as yet."""
    if wanted.region is None:
        return None
    from dragoman.providers.aws import bedrock, regions  # only those who ask AWS need it

    return bedrock.address(regions.checked(wanted.region, key=key))


def _check_signing(row: Provider, wanted: ProviderSettings, key: str) -> None:
    """Raise `ConfigurationError` for what says how to sign, and means nothing here."""
    for name, kinds in SIGNED_BY.items():
        if getattr(wanted, name) in (None, ""):
            continue
        if row.signing not in kinds:
            rows = (other.name for other in PROVIDERS.values() if other.signing in kinds)
            raise mistake(f"{key}.{name}", f"nothing, but at {', '.join(rows)}", "a value")
        if name != "region" and wanted.api_key is not None:
            raise mistake(f"{key}.{name}", "nothing, beside `api_key`", "a value")


def _exact(row: Provider, wanted: ProviderSettings, key: str) -> bool:
    """Whether bytes may be kept: not where any quirk would change them."""
    quirky = wanted.like is not None or bool(wanted.quirks)
    if not wanted.exact:
        return row.exact and wanted.exact is None and not quirky
    if row.dialect != "openai-chat":
        raise mistake(key, "false, since only openai-chat can be exact", "true")
    if quirky:
        raise mistake(key, "false, beside `like` or `quirks`", "true")
    return True


def _speaking(row: Provider, wanted: ProviderSettings, key: str) -> Provider:
    """The same provider in another dialect, which has quirks of its own."""
    if wanted.dialect not in DIALECTS:
        known = ", ".join(sorted(DIALECTS))
        raise mistake(key, f"one of {known}", repr(wanted.dialect))
    if wanted.like is not None:
        expected = f"{row.dialect}, which {wanted.like} speaks"
        raise mistake(key, expected, repr(wanted.dialect))
    return msgspec.structs.replace(row, dialect=wanted.dialect, exact=False, quirks={})


def _quirks(quirks: Any, changes: Mapping[str, Any], key: str) -> Any:
    if not changes:
        return quirks
    kind = type(quirks)
    for name in changes:
        if name not in kind.__struct_fields__:
            near = near_names(name, kind.__struct_fields__)
            raise mistake(key_of(key, name), "a quirk", repr(name), near)
    alone = typed(changes, kind, key)  # a mistake is theirs, and not of those they are added to
    plain = msgspec.to_builtins(quirks)
    if "for_models" not in plain:
        return typed({**plain, **changes}, kind, key)
    for place, (pattern, _) in enumerate(alone.for_models):
        try:
            re.compile(pattern)
        except re.error as error:
            where = f"{key}.for_models[{place}][0]"
            raise mistake(where, "a regular expression", str(error)) from None
    plain["for_models"] = [(found, {**own, **changes}) for found, own in plain["for_models"]]
    return typed({**plain, **changes}, kind, key)
