"""The image from scratch, made by tools/image."""

import os
import pathlib
import subprocess

import pytest

from harness.lab import TOP

NAME = "swarm:test"
# Not the binary under test: a sanitized one would bring the sanitizers' libraries.
PROGRAM = pathlib.Path(os.environ.get("SWARM_IMAGE_BINARY") or TOP / "build" / "swarm")


def load(docker):
    """Into the engine of this docker command, under NAME."""
    if not PROGRAM.exists():
        pytest.skip(f"{PROGRAM} is missing: run make")
    done = subprocess.run(
        [TOP / "tools" / "image", "--import", NAME],
        env={**docker.environment, "SWARM_BINARY": str(PROGRAM)}, capture_output=True, text=True, timeout=120,
    )
    assert done.returncode == 0, done.stderr
