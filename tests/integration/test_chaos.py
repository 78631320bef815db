"""The short form of tools/chaos: one order of failures, while clients work, and what is left of it."""

import pytest

from harness import chaos
from harness.stores import Etcd

# The plan of a seed is in the head of what a failure tells.
SEEDS = [pytest.param(874, marks=pytest.mark.long), 2864]
SECONDS = 5.0


@pytest.fixture
def store(tmp_path):
    store = Etcd(tmp_path / "etcd").start()
    yield store
    store.stop()


@pytest.mark.parametrize("seed", SEEDS)
def test_what_was_acknowledged_is_there(engines, store, tmp_path, seed):
    world = chaos.World(engines, store, "chaos", tmp_path, flags=("--discovery-opt", "kv.etcd=v3"))
    try:
        chaos.run(world.start(), seed, SECONDS)
    finally:
        world.close()
