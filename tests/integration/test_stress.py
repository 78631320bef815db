"""What clients and engines can do to the manager's time and memory, in counts and bytes; the long form is tools/stress."""

import json
import pathlib
import socket
import urllib.parse

import pytest

from fakes import large
from fakes.actions import Reply
from harness.hub import Hub, write_state
from harness.image import PROGRAM
from harness.manager import binary
from harness.wait import eventually

BUDGET = 32 * 1024 * 1024
PIECE = bytes(1024 * 1024)
PIECES = 3  # of a body, which may have 4
CONTAINERS = 300
OBJECTS = 30_000
MEMBERS, WATCHERS = 17_000, 100
# Of processor time: what a turn may take in the program that users get.  The sanitizers take several times as long for
# the same work, and what is to be found took seconds without them.
LONGEST_TURN_S = 0.05
LONGEST_SANITIZED_TURN_S = 0.5


def metric(manager, name):
    (value,) = [line.split()[1] for line in manager.get("/metrics").text.splitlines() if line.startswith(f"swarm_{name} ")]
    return float(value)


def longest_turn(program):
    sanitized = b"__asan_init" in pathlib.Path(program).read_bytes()
    return LONGEST_SANITIZED_TURN_S if sanitized else LONGEST_TURN_S


@pytest.fixture
def pool(fakes, start_manager, monkeypatch):
    # A sanitizer keeps what was freed, unless it is told not to.
    monkeypatch.setenv("ASAN_OPTIONS", "quarantine_size_mb=0:thread_local_quarantine_size_kb=0:allocator_release_to_os_interval_ms=0")
    engines = fakes(2)
    for engine in engines:
        engine.configure(api_max="1.47")  # knows manifests
        for i in range(CONTAINERS):
            engine.add_container(f"{engine.name}-{i}")
    manager = start_manager([e.address for e in engines], "--client-memory=32m").wait_healthy()
    manager.engines = engines
    return manager


def upload(manager, pieces):
    """A client in the middle of its body."""
    client = manager.connect()
    headers = [("Content-Type", "application/json"), ("Content-Length", str(4 * 1000 * 1000))]
    client.send_request("POST", "/containers/create", headers)
    for _ in range(pieces):
        client.send(PIECE)
    return client


def refusal(client):
    """The head of the answer that is there already; None."""
    client.socket.settimeout(0.01)
    try:
        return client.read_head()
    except (socket.timeout, BlockingIOError):
        return None


def test_bodies_of_many_clients(pool):
    before = peak = pool.resident_bytes()
    clients = []
    for _ in range(30):
        clients.append(upload(pool, PIECES))
        peak = max(peak, pool.resident_bytes())
        assert pool.get("/_ping").status == 200
    refusals = {}

    def all_are_told():
        for client in clients:
            head = None if client in refusals else refusal(client)
            if head:
                refusals[client] = head
        return len(clients) - len(refusals) <= BUDGET // (PIECES * len(PIECE))

    eventually(all_are_told, what="only those are left for whom there is room")
    assert metric(pool, "clients_refused_memory_total") == len(refusals)
    assert {head.status for head in refusals.values()} == {503}
    assert all(head.get("Retry-After") for head in refusals.values())
    assert len(refusals) < len(clients)  # what the others sent may be on its way yet, in the kernel
    assert metric(pool, "client_memory_bytes") <= BUDGET
    assert peak - before < 2 * BUDGET
    for client in clients:
        client.close()
    eventually(lambda: pool.resident_bytes() - before < BUDGET / 4, what="memory is given back")
    assert metric(pool, "client_memory_bytes") < len(PIECE)


def filters(key, values):
    return "filters=" + urllib.parse.quote(json.dumps({key: values}))


def many_parts(pool):
    return pool.get("/containers/" + 16000 * "a/" + "b/json")


def many_names(pool):
    return pool.get("/containers/json?" + filters("name", [f"a{i}.*b" for i in range(2000)]))


def many_labels(pool):
    return pool.create("big", Labels={str(i): "" for i in range(100_000)})


def many_expressions(pool):
    return pool.create("picky", Env=[f"affinity:image==~x{i}" for i in range(12_000)])


def many_binds(pool):
    return pool.create("bound", HostConfig={"Binds": [f"v{i}:/b{i}" for i in range(20_000)]})


def many_networks(pool):
    return pool.create("wide", NetworkingConfig={"EndpointsConfig": {f"n{i}": {} for i in range(20_000)}})


def many_images(pool):
    return pool.get("/images/get?" + "&".join(f"names=image{i}" for i in range(4000)))


@pytest.fixture(params=[binary(), str(PROGRAM)], ids=["tested", "shipped"])
def turns(request, monkeypatch):
    """(pool, how long a turn of its program may take)"""
    monkeypatch.setenv("SWARM_BINARY", request.param)
    return request.getfixturevalue("pool"), longest_turn(request.param)


@pytest.mark.parametrize("attack", [many_parts, many_names, many_labels, many_expressions, many_binds, many_networks, many_images])
def test_what_is_too_much_is_refused(turns, attack):
    pool, longest = turns
    response = attack(pool)
    assert 400 <= response.status < 500
    assert "HTTP" not in response.text  # it was understood
    assert metric(pool, "loop_longest_turn_seconds") < longest


def test_many_lists_at_once(turns):
    pool, longest = turns
    clients = [pool.connect() for _ in range(200)]
    for i, client in enumerate(clients):
        client.send_request("GET", "/containers/json?all=1" + ("&limit=1" if i % 2 else ""))
    for i, client in enumerate(clients):
        assert len(client.read_response().json) == (1 if i % 2 else 2 * CONTAINERS)
        client.close()
    assert metric(pool, "loop_longest_turn_seconds") < longest


def names(pool, path, pattern):
    """What the list has under such a name."""
    key = "reference" if path == "/images/json" else "name"
    response = pool.get(f"{path}?{filters(key, [pattern])}", timeout=60)
    assert response.status == 200, response.text
    return response.json["Volumes"] if path == "/volumes" else response.json


@pytest.mark.parametrize("path, make, kind, action", [
    ("/images/json", large.images, "image", "tag"),
    ("/networks", large.networks, "network", "create"),
    ("/volumes", large.volumes, "volume", "create"),
])
def test_long_lists_of_an_engine(turns, path, make, kind, action):
    """Put in, replaced, and listed."""
    pool, longest = turns
    engine = pool.engines[0]
    for of in ("a", "b"):
        engine.script("GET", path, Reply(200, make(OBJECTS, of=of)))
        engine.emit(kind, action, "x", {"name": "x"})
        eventually(lambda of=of: len(names(pool, path, f"large{of}-{OBJECTS - 1}")) == 1, timeout=60)
    listed = pool.get(path, timeout=60)
    assert listed.text.count("large") >= OBJECTS
    images = [f"large{of}-{i}" for i in range(0, OBJECTS, OBJECTS // 500)]
    if kind == "image":
        assert pool.get("/images/get?" + "&".join(f"names={name}" for name in images)).status == 404  # what nobody can hand over
    assert metric(pool, "loop_longest_turn_seconds") < longest


def test_a_line_of_images(turns):
    """Each began as the next, so that one look at all of them finds one generation; all containers run the first."""
    pool, longest = turns
    engine = pool.engines[0]
    line = json.loads(large.images(OBJECTS))
    line[0]["Id"] = next(iter(engine.containers().values()))["Image"]
    for child, parent in zip(line, line[1:]):
        child["ParentId"] = parent["Id"]
    engine.script("GET", "/images/json", Reply(200, json.dumps(line).encode()))
    engine.emit("image", "tag", "x", {"name": "x"})
    eventually(lambda: len(names(pool, "/images/json", f"large-{OBJECTS - 1}")) == 1, timeout=60)
    for name, found in ("large-100", 2 * CONTAINERS), (line[100]["Id"][:20], 2 * CONTAINERS), ("nobody", 0), (f"large-{OBJECTS - 1}", 0):
        assert len(pool.get(f"/containers/json?{filters('ancestor', [name])}", timeout=60).json) == found
    assert metric(pool, "loop_longest_turn_seconds") < longest


def test_disk_usage_of_many_keys(turns):
    pool, longest = turns
    for engine in pool.engines:
        engine.script("GET", "/system/df", Reply(200, large.disk_usage(80_000)))
    pool.get("/system/df", timeout=60)
    assert metric(pool, "loop_longest_turn_seconds") < longest


def test_images_with_manifests(turns):
    """Told by the engines, and merged."""
    pool, longest = turns
    for engine in pool.engines:
        engine.script("GET", "/images/json", Reply(200, large.images(OBJECTS // 6)))
        engine.emit("image", "tag", "x", {"name": "x"})
    last = f"large-{OBJECTS // 6 - 1}"
    eventually(lambda: len(names(pool, "/images/json", last)) == 1, timeout=60)
    assert len(pool.get("/images/json?manifests=1", timeout=60).json) >= OBJECTS // 6
    assert metric(pool, "loop_longest_turn_seconds") < longest


def test_prune_of_many_networks(turns):
    pool, longest = turns
    engine = pool.engines[0]
    engine.script("GET", "/networks", Reply(200, large.networks(1000)))
    engine.emit("network", "create", "x", {"name": "x"})
    eventually(lambda: len(names(pool, "/networks", "large-999")) == 1, timeout=60)
    assert pool.request("POST", "/networks/prune", timeout=60).status == 200
    assert len(engine.requests("DELETE", "/networks/*")) == 1000
    assert metric(pool, "loop_longest_turn_seconds") < longest


@pytest.mark.parametrize("program", [binary(), str(PROGRAM)], ids=["tested", "shipped"])
def test_many_watch_a_long_list_of_members(program, start_manager, tmp_path, monkeypatch):
    monkeypatch.setenv("SWARM_BINARY", program)
    write_state(tmp_path / "state", "t", MEMBERS)
    manager = start_manager(None, "--state-dir", tmp_path / "state", "--discovery-opt=registry.engine=none")
    hub = Hub(manager.address)
    index = hub.request("GET", "/clusters/t").head.get("X-Swarm-Index")
    watchers = [manager.connect() for _ in range(WATCHERS)]
    for watcher in watchers:
        watcher.send_request("GET", f"/v1/clusters/t?index={index}&wait=60s")
    hub.create()  # answered after the others have been read
    hub.put("t", "10.9.9.9:2375")
    for watcher in watchers:
        assert len(watcher.read_response().json) == MEMBERS + 1
        watcher.close()
    assert metric(manager, "loop_longest_turn_seconds") < longest_turn(program)
