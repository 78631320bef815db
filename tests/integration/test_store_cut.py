"""Stores that fall silent for a minute: nothing is refused, nothing answers.

In the store everything that agents have written expires meanwhile.  All stores are cut off at the same time, so
that it is one minute for all.
"""

import time

import pytest

from harness.host import Host
from harness.manager import run_swarm
from harness.store_cases import join, lists_seen, members, prefix  # noqa: F401
from harness.stores import Consul, Etcd, ZooKeeper
from harness.wait import eventually

SILENCE_SECONDS = 60
# An agent pauses for up to 10 s between two tries; a manager waits as long for those who were there.
HEARTBEAT = "20s"


class Site:
    """A store on a host of its own, with a manager and two agents."""

    def __init__(self, kind, folder):
        self.name = kind.scheme
        self.host = Host()
        self.store = kind(folder / self.name, host=self.host)

    def open(self, prefix, join, start_manager, engines):
        self.prefix = prefix
        self.url = self.store.start().url(prefix)
        self.wanted = sorted(engine.address for engine in engines)
        self.manager = start_manager(self.url, "--heartbeat", HEARTBEAT, env={"DEBUG": "1"})
        self.agents = [join(self.url, address) for address in self.wanted]
        self.manager.wait_healthy(len(engines))
        self.written = self.versions()
        self.seen = len(lists_seen(self.manager))

    def versions(self):
        """What changes when the store has forgotten an entry, and it is written anew."""
        return [self.store.changes(self.prefix, agent.address) for agent in self.agents]

    def holds(self):
        assert members(self.manager) == self.wanted, self.name
        assert self.manager.states() == ["Healthy"] * len(self.wanted), self.name
        return True

    def has_said_why(self):
        blame = f"{self.store.address}: "
        assert f"Discovery error: {blame}" in self.manager.log, self.name
        for agent in self.agents:
            assert f"Not registered on the discovery service, trying again: {blame}" in agent.log, self.name

    def close(self):
        self.store.stop()
        self.host.close()


@pytest.fixture
def sites(tmp_path):
    opened = []
    for kind in (Consul, Etcd, ZooKeeper):
        opened.append(Site(kind, tmp_path))
    yield opened
    for site in opened:
        site.close()


def test_a_minute_of_silence(sites, prefix, join, fakes, start_manager):  # noqa: F811
    engines = fakes(3 * len(sites))
    for site in sites:
        site.open(prefix, join, start_manager, [engines.pop(), engines.pop()])
    for site in sites:
        site.host.cut()
    mended_at = time.monotonic() + SILENCE_SECONDS

    # list gives up in time, and agents that start now go on trying.
    for site, newcomer in zip(sites, engines):
        done = run_swarm("list", "--timeout", "1s", site.url)
        assert done.returncode == 1 and done.stdout == "", site.name
        assert "Timed out" in done.stderr and site.store.address in done.stderr, site.name
        site.agents.append(join(site.url, newcomer.address))
    while time.monotonic() < mended_at:
        for site in sites:
            site.holds()
        time.sleep(0.5)
    for site in sites:
        site.has_said_why()
        site.host.mend()

    for site, newcomer in zip(sites, engines):
        site.wanted = sorted([*site.wanted, newcomer.address])
        eventually(site.holds, 40)
        eventually(lambda: sorted(site.store.entries(prefix)) == site.wanted, 40)
        assert all(now > before for now, before in zip(site.versions(), site.written)), site.name
        assert "The discovery service answers again" in site.manager.log, site.name
        assert all(length >= 2 for length in lists_seen(site.manager)[site.seen:]), site.name
