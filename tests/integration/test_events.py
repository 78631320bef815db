"""docker events: what happens on all engines, as it happens."""

import json
import os
import time
import urllib.parse

import pytest

from harness import rawhttp
from harness.lab import holder
from harness.wait import eventually

SLEEP = ["busybox", "sleep", "1000"]


class Follower:
    """GET /events, read line by line."""

    def __init__(self, address, query="", version="1.41"):
        self.connection = rawhttp.Connection(address)
        self.connection.send_request("GET", f"/v{version}/events?{query}")
        self.head = self.connection.read_head()
        assert self.head.status == 200, self.connection.read_body(self.head)
        self.text = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.connection.close()

    def next(self):
        """The next event; None at the end of the stream."""
        while b"\n" not in self.text:
            chunk = self.connection.read_chunk()
            if not chunk:
                assert not self.text.strip()
                return None
            self.text += chunk
        line, self.text = self.text.split(b"\n", 1)
        return json.loads(line) if line.strip() else self.next()

    def until(self, action, name=None):
        """The events up to this action (of this container)."""
        found = []
        while True:
            event = self.next()
            assert event, f"the stream ended, after {[e['Action'] for e in found]}"
            found.append(event)
            if event["Action"] == action and name in (None, event["Actor"]["Attributes"].get("name")):
                return found

    def rest(self):
        return list(iter(self.next, None))


def filters(**wanted):
    return "filters=" + urllib.parse.quote(json.dumps(wanted))


def live(docker, name, *options):
    docker("run", "-d", "--name", name, *options, *SLEEP)
    docker("rm", "-f", name)


def actions(events, name):
    return [e["Action"] for e in events
            if e["Type"] == "container" and e["Actor"]["Attributes"].get("name") == name]


def test_a_life_in_order(endpoint, docker):
    with Follower(endpoint) as follower:
        live(docker, "web")
        events = follower.until("destroy", "web")
    assert actions(events, "web") == ["create", "start", "kill", "die", "destroy"]


def test_what_it_says_is_the_engines_own(manager, engines, docker):
    with Follower(manager.address) as follower:
        live(docker, "web", "--label", "tier=front")
        ours = follower.until("destroy", "web")
    since = f"since={ours[0]['timeNano'] / 1e9 - 5:.9f}&until={time.time():.9f}"
    engine = next(e for e in engines if e.name == ours[-1]["Actor"]["Attributes"]["node.name"])
    with Follower(engine.address, since) as follower:
        theirs = {(e["timeNano"], e["Action"]): e for e in follower.rest()}
    for event in ours:
        if event["Type"] == "swarm":
            continue
        node = event.pop("node")
        attributes = event["Actor"]["Attributes"]
        about = {key: attributes.pop(f"node.{key}") for key in ("name", "id", "addr", "ip")}
        assert (about["name"], about["addr"], about["ip"]) == (engine.name, engine.address, engine.ip)
        assert node == {"Name": engine.name, "Id": about["id"], "Addr": engine.address, "Ip": engine.ip}
        original = theirs[event["timeNano"], event["Action"]]
        if "from" in event:
            assert event.pop("from") == f"{original.pop('from', '')} node:{engine.name}"
        assert event == original


def test_old_and_new_clients(manager, docker):
    with Follower(manager.address, version="1.41") as old, Follower(manager.address, version="1.52") as new:
        live(docker, "web")
        old_start = old.until("start", "web")[-1]
        new_start = new.until("start", "web")[-1]
    assert old_start["status"] == "start" and old_start["id"] == old_start["Actor"]["ID"]
    assert not {"status", "id", "from"} & set(new_start)
    assert new_start["Actor"] == old_start["Actor"]


def test_every_engine_is_heard(manager, engines):
    with Follower(manager.address) as follower:
        for engine in engines:
            engine.docker("create", "--name", f"on-{engine.name}", *SLEEP)
        seen = {}
        while len(seen) < 3:
            event = follower.next()
            if event["Action"] == "create" and event["Type"] == "container":
                seen[event["Actor"]["Attributes"]["name"]] = event["Actor"]["Attributes"]["node.name"]
    assert seen == {f"on-{engine.name}": engine.name for engine in engines}


def test_each_engines_order_is_kept(manager, engines):
    with Follower(manager.address, filters(type=["container"])) as follower:
        for engine in engines:
            engine.docker("create", "--name", f"busy-{engine.name}", *SLEEP)
        for _ in range(5):
            for engine in engines:
                engine.docker("start", f"busy-{engine.name}")
                engine.docker("kill", f"busy-{engine.name}")
        for engine in engines:
            engine.docker("rm", f"busy-{engine.name}")
        events = []
        while sum(e["Action"] == "destroy" for e in events) < 3:
            events.append(follower.next())
    for engine in engines:
        mine = [e for e in events if e["Actor"]["Attributes"]["node.name"] == engine.name]
        assert [e["timeNano"] for e in mine] == sorted(e["timeNano"] for e in mine)
        words = [e["Action"] for e in mine]
        assert words == ["create", *["start", "kill", "die"] * 5, "destroy"]


def test_whoever_hears_of_it_sees_it(manager, docker):
    """The state is up to date before the event goes out."""
    with Follower(manager.address, filters(event=["start", "die", "destroy"])) as follower:
        for number in range(5):
            name = f"web-{number}"
            docker("run", "-d", "--name", name, *SLEEP)
            follower.until("start", name)
            assert name in manager.placed()
            docker("rm", "-f", name)
            follower.until("destroy", name)
            assert name not in manager.placed()


#
# since, until
#


def test_the_past_and_no_more(endpoint, docker):
    before = time.time()
    live(docker, "web")
    with Follower(endpoint, f"since={before:.9f}&until={time.time():.9f}") as follower:
        assert actions(follower.rest(), "web") == ["create", "start", "kill", "die", "destroy"]
    for since in ("since=0&", ""):
        with Follower(endpoint, f"{since}until={time.time():.9f}") as follower:
            assert actions(follower.rest(), "web")[-5:] == ["create", "start", "kill", "die", "destroy"]
    with Follower(endpoint, f"since={time.time():.9f}&until={time.time() + 0.001:.9f}") as follower:
        assert actions(follower.rest(), "web") == []


def test_the_past_and_then_the_present(endpoint, docker):
    before = time.time()
    live(docker, "early")
    with Follower(endpoint, f"since={before:.9f}") as follower:
        follower.until("destroy", "early")
        live(docker, "late")
        assert actions(follower.until("destroy", "late"), "late")[0] == "create"


def test_what_happened_before_the_manager(docker, engines, start_manager):
    """One that starts later, or leads later, asks the engines for what they remember; nothing is told twice."""
    before = time.time()
    live(docker, "web")
    later = start_manager([engine.address for engine in engines]).wait_healthy()
    with Follower(later.address, f"since={before:.9f}") as follower:
        follower.until("destroy", "web")
        later.docker("create", "--name", "late", *SLEEP)
        assert actions(follower.until("create", "late"), "web") == []
    said = later.docker("events", "--since", f"{before:.9f}", "--until", f"{time.time():.9f}", "--filter", "event=start",
                        "--filter", "event=destroy", "--filter", "event=create", "--filter", "type=container",
                        "--format", "{{.Action}} {{.Actor.Attributes.name}}")
    assert said.splitlines() == ["create web", "start web", "destroy web", "create late"]


def test_until_ends_the_stream(endpoint, docker):
    """What it told is what that time has; how much of a container's life this is depends on the machine. As an engine
    does, it tells of the past as well, which has containers of other names."""
    start, end = time.time(), time.time() + 3
    with Follower(endpoint, f"until={end:.3f}") as follower:
        live(docker, "until")
        told = actions(follower.rest(), "until")
    assert time.time() >= end
    with Follower(endpoint, f"since={start:.3f}&until={end:.3f}") as past:
        assert told and told == actions(past.rest(), "until")


@pytest.mark.parametrize("query", ["since=yesterday", "until=soon", "since=20&until=10"])
def test_times_that_make_no_sense(endpoint, query):
    answer = rawhttp.get(endpoint, f"/v1.41/events?{query}")
    assert answer.status == 400
    assert answer.head.get("Content-Type") == "application/json"


#
# Filters
#


@pytest.mark.parametrize("wanted, seen", [
    ({"event": ["start", "die"]}, {("one", "start"), ("one", "die"), ("two", "start"), ("two", "die")}),
    ({"event": ["start"], "container": ["one"]}, {("one", "start")}),
    ({"event": {"start": True}, "label": {"tier=front": True}}, {("one", "start")}),
    ({"label": ["tier"], "event": ["create"]}, {("one", "create"), ("two", "create")}),
    ({"type": ["container"], "event": ["create"]}, {("one", "create"), ("two", "create")}),
    ({"type": ["image"]}, set()),
    ({"image": ["busybox"], "event": ["create"]}, {("one", "create"), ("two", "create")}),
    ({"image": ["other"]}, set()),
    ({"scope": ["local"], "event": ["die"], "type": ["container"]}, {("one", "die"), ("two", "die")}),
    ({"scope": ["swarm"]}, set()),
])
def test_filters(endpoint, docker, wanted, seen):
    before = time.time()
    live(docker, "one", "--label", "tier=front")
    live(docker, "two", "--label", "tier=back")
    with Follower(endpoint, f"since={before:.9f}&until={time.time():.9f}&{filters(**wanted)}") as follower:
        events = follower.rest()
    assert {(e["Actor"]["Attributes"].get("name"), e["Action"]) for e in events} == seen


def test_filter_by_exec(endpoint, docker):
    docker("run", "-d", "--name", "web", *SLEEP)
    with Follower(endpoint, filters(event=["exec_start"])) as follower:
        docker("exec", "web", "echo", "words: with colons")
        event = follower.next()
    assert event["Action"] == "exec_start: echo words: with colons"
    assert event["Actor"]["Attributes"]["execID"]


def test_filter_by_node(manager, engines):
    with Follower(manager.address, filters(node=["node-1"], event=["create"], type=["container"])) as follower:
        for engine in engines:
            engine.docker("create", "--name", f"on-{engine.name}", *SLEEP)
        engines[1].docker("create", "--name", "the-end", *SLEEP)
        events = follower.until("create", "the-end")
    assert [e["Actor"]["Attributes"]["name"] for e in events] == ["on-node-1", "the-end"]


def test_filter_by_container_with_its_node(manager, engines, docker):
    docker("run", "-d", "--name", "web", *SLEEP)
    engine = holder(engines, "web")
    with Follower(manager.address, filters(container=[f"{engine.name}/web"])) as follower:
        docker("kill", "web")
        assert [e["Action"] for e in follower.until("die")] == ["kill", "die"]


def test_filters_that_make_no_sense(manager):
    for query in ("filters=%7Bnot", "filters=%5B%5D"):
        answer = manager.get(f"/v1.41/events?{query}")
        assert answer.status == 400, answer.text
        assert answer.json["message"]
    # an unknown key hides nothing, as on an engine
    assert manager.get(f"/v1.41/events?until=1&{filters(colour=['red'])}").status == 200


#
# Engines that come and go, and the command
#


def test_loss_and_return_of_an_engine(manager, engines):
    with Follower(manager.address, filters(type=["swarm"])) as follower:
        engines[1].kill()
        lost = follower.next()
        engines[1].start()
        back = follower.next()
    assert (lost["Action"], lost["Actor"]["Attributes"]["node.name"]) == ("engine_disconnect", "node-1")
    assert (back["Action"], back["node"]["Addr"]) == ("engine_reconnect", engines[1].address)
    assert lost["from"] == "swarm node:node-1"
    nodes = manager.docker("events", "--since", "0", "--until", f"{time.time():.9f}", "--filter", "type=node", "--format",
                           "{{.Action}} {{.Actor.Attributes.name}} {{index .Actor.Attributes \"state.new\"}}").splitlines()
    assert sorted(nodes[:3]) == [f"create node-{number} ready" for number in range(3)]
    assert nodes[3:] == ["update node-1 down", "update node-1 ready"]


def test_what_happens_while_the_stream_is_broken_is_told_later(manager, engines):
    """After a cut the engine is asked for everything since the last event."""
    engine = engines[0]
    with Follower(manager.address, filters(type=["container"])) as follower:
        engine.docker("create", "--name", "before", *SLEEP)
        follower.until("create", "before")
        engine.cut()
        engine.run("sh", "-c", "curl -fsS --unix-socket /run/docker.sock 'http://x/containers/create?name=meanwhile' "
                               "-H 'Content-Type: application/json' -d '{\"Image\":\"busybox\"}'")
        eventually(lambda: "Unhealthy" in manager.states(), timeout=30)
        engine.mend()
        follower.connection.socket.settimeout(60)
        told = [e["Actor"]["Attributes"]["name"] for e in follower.until("create", "meanwhile")]
    assert told == ["meanwhile"]
    assert "meanwhile" in manager.placed()


def test_the_command_prints_them(every_docker):
    process = every_docker.start("events", "--filter", "event=start", "--format", "{{.Type}} {{.Action}} {{.Actor.Attributes.name}}")
    number = 0

    def heard():
        # The command tells nobody when it has begun to listen.
        nonlocal number
        number += 1
        every_docker("run", "--rm", "--name", f"web-{number}", "busybox", "true")
        return "container start web-" in read_available(process)

    eventually(heard)
    process.terminate()
    process.communicate(timeout=10)


def read_available(process):
    """What lies in the pipe, without waiting for more."""
    os.set_blocking(process.stdout.fileno(), False)
    try:
        return os.read(process.stdout.fileno(), 65536).decode()
    except BlockingIOError:
        return ""


def test_the_command_shows_the_past(docker):
    before = time.time()
    live(docker, "web")
    said = docker("events", "--since", f"{before:.9f}", "--until", f"{time.time():.9f}", "--filter", "container=web",
                  "--format", "{{.Action}}")
    assert said.splitlines() == ["create", "start", "kill", "die", "destroy"]


def test_a_reader_that_leaves_is_forgotten(manager):
    def listeners():
        return manager.get("/info").json["NEventsListener"]

    before = listeners()
    followers = [Follower(manager.address) for _ in range(10)]
    assert listeners() == before + 10
    for follower in followers:
        follower.connection.close()
    eventually(lambda: listeners() == before)
