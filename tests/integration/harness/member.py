"""One of several managers on one store (`--replication`)."""

import itertools
import signal

from harness.manager import Manager
from harness.wait import eventually

# A session of Consul lives for half of it, and etcd counts whole seconds.
TTL = "4s"
# ZooKeeper's session has a time of its own; a loaded machine gets some more.
TAKEOVER_SECONDS = 30

_numbers = itertools.count()


class Member(Manager):
    """Its engines are written to the store as a stranger would."""

    def __init__(self, folder, url, *flags, ttl=TTL):
        folder = folder / f"member-{next(_numbers)}"
        folder.mkdir()
        super().__init__(folder, url, *flags)
        self.arguments[2:2] = ["--replication", "--replication-ttl", ttl, "--advertise", self.address]

    def info(self):
        return dict(self.get("/info").json["SystemStatus"])

    def leads(self):
        return self.info()["Role"] == "primary"

    def follows(self, leader):
        info = self.info()
        return info["Role"] == "replica" and info["Primary"] == leader.address

    def freeze(self):
        self.signal(signal.SIGSTOP)

    def thaw(self):
        self.signal(signal.SIGCONT)

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.process = None

    def stop(self):
        if self.process:
            self.thaw()
        super().stop()


def leader_among(managers, timeout=TAKEOVER_SECONDS):
    """The one that leads, once all the others follow it."""

    def agreed():
        leaders = [manager for manager in managers if manager.leads()]
        assert len(leaders) == 1, [manager.info()["Role"] for manager in managers]
        return leaders[0] if all(m is leaders[0] or m.follows(leaders[0]) for m in managers) else None

    return eventually(agreed, timeout)
