"""The options of stores, as the program lists them, are those that are documented."""

import re

import pytest

from harness.lab import TOP
from harness.manager import run_swarm


def known_options():
    done = run_swarm("list", "--discovery-opt", "kv.none=x", "consul://127.0.0.1:1/p")
    assert done.returncode == 1
    return set(re.findall(r"\bkv\.\w+", done.stderr)) - {"kv.none"}


@pytest.mark.parametrize("page", ["docs/man/swarm.1", "docs/discovery.md"])
def test_every_option_of_a_store_is_documented(page):
    text = (TOP / page).read_text()
    options = known_options()
    assert len(options) > 5
    assert set(re.findall(r"\bkv\.\w+", text)) == options
