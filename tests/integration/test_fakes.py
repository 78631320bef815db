"""The scripted engines do to a peer what they say: a test that trusts them must be able to."""

import socket
import time

import pytest

from fakes.actions import Close, Cut, Delay, Drip, Hang, Huge, Raw, Reply, Reset
from harness import rawhttp
from harness.docker import Docker
from harness.wait import eventually, seconds


def get(engine, target, **options):
    return rawhttp.get(engine.address, target, **options)


def test_answers_like_an_engine(fakes):
    (engine,) = fakes()
    docker = Docker(engine.address)
    engine.add_container("web", Labels={"tier": "front"}, HostConfig={"PortBindings": {"80/tcp": [{"HostPort": "81"}]}})

    assert docker("ps", "--format", "{{.Names}} {{.Ports}}") == "web 0.0.0.0:81->80/tcp"
    assert docker("inspect", "-f", "{{.Config.Labels.tier}}", "web") == "front"
    docker("create", "--name", "db", "busybox")
    assert "already in use" in docker.fails("create", "--name", "db", "busybox")
    docker("rm", "-f", "web", "db")
    assert engine.containers() == {}
    docker.close()


def test_records_what_it_was_asked(fakes):
    (engine,) = fakes()
    rawhttp.request(engine.address, "POST", "/v1.41/containers/create?name=a", body={"Image": "busybox", "Unknown": 1})
    (request,) = engine.requests("POST", "/containers/create")
    assert (request.version, request.query, request.json["Unknown"]) == ("1.41", {"name": "a"}, 1)


def test_speaks_only_its_versions(fakes):
    (engine,) = fakes()
    engine.configure(api_min="1.44", api_max="1.52")
    assert get(engine, "/v1.41/info").status == 400
    assert get(engine, "/v1.53/info").status == 400
    assert get(engine, "/v1.44/info").status == 200
    assert get(engine, "/_ping").head.get("Api-Version") == "1.52"


def test_hangs_until_it_is_told_otherwise(fakes):
    (engine,) = fakes()
    engine.script("GET", "/info", Hang())
    with pytest.raises(socket.timeout):
        get(engine, "/info", timeout=0.3)
    assert get(engine, "/version").status == 200
    engine.unscript()
    assert get(engine, "/info").status == 200


@pytest.mark.parametrize("action", [Close(), Reset(), Cut(40), Raw(b"HTTP/1.1 2")], ids=lambda a: type(a).__name__)
def test_breaks_off(fakes, action):
    (engine,) = fakes()
    engine.script("*", "/info", action, times=1)
    with pytest.raises(ConnectionError):
        get(engine, "/info")
    assert get(engine, "/info").status == 200


def test_is_slow(fakes):
    (engine,) = fakes()
    engine.script("GET", "/_ping", Delay(0.3), times=1)
    assert seconds(lambda: get(engine, "/_ping"))[1] >= 0.3
    engine.script("GET", "/_ping", Drip(size=20, pause_seconds=0.02), times=1)
    response, duration = seconds(lambda: get(engine, "/_ping"))
    assert response.text == "OK" and duration >= 0.1


def test_talks_nonsense(fakes):
    (engine,) = fakes()
    engine.script("GET", "/info", Reply(200, "{not json", {"Content-Type": "text/html"}))
    assert get(engine, "/info").text == "{not json"
    engine.script("GET", "/info", Huge(1 << 20))
    assert len(get(engine, "/info").body) == 1 << 20


def test_refuses_and_accepts_again(fakes):
    (engine,) = fakes()
    engine.refuse()
    with pytest.raises(ConnectionRefusedError):
        get(engine, "/_ping")
    engine.accept()
    assert get(engine, "/_ping").status == 200


def test_events_are_followed_and_resumed(fakes):
    (engine,) = fakes()
    since = time.time()
    with rawhttp.Connection(engine.address) as follower:
        follower.send_request("GET", "/events")
        follower.read_head()
        eventually(lambda: engine.listener_count() == 1)
        engine.add_container("web")
        assert b'"create"' in follower.read_chunk()
        assert b'"start"' in follower.read_chunk()
    eventually(lambda: engine.listener_count() == 0, what="the engine notices that nobody follows")
    with rawhttp.Connection(engine.address) as late:
        late.send_request("GET", f"/events?since={since:.9f}")
        late.read_head()
        assert b'"create"' in late.read_chunk()


def test_a_hundred_at_once(fakes):
    engines = fakes(100)
    assert len({get(engine, "/info").json["ID"] for engine in engines}) == 100
