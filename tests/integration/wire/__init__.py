"""The bytes: what arrives at an engine and at a client, and what becomes of peers that misbehave."""
