"""AWS, as far as its credentials and regions go: found where AWS's own programs find them.

`resolving.resolved` is the way in. Signing with what it finds is `dragoman.providers.sigv4`.
"""
