"""TLS towards providers: whom we trust, and what is said where trust fails.

A context that was given is used as it is: own authorities and client certificates are its
matter. Else the system decides, and `SSL_CERT_FILE`, which OpenSSL reads itself.

Reference: https://docs.python.org/3/library/ssl.html, RFC 7301 (ALPN)
"""

import ssl
import sys

from dragoman.errors import APIConnectionError


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
    if sys.platform in ("darwin", "win32"):
        try:
            import truststore
        except ImportError:
            pass
        else:
            context: ssl.SSLContext = truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            return context
    return ssl.create_default_context()


def untrusted(address: str, error: ssl.SSLCertVerificationError) -> APIConnectionError:
    return APIConnectionError(
        f"{address}: in the TLS handshake: its certificate is not trusted"
        f" ({error.verify_message}); SSL_CERT_FILE may name a file with the authorities to trust",
        attempt_class="not_sent",
    )
