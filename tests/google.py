"""Google's credentials without Google: files of every kind, and google-auth as the judge."""

import functools
import json
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from dragoman.providers.wishes import Fetched
from tests.aws import Answered, Asked

EMAIL = "harbour@project.iam.gserviceaccount.com"


@functools.cache
def private_key() -> str:
    """An RSA key in PEM, made once."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()


@functools.cache
def public_key() -> bytes:
    """The other half of it."""
    key = serialization.load_pem_private_key(private_key().encode(), password=None)
    return key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def service_account(url: str, **more: Any) -> dict[str, Any]:
    return {
        "type": "service_account",
        "project_id": "project",
        "private_key_id": "key-1",
        "private_key": private_key(),
        "client_email": EMAIL,
        "client_id": "1",
        "token_uri": f"{url}/token",
        **more,
    }


def user(url: str, **more: Any) -> dict[str, Any]:
    return {
        "type": "authorized_user",
        "client_id": "client-1",
        "client_secret": "hush-client",
        "refresh_token": "hush-refresh",
        "token_uri": f"{url}/token",
        **more,
    }


def external(url: str, source: dict[str, Any], **more: Any) -> dict[str, Any]:
    pool = "projects/1/locations/global/workloadIdentityPools/pool/providers/house"
    return {
        "type": "external_account",
        "audience": f"//iam.googleapis.com/{pool}",
        "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
        "token_url": f"{url}/sts",
        "credential_source": source,
        **more,
    }


def impersonating(url: str) -> dict[str, Any]:
    path = f"/v1/projects/-/serviceAccounts/{EMAIL}:generateAccessToken"
    return {"service_account_impersonation_url": f"{url}{path}"}


def google(asked: Asked) -> Fetched:
    """Every service is there, and names itself in the token."""
    path = asked.path.partition("?")[0]
    if path.endswith(":generateAccessToken"):
        given: dict[str, Any] = {"accessToken": "ya29.iam", "expireTime": "2026-11-24T13:00:00Z"}
    elif path == "/subject":
        given = {"token": "jwt-told"}
    else:
        name = path.rpartition("/")[2] if "computeMetadata" not in path else "metadata"
        given = {"access_token": f"ya29.{name}", "expires_in": 3600, "token_type": "Bearer"}
    return Answered(200, json.dumps(given).encode(), {"content-type": "application/json"})
