"""A node that is drained: what may move leaves it, and nobody who asks for it notices."""

import threading

from harness import rawhttp
from harness.wait import eventually

MOVES = ["-e", "reschedule:on-node-failure", "--stop-timeout", "1"]
SLEEP = ["busybox", "sleep", "1000"]
WEB = ["busybox", "sh", "-c", "echo here >/tmp/index.html; exec httpd -f -p 80 -h /tmp"]


class Proxy(threading.Thread):
    """Asks without a pause for what is at this port of any host, and tries the next one when one does not answer, as a
    proxy with redispatch does."""

    def __init__(self, addresses):
        super().__init__(daemon=True)
        self.addresses, self.over, self.answered, self.failed = addresses, threading.Event(), 0, 0

    def ask(self):
        for address in list(self.addresses):
            try:
                if rawhttp.request(address, "GET", "/index.html", timeout=10).text == "here\n":
                    return True
            except (OSError, AssertionError, ValueError, EOFError):
                pass
            self.addresses.append(self.addresses.pop(0))
        return False

    def run(self):
        while not self.over.wait(0.02):
            if self.ask():
                self.answered += 1
            else:
                self.failed += 1


def message(manager):
    return manager.get("/nodes/node-1").json["Status"].get("Message", "")


def test_a_drained_node(manager, engines, is_long):
    docker, drained = manager.docker, engines[1]
    for engine in (engines[0], engines[2]):
        docker("node", "update", "--availability", "pause", engine.name)
    docker("run", "-d", "--name", "web", *MOVES, "-p", "8080:80", "-l", "com.docker.swarm.priority=5", *WEB)
    docker("run", "-d", "--name", "once", "-e", "reschedule:on-node-failure:at-most-once", "--stop-timeout", "1", *SLEEP)
    docker("run", "-d", "--name", "tied", *MOVES, "-v", "data:/data", *SLEEP)
    docker("run", "-d", "--name", "plain", *SLEEP)
    docker("create", "--name", "resting", *MOVES, *SLEEP)
    movable = [f"app-{n}" for n in range(15 if is_long else 6)]  # of 20 containers in all
    for name in movable:
        docker("run", "-d", "--name", name, *MOVES, *SLEEP)
    assert set(manager.placed().values()) == {"node-1"}
    before = manager.get("/containers/web/json").json
    for engine in (engines[0], engines[2]):
        docker("node", "update", "--availability", "active", engine.name)

    proxy = Proxy([f"{engine.ip}:8080" for engine in engines])
    proxy.start()
    eventually(lambda: proxy.answered > 10)
    docker("node", "update", "--availability", "drain", "node-1")
    eventually(lambda: set(drained.containers()) == {"tied", "plain"}, timeout=180)
    eventually(lambda: message(manager).startswith("drained"), timeout=60)
    proxy.over.set()
    proxy.join()
    assert proxy.failed == 0 and proxy.answered > 20

    others = {**engines[0].containers(), **engines[2].containers()}
    assert sorted(others) == sorted(["web", "once", "resting", *movable])
    assert {name for name, c in others.items() if c["State"] != "running"} == {"resting"}
    after = manager.get("/containers/web/json").json
    assert after["Config"]["Labels"]["com.docker.swarm.id"] == before["Config"]["Labels"]["com.docker.swarm.id"]
    assert "tied (named volume)" in message(manager) and "plain (no reschedule policy)" in message(manager)
    assert "tied (named volume)" in docker("node", "inspect", "--pretty", "node-1")
    assert "tied (named volume)" in manager.get("/page/nodes").text
    assert manager.get("/containers/tied/json").json["State"]["Running"]
    docker("node", "update", "--availability", "active", "node-1")
    docker("run", "-d", "--name", "back", "-e", "constraint:node==node-1", *SLEEP)
    assert message(manager) == ""


def test_a_drain_without_a_place(manager, engines):
    """What finds no other node stays as it was, says why, and may stay for good."""
    docker = manager.docker
    docker("run", "-d", "--name", "tied", *MOVES, "-e", "constraint:storage==ssd", *SLEEP)
    docker("run", "-d", "--name", "once", "-e", "reschedule:on-node-failure:at-most-once", "--stop-timeout", "1",
           "-e", "constraint:storage==ssd", *SLEEP)
    before = {name: c["Id"] for name, c in engines[0].containers().items()}
    docker("node", "update", "--availability", "drain", "node-0")
    eventually(lambda: "tied (Unable to find a node" in manager.get("/nodes/node-0").json["Status"].get("Message", ""), timeout=60)
    eventually(lambda: "once (Unable to find a node" in manager.get("/nodes/node-0").json["Status"].get("Message", ""), timeout=60)
    docker("node", "update", "--availability", "active", "node-0")
    eventually(lambda: all(c["State"] == "running" for c in engines[0].containers().values()), timeout=60)
    assert {name: c["Id"] for name, c in engines[0].containers().items()} == before
