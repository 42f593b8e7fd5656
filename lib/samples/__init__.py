"""The sample workspace: an organization of its own to look around in, apart from everything real, gone in one click."""
