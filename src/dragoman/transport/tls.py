"""TLS towards providers: whom we trust, and what is said where trust fails.

A context that was given is used as it is: own authorities and client certificates are its
matter. Else the file or folder that the environment names decides, which OpenSSL reads itself;
where it names none, the system.

Reference: https://docs.python.org/3/library/ssl.html, RFC 7301 (ALPN)
"""

import os
import ssl
import sys
from typing import Final

from dragoman.errors import APIConnectionError

NAMED_AUTHORITIES: Final = ("SSL_CERT_FILE", "SSL_CERT_DIR")
"""Variables of OpenSSL's; whatever asks the system instead does not heed them."""


class Trust:
    """The context for all connections of a transport; loading authorities waits for the first."""

    def __init__(self, given: ssl.SSLContext | None = None) -> None:
        self._context = given

    @property
    def context(self) -> ssl.SSLContext:
        if self._context is None:
            # Two threads may both come here: then one context more is made, and thrown away.
            self._context = default_context()
        return self._context


def default_context() -> ssl.SSLContext:
    context = system_context()
    context.set_alpn_protocols(["http/1.1"])
    return context


def system_context() -> ssl.SSLContext:
    # There OpenSSL knows none of the authorities that the system and its administrators trust.
    named = any(os.environ.get(name) for name in NAMED_AUTHORITIES)
    if sys.platform in ("darwin", "win32") and not named:
        import truststore

        context: ssl.SSLContext = truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        return context
    return ssl.create_default_context()


def untrusted(address: str, error: ssl.SSLCertVerificationError) -> APIConnectionError:
    return APIConnectionError(
        f"{address}: in the TLS handshake: its certificate is not trusted"
        f" ({error.verify_message}); SSL_CERT_FILE may name a file with the authorities to trust",
        attempt_class="not_sent",
    )
