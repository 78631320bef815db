"""The registry of a manager that keeps its members itself: the hub protocol, and what survives what.

No engine is needed: members are addresses.
"""

import concurrent.futures
import os
import signal
import subprocess
import threading
import time

import pytest

from harness import rawhttp
from harness.hub import Hub, state
from harness.manager import binary
from harness.wait import DEADLINE, eventually, seconds

NO_ENGINE = "--discovery-opt=registry.engine=none"
HEX32 = "0123456789abcdef"


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "state"


@pytest.fixture
def start(start_manager, folder):
    return lambda *flags: start_manager(None, "--state-dir", folder, NO_ENGINE, *flags)


@pytest.fixture
def manager(start):
    return start()


@pytest.fixture
def hub(manager):
    return Hub(manager.address)


# ---- the protocol ----


def test_create_answers_a_token(hub):
    response = hub.request("POST", "/clusters")
    assert response.status == 200
    assert response.head.get("Content-Length") == "32"
    assert response.head.get("Content-Type").startswith("text/plain")
    assert len(response.text) == 32 and set(response.text) <= set(HEX32)
    assert hub.create() != hub.create()
    assert hub.list(response.text) == []


@pytest.mark.parametrize("body", ["10.0.0.1:2375", '"10.0.0.1:2375"', " 10.0.0.1:2375\r\n", ' "10.0.0.1:2375" '])
def test_register_takes_what_classic_agents_send(hub, body):
    response = hub.request("POST", "/clusters/some-token?ttl=180", body=body.encode())
    assert (response.status, response.text) == (200, "OK")
    assert hub.list("some-token") == ["10.0.0.1:2375"]


def test_order_is_that_of_the_first_registration(hub):
    for address in ["c:1", "a:1", "b:1", "a:1", "c:1"]:
        hub.put("t", address)
    assert hub.list("t") == ["c:1", "a:1", "b:1"]
    hub.put("t", "c:1", ttl=0)
    hub.put("t", "c:1")
    assert hub.list("t") == ["a:1", "b:1", "c:1"]


def test_tokens_are_apart(hub):
    hub.put("t", "a:1")
    hub.put("T", "b:1")
    assert (hub.list("t"), hub.list("T"), hub.list("never-seen")) == (["a:1"], ["b:1"], [])


def test_remove(hub):
    for address in ["a:1", "b:1", "[2001:db8::1]:2375"]:
        hub.put("t", address)
    assert hub.request("DELETE", "/clusters/t/%5B2001:db8::1%5D:2375").status == 200
    assert hub.list("t") == ["a:1", "b:1"]
    assert hub.request("DELETE", "/clusters/t/c:1").status == 404
    assert hub.request("DELETE", "/clusters/never-seen/a:1").status == 404
    assert hub.request("DELETE", "/clusters/t").text == "OK"
    assert hub.list("t") == []
    assert hub.request("DELETE", "/clusters/never-seen").status == 200


REFUSED = [
    ("POST", "/clusters/t", b"", 400),
    ("POST", "/clusters/t", b"10.0.0.1", 400),
    ("POST", "/clusters/t", b":2375", 400),
    ("POST", "/clusters/t", b"a b:2375", 400),
    ("POST", "/clusters/t", b"a:0", 400),
    ("POST", "/clusters/t", b"a:1\nb:1", 400),
    ("POST", "/clusters/t", b"a\0:1", 400),
    ("POST", "/clusters/t", b"a:1\0b", 400),
    ("POST", "/clusters/t", b"a" * 300 + b":1", 413),
    ("POST", "/clusters/t", b"a" * 100000, 413),
    ("POST", "/clusters/t?ttl=x", b"a:1", 400),
    ("POST", "/clusters/t?ttl=-1", b"a:1", 400),
    ("POST", "/clusters/t%20t", b"a:1", 400),
    ("POST", "/clusters/%zz", b"a:1", 400),
    ("POST", "/clusters/" + "t" * 65, b"a:1", 400),
    ("GET", "/clusters/t?index=x", None, 400),
    ("GET", "/clusters/t?index=1&wait=x", None, 400),
    ("GET", "/clusters", None, 405),
    ("PUT", "/clusters/t", b"a:1", 405),
    ("GET", "/clusters/t/a:1", None, 405),
    ("POST", "/health", b"", 405),
    ("GET", "/health/x", None, 404),
]


@pytest.mark.parametrize("method, path, body, status", REFUSED)
def test_refused(hub, method, path, body, status):
    response = hub.request(method, path, body)
    assert response.status == status, response.text
    assert response.head.get("Content-Type").startswith("text/plain")
    assert response.text.endswith("\n") and response.text.count("\n") == 1
    assert hub.list("t") == []


def test_allowed_methods_are_named(hub):
    assert hub.request("PUT", "/clusters/t").head.get("Allow") == "GET, HEAD, POST, DELETE"
    assert hub.request("GET", "/clusters").head.get("Allow") == "POST"


def test_health_and_head(hub):
    assert hub.request("GET", "/health").text == "OK"
    response = hub.request("HEAD", "/clusters/t")
    assert (response.status, response.head.get("Content-Length")) == (200, "2")


def test_docker_api_is_untouched(manager):
    assert manager.get("/v1.40/info").status == 200
    assert manager.get("/v1/clustersx").json["message"] == "page not found"


def test_no_hub_without_state(start_manager):
    manager = start_manager("nodes://127.0.0.1:1")
    assert manager.get("/v1/clusters/t").json["message"] == "page not found"


def test_hub_beside_another_discovery(start_manager, folder):
    manager = start_manager("nodes://127.0.0.1:1", "--state-dir", folder)
    Hub(manager.address).put("t", "a:1")
    assert Hub(manager.address).list("t") == ["a:1"]
    assert "swarm join" not in manager.log


# ---- held back answers ----


def index_of(hub, token):
    return hub.request("GET", f"/clusters/{token}").head.get("X-Swarm-Index")


def test_a_read_waits_for_a_change(hub):
    hub.put("t", "a:1")
    index = index_of(hub, "t")
    with concurrent.futures.ThreadPoolExecutor() as pool:
        held = pool.submit(hub.request, "GET", f"/clusters/t?index={index}&wait=30s")
        hub.put("t", "a:1")  # a beat is no change
        hub.put("other", "b:1")
        with pytest.raises(concurrent.futures.TimeoutError):
            held.result(timeout=0.5)
        hub.put("t", "b:1")
        answer = held.result(timeout=DEADLINE)
    assert answer.json == ["a:1", "b:1"]
    assert answer.head.get("X-Swarm-Index") != index


def test_many_who_wait_for_one_change_hear_of_it(manager, hub):
    """More than are answered in one turn of the manager's loop, to the last of them."""
    hub.put("t", "a:1")
    index = index_of(hub, "t")
    connections = [rawhttp.Connection(manager.address) for _ in range(100)]
    for connection in connections:
        connection.send_request("GET", f"/v1/clusters/t?index={index}&wait=60s")
    hub.create()  # answered after the others have been read
    hub.put("t", "b:1")
    for connection in connections:
        assert connection.read_response().json == ["a:1", "b:1"]
        connection.close()


def test_a_read_waits_no_longer_than_it_said(hub):
    index = index_of(hub, "t")
    answer, took = seconds(lambda: hub.request("GET", f"/clusters/t?index={index}&wait=1s"))
    assert answer.json == [] and 0.9 < took < DEADLINE
    old, took = seconds(lambda: hub.request("GET", "/clusters/t?index=7&wait=30s"))
    assert old.json == [] and took < 30


def test_waiting_readers_do_not_delay_the_end(manager, hub):
    index = index_of(hub, "t")
    connections = [rawhttp.Connection(manager.address) for _ in range(20)]
    for connection in connections:
        connection.send_request("GET", f"/v1/clusters/t?index={index}&wait=60s")
    hub.create()  # answered after the others have been read
    manager.stop()  # which waits less long than they would
    for connection in connections:
        assert connection.read_response().json == []
        connection.close()


def test_readers_that_leave_are_forgotten(manager, hub):
    index = index_of(hub, "t")
    before = manager.open_files()
    for _ in range(50):
        with rawhttp.Connection(manager.address) as connection:
            connection.send_request("GET", f"/v1/clusters/t?index={index}&wait=60s")
    eventually(lambda: manager.open_files() <= before + 1)


# ---- time to live ----


def test_expiry(manager, hub):
    start = time.monotonic()
    hub.put("t", "short:1", ttl=2)
    hub.put("t", "long:1", ttl=180)
    assert hub.list("t") == ["short:1", "long:1"]
    eventually(lambda: hub.list("t") == ["long:1"])
    assert 1.9 < time.monotonic() - start < 5


def test_beats_keep_it(hub):
    end = time.monotonic() + 4
    while time.monotonic() < end:
        hub.put("t", "a:1", ttl=2)
        assert hub.list("t") == ["a:1"]
        time.sleep(0.2)  # the beat


def test_times_to_live_have_a_ceiling(hub, folder):
    hub.put("t", "a:1", ttl=10**15)
    assert "member a:1 172800\n" in (folder / "registry").read_text()


# ---- at rest ----


def test_join_line_and_own_token(manager, folder):
    own, tokens = eventually(lambda: state(folder))
    assert tokens == {own: []}
    assert "listens only on this host" in manager.log
    assert own not in manager.log


def test_join_line_names_the_advertised_address(start, folder):
    manager = start("--advertise", "10.9.8.7:2375")
    own, _ = eventually(lambda: state(folder))
    assert f"    swarm join --advertise <its address>:2375 token+http://10.9.8.7:2375/v1/{own}\n" in manager.log


def test_restart_keeps_all(start, folder):
    first = start()
    hub = Hub(first.address)
    own, _ = eventually(lambda: state(folder))
    other = hub.create()
    hub.put(own, "a:1")
    hub.put(other, "b:1", ttl=5)
    index = index_of(hub, own)
    first.stop()
    hub = Hub(start().address)
    assert (hub.list(own), hub.list(other)) == (["a:1"], ["b:1"])
    assert index_of(hub, own) != index
    eventually(lambda: hub.list(other) == [])  # nobody beats
    assert state(folder)[0] == own


def write_until_it_dies(hub, prefix, acknowledged):
    """Register one address after the other; what was answered OK goes into acknowledged."""
    for number in range(100000):
        address = f"{prefix}-{number}:1"
        try:
            hub.put("t", address)
        except (OSError, AssertionError):
            return
        acknowledged.append(address)


@pytest.mark.parametrize("wait", [0.05, 0.11, 0.2, 0.35, 0.5])
def test_kill_in_the_middle_of_writes_loses_nothing(start, folder, wait):
    """What was acknowledged is in the file, and the file is whole, whenever the process is killed."""
    acknowledged = []
    for life in range(3):
        manager = start()
        hub = Hub(manager.address)
        writers = [
            threading.Thread(target=write_until_it_dies, args=(hub, f"h{life}-{n}", acknowledged)) for n in range(4)
        ]
        for writer in writers:
            writer.start()
        time.sleep(wait)  # the moment is the parameter of the test
        manager.signal(signal.SIGKILL)
        manager.process.wait()
        manager.process = None
        for writer in writers:
            writer.join()
        own, tokens = state(folder)
        assert own and not set(acknowledged) - set(tokens["t"])
    assert acknowledged
    assert not set(acknowledged) - set(Hub(start().address).list("t"))


def test_what_a_killed_save_has_left_is_no_state(start, folder):
    folder.mkdir()
    (folder / "registry").write_text("swarm registry 1\ntoken t\nmember a:1 180\nend\n")
    (folder / "registry.new").write_text("swarm registry 1\ntoken t\nmember b:1 1")
    hub = Hub(start().address)
    assert hub.list("t") == ["a:1"]
    hub.put("t", "c:1")
    assert state(folder)[1]["t"] == ["a:1", "c:1"]
    assert not (folder / "registry.new").exists()


def run_manage(folder, **variables):
    environment = {**os.environ, **variables}
    return subprocess.run(
        [binary(), "manage", "-H", "tcp://127.0.0.1:0", "--state-dir", str(folder), NO_ENGINE],
        env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=DEADLINE,
    )


def test_one_manager_a_folder(manager, folder):
    done = run_manage(folder)
    assert done.returncode == 1
    assert f"state folder '{folder}' is in use by another manager" in done.stdout + done.stderr


@pytest.mark.parametrize("bad, text", [
    ("x\n", "line 1: not 'swarm registry 1'"),
    ("swarm registry 1\n", "the end is missing"),
    ("swarm registry 1\ntoken t\nmember a:1 180\nen", "line 4 is cut off"),
    ("swarm registry 1\nmember a:1 180\nend\n", "line 2: a member without a token"),
    ("swarm registry 1\ntoken t\nmember a 180\nend\n", "line 3: address a: missing port"),
])
def test_a_malformed_state_is_not_thrown_away(folder, bad, text):
    folder.mkdir()
    (folder / "registry").write_text(bad)
    done = run_manage(folder)
    assert done.returncode == 1
    assert text in done.stdout + done.stderr
    assert "move it away to start with no members" in done.stdout + done.stderr
    assert (folder / "registry").read_text() == bad


def test_a_folder_that_cannot_be_used(tmp_path):
    (tmp_path / "file").write_text("")
    for folder, text in [("none/such", "make it, or choose another one"), ("file", "choose another folder")]:
        done = run_manage(tmp_path / folder)
        assert done.returncode == 1
        assert f"state folder '{tmp_path / folder}': " in done.stdout + done.stderr
        assert text in done.stdout + done.stderr


def test_disk_full(start, folder):
    """A write that fails is said to who asked, and made good when it can be."""
    manager = start()
    hub = Hub(manager.address)
    eventually(lambda: state(folder))
    # Stands in for a full disk: the new file cannot be made.
    (folder / "registry.new").mkdir()
    refused = hub.request("POST", "/clusters/t", body=b"a:1")
    assert refused.status == 503
    assert "cannot write" in refused.text
    assert hub.request("GET", "/health").status == 503
    (folder / "registry.new").rmdir()
    eventually(lambda: hub.request("GET", "/health").status == 200)
    assert state(folder)[1]["t"] == ["a:1"]
    assert "The members are not saved, trying again" in manager.log


# ---- many ----


def test_a_thousand_join_at_once(manager, hub, folder):
    """Each on a connection of its own, as agents do; the manager knows all of them, and they are on disk."""
    own, _ = eventually(lambda: state(folder))
    addresses = [f"127.0.{n // 250}.{n % 250 + 1}:1" for n in range(1000)]

    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda address: hub.put(own, address), addresses))
    assert sorted(hub.list(own)) == sorted(addresses)
    assert sorted(state(folder)[1][own]) == sorted(addresses)
    eventually(lambda: ("Nodes", "1000") in manager.info_rows() or dict(manager.info_rows())["Nodes"] == "1000")


def test_too_many_tokens(hub):
    for _ in range(2000):
        response = hub.request("POST", "/clusters")
        if response.status != 200:
            break
    assert (response.status, response.text) == (507, "there are 1024 tokens already\n")
