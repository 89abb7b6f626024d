"""Typed configuration, `Secret`, and references to secrets; for the client and the gateway."""
