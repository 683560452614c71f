"""The HTTP face of the gateway: thin handlers under /v1, OAuth 2.0 token endpoint, RFC 9457 problems."""
