"""Google, as far as its access tokens go: had from where Google's own programs have them.

`identity.GoogleIdentity` is the way in. The exchange of one proof for a token is a small request,
and is a conversation here, so that proxies, deadlines, event loops and tests are those of every
other request; `google-auth` would send it by an HTTP of its own, which blocks. What is left to
`google-auth` is what Python has nothing for: the RSA signature of a service account. Nothing else
needs it.

Reference: https://google.aip.dev/auth/4110 and those after it
"""
