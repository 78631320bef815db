"""Clients and engines of different API versions: what is bridged, and what is refused in which words."""

import pytest

from fakes.actions import Reply
from harness import rawhttp
from harness.wait import eventually

MAC = "02:00:00:00:00:01"


@pytest.fixture
def pool(fakes, start_manager):
    """pool((lowest, highest), ...): a manager over engines that speak these versions, each with networks a and b."""
    def start(*ranges):
        engines = fakes(len(ranges))
        for engine, (low, high) in zip(engines, ranges):
            engine.configure(api_min=low, api_max=high)
            for name in ("a", "b"):
                assert rawhttp.request(engine.address, "POST", "/networks/create", body={"Name": name}).status == 201
        return engines, start_manager([engine.address for engine in engines]).wait_healthy()

    return start


@pytest.fixture
def engine_of_today(fakes):
    (engine,) = fakes()
    engine.configure(api_min=NEW[0], api_max=NEW[1])
    return engine


OLD = ("1.12", "1.41")  # as Docker 20.10
NEW = ("1.44", "1.52")  # as Docker 29.0
NEWEST = ("1.40", "1.55")  # as Docker 29.7


def create(manager, version, name="web", **body):
    return manager.request("POST", f"/v{version}/containers/create?name={name}", body={"Image": "busybox", **body})


def asked(engine):
    """The last create request that came."""
    return engine.requests("POST", "/containers/create")[-1]


def networks(main, **endpoints):
    return {"HostConfig": {"NetworkMode": main}, "NetworkingConfig": {"EndpointsConfig": endpoints}}


def test_the_newest_version_can_be_lowered(engine_of_today, start_manager):
    """Clients that negotiate stay below it, and one that insists is told what there is."""
    manager = start_manager([engine_of_today.address], "--cluster-opt", "swarm.apiversion=1.44").wait_healthy()
    assert manager.get("/_ping").head.get("Api-Version") == "1.44"
    assert manager.get("/version").json["ApiVersion"] == "1.44"
    assert manager.get("/v1.44/info").status == 200
    answer = manager.get("/v1.45/info")
    assert answer.status == 400
    assert answer.json["message"] == "client version 1.45 is too new. Maximum supported API version is 1.44"
    assert create(manager, "1.44").status == 201
    manager.get("/containers/web/json")
    assert engine_of_today.requests("GET", "/containers/*/json")[-1].version == "1.44"


#
# A newer client
#


def test_several_networks_on_an_engine_that_takes_one(pool):
    (engine,), manager = pool(OLD)
    answer = create(manager, "1.52", **networks("b", a={"Aliases": ["x"]}, b={"Aliases": ["y"]}))
    assert answer.status == 201
    assert asked(engine).version == "1.41"
    assert asked(engine).json["NetworkingConfig"]["EndpointsConfig"] == {"b": {"Aliases": ["y"]}}
    shown = engine.containers()["web"]["NetworkSettings"]["Networks"]
    assert shown == {"a": {"Aliases": ["x"]}, "b": {"Aliases": ["y"]}}
    # and the manager knows of both at once
    (listed,) = manager.list()
    assert set(listed["NetworkSettings"]["Networks"]) == {"a", "b"}


def test_an_engine_that_takes_several_gets_them(pool):
    (engine,), manager = pool(NEW)
    assert create(manager, "1.52", **networks("b", a={}, b={})).status == 201
    assert set(asked(engine).json["NetworkingConfig"]["EndpointsConfig"]) == {"a", "b"}
    assert not engine.requests("POST", "/networks/*/connect")


@pytest.mark.parametrize("status", [403, 404, 500])
def test_a_container_that_cannot_join_is_not_left_behind(pool, status):
    (engine,), manager = pool(OLD)
    engine.script("POST", "/networks/*/connect", Reply(status, {"message": "no room on a"}))
    answer = create(manager, "1.52", **networks("b", a={}, b={}))
    # a 404 would make the client pull the image
    assert (answer.status, answer.json["message"]) == (500 if status == 404 else status, "no room on a")
    assert engine.containers() == {}
    eventually(lambda: manager.list() == [])
    engine.unscript()
    assert create(manager, "1.52", **networks("b", a={}, b={})).status == 201


def test_an_address_of_an_endpoint(pool):
    (engine,), manager = pool(OLD)
    assert create(manager, "1.52", **networks("a", a={"MacAddress": MAC})).status == 201
    body = asked(engine).json
    assert body["MacAddress"] == MAC and body["NetworkingConfig"]["EndpointsConfig"] == {"a": {}}


def test_what_can_be_done_without_is_left_out(pool):
    (engine,), manager = pool(OLD)
    host = {"Annotations": {"a": "b"}, "ConsoleSize": [24, 80], "Unheard": {"of": 1}}
    answer = create(manager, "1.52", HostConfig=host, Healthcheck={"StartInterval": 5, "Retries": 3})
    assert answer.status == 201
    body = asked(engine).json
    assert body["Healthcheck"] == {"Retries": 3}
    assert body["HostConfig"] == {"Unheard": {"of": 1}}


NEEDS = {
    "subpath": ({"Type": "volume", "Source": "v", "Target": "/v", "VolumeOptions": {"Subpath": "s"}},
                "a mount of a part of a volume needs an engine with API version 1.45"),
    "image": ({"Type": "image", "Source": "busybox", "Target": "/i"},
              "a mount of an image needs an engine with API version 1.48"),
}


@pytest.mark.parametrize("mount, text", NEEDS.values(), ids=NEEDS)
def test_what_cannot_be_done_without_chooses_the_engine(pool, mount, text):
    engines, manager = pool(OLD, NEW, OLD)
    for number in range(4):
        assert create(manager, "1.52", f"web-{number}", HostConfig={"Mounts": [mount]}).status == 201
    assert set(manager.placed().values()) == {"fake-1"}
    refused = create(manager, "1.50", "old", HostConfig={"Mounts": [mount]}, Env=["constraint:node==fake-2"])
    assert refused.status == 400
    assert refused.json["message"] == (
        f"{text}: the request is of version 1.50, and engine fake-2 speaks 1.41 at most")
    assert all("old" not in engine.containers() for engine in engines)


def test_a_wish_that_nobody_meets_is_still_told_as_such(pool):
    _, manager = pool(OLD, NEW)
    answer = create(manager, "1.52", HostConfig={"Mounts": [NEEDS["image"][0]]}, Env=["constraint:node==nowhere"])
    assert answer.status == 500 and "[node==nowhere]" in answer.json["message"]


def create_network(manager, version, name, **body):
    return manager.request("POST", f"/v{version}/networks/create", body={"Name": name, **body})


def test_a_network_without_ipv4_chooses_the_engine(pool):
    engines, manager = pool(OLD, ("1.24", "1.48"), OLD)
    for number in range(3):
        assert create_network(manager, "1.52", f"six-{number}", EnableIPv4=False, EnableIPv6=True).status == 201
    assert len(engines[1].requests("POST", "/networks/create")) == 2 + 3
    refused = create_network(manager, "1.50", "fake-2/six", EnableIPv4=False)
    assert refused.status == 400 and refused.json["message"] == (
        "a network without IPv4 needs an engine with API version 1.48: the request is of version 1.50, "
        "and engine fake-2 speaks 1.41 at most")


def test_a_network_without_ipv4_spreads_to_where_it_can_be(pool):
    engines, manager = pool(OLD, ("1.24", "1.48"), OLD, NEW)
    assert create_network(manager, "1.52", "six", EnableIPv4=False, EnableIPv6=True).status == 201
    host = {"NetworkMode": "six", "PortBindings": {"80/tcp": [{"HostPort": "8080"}]}}
    for name in ("one", "two"):
        assert create(manager, "1.24", name, HostConfig=host).status == 201
    assert sorted(manager.placed().values()) == ["fake-1", "fake-3"]
    for engine in (engines[1], engines[3]):
        assert engine.requests("POST", "/networks/create")[-1].json["EnableIPv4"] is False

    def told(name):
        return ("a network without IPv4 needs an engine with API version 1.48: "
                f"engine {name} speaks 1.41 at most")

    assert create(manager, "1.24", "beside", Env=["constraint:node==fake-0"]).status == 201
    for refused, name in (
        (create(manager, "1.24", "three", HostConfig=host, Env=["constraint:node==fake-2"]), "fake-2"),
        (manager.request("POST", "/v1.24/networks/six/connect", body={"Container": "beside"}), "fake-0"),
    ):
        assert (refused.status, refused.json["message"]) == (400, told(name))
    for engine in (engines[0], engines[2]):
        assert [request.json["Name"] for request in engine.requests("POST", "/networks/create")] == ["a", "b"]


def test_a_network_with_ipv4_is_what_it_always_was(pool):
    (old, new), manager = pool(OLD, ("1.24", "1.48"))
    for engine in (old, new):
        assert create_network(manager, "1.52", f"{engine.state.name}/four", EnableIPv4=True).status == 201
    assert "EnableIPv4" not in old.requests("POST", "/networks/create")[-1].json
    assert new.requests("POST", "/networks/create")[-1].json["EnableIPv4"] is True


def test_an_engine_that_understands_the_query_is_asked(pool):
    engines, manager = pool(OLD, ("1.24", "1.49"), OLD)
    for engine in engines:
        engine.script("POST", "/images/*/push", Reply(200, {"status": "pushed"}))
        engine.script("GET", "/images/*/history", Reply(200, []))
    for engine in engines:
        engine.forget_requests()
    for target in ("/images/busybox/push?platform=x", "/images/busybox/history?platform=x"):
        method = "POST" if "push" in target else "GET"
        assert manager.request(method, f"/v1.52{target}").status == 200
        assert manager.request(method, f"/v1.52{target.split('?')[0]}").status == 200
    assert [len(engine.requests("*", "/images/*/*")) for engine in engines] == [2, 2, 0]


def test_one_platform_is_not_removed_by_an_engine_that_would_remove_all(pool):
    engines, manager = pool(("1.24", "1.50"), OLD)
    answer = manager.request("DELETE", "/v1.52/images/busybox?platforms=%7B%7D")
    assert (answer.status, answer.json["message"]) == (
        400, "this needs an engine with API version 1.50: engine fake-1 speaks 1.41 at most")
    assert not any(engine.requests("DELETE") for engine in engines)


def test_what_only_the_newest_engine_tells_of_an_image(pool):
    engines, manager = pool(OLD, NEW, NEWEST)
    engines[2].script("GET", "/images/*/attestations", Reply(200, [{"statement": 1}]))
    for _ in range(2):
        answer = manager.get("/v1.55/images/busybox/attestations")
        assert (answer.status, answer.json) == (200, [{"statement": 1}])
    assert [len(engine.requests("*", "/images/*/*")) for engine in engines] == [0, 0, 2]
    assert manager.get("/v1.55/images/json?manifests=1&identity=1").status == 200
    asked = [[(r.version, *sorted(r.query.keys() & {"manifests", "identity"}))
              for r in engine.requests("GET", "/images/json") if "manifests" in r.query] for engine in engines]
    assert asked == [[], [("1.52", "manifests")], [("1.55", "identity", "manifests")]]


def test_a_version_that_is_not_released(pool):
    (engine,), manager = pool(NEWEST)
    assert manager.get("/v1.55/containers/json").status == 200
    answer = manager.get("/v1.56/containers/json")
    assert (answer.status, answer.json["message"]) == (
        400, "client version 1.56 is too new. Maximum supported API version is 1.55")
    assert manager.get("/_ping").head.get("Api-Version") == "1.55"
    assert create(manager, "1.55").status == 201 and asked(engine).version == "1.55"


DEVICE = [{"Path": "/dev/null", "Rate": 1000}]


@pytest.mark.parametrize("engine_range, version, status", [
    (NEWEST, "1.55", 200), (NEW, "1.55", 400), (NEW, "1.52", 200), (OLD, "1.55", 400)])
def test_limits_of_a_block_device(pool, engine_range, version, status):
    """Engines before 1.55 would change the other limits and say nothing."""
    (engine,), manager = pool(engine_range)
    assert create(manager, version).status == 201
    engine.script("POST", "/containers/*/update", Reply(200, {"Warnings": None}))
    answer = manager.request("POST", f"/v{version}/containers/web/update",
                             body={"PidsLimit": 5, "BlkioDeviceReadBps": DEVICE})
    assert answer.status == status, answer.text
    sent = [request.json for request in engine.requests("POST", "/containers/*/update")]
    if status == 200:
        assert sent == [{"PidsLimit": 5, "BlkioDeviceReadBps": DEVICE}]
    else:
        assert sent == []
        assert answer.json["message"] == (
            "to change the limits of a block device needs an engine with API version 1.55: the request is of version "
            f"1.55, and engine fake-0 speaks {engine_range[1]} at most")
        assert manager.request("POST", "/v1.55/containers/web/update",
                               body={"PidsLimit": 5, "BlkioDeviceReadBps": None}).status == 200


def test_space_that_a_prune_spares_by_either_name(pool):
    (old, new), manager = pool(OLD, ("1.24", "1.48"))
    for engine in (old, new):
        engine.script("POST", "/build/prune", Reply(200, {"CachesDeleted": None, "SpaceReclaimed": 1}))
    answer = manager.request("POST", "/v1.52/build/prune?reserved-space=500&all=1")
    assert answer.json["SpaceReclaimed"] == 2
    (asked_old,), (asked_new,) = (engine.requests("POST", "/build/prune") for engine in (old, new))
    assert asked_old.query["keep-storage"] == "500" and "reserved-space" not in asked_old.query
    assert asked_new.query["reserved-space"] == "500" and asked_new.query["all"] == "1"


@pytest.mark.parametrize("query, old_is_asked", [
    ("", True), ("all=1&max-used-space=0", True), ("keep-storage=5", True),
    ("max-used-space=100", False), ("reserved-space=5&min-free-space=100", False)])
def test_an_engine_that_cannot_spare_what_shall_be_spared_is_not_asked(pool, query, old_is_asked):
    (old, new), manager = pool(OLD, ("1.24", "1.48"))
    for engine in (old, new):
        engine.script("POST", "/build/prune", Reply(200, {"CachesDeleted": None, "SpaceReclaimed": 1}))
    answer = manager.request("POST", f"/v1.48/build/prune?{query}")
    assert answer.status == 200 and answer.json["SpaceReclaimed"] == 1 + old_is_asked
    assert len(new.requests("POST", "/build/prune")) == 1
    assert len(old.requests("POST", "/build/prune")) == old_is_asked


#
# An older client
#


def test_an_old_client_on_an_engine_that_no_longer_speaks_its_version(pool):
    (engine,), manager = pool(NEW)
    mount = {"Type": "bind", "Source": "/", "Target": "/host", "ReadOnly": True}
    assert create(manager, "1.24", HostConfig={"Mounts": [mount]}).status == 201
    assert asked(engine).version == "1.44"
    host = asked(engine).json["HostConfig"]
    assert host["IpcMode"] == "shareable"
    assert host["Mounts"] == [{**mount, "BindOptions": {"ReadOnlyNonRecursive": True}}]
    assert manager.request("POST", "/v1.24/containers/web/start", body=b"").status == 204
    assert manager.get("/v1.24/containers/json").json[0]["State"] == "running"


def test_an_address_of_a_container(pool):
    (engine,), manager = pool(("1.52", "1.52"))
    assert create(manager, "1.40", MacAddress=MAC).status == 201
    body = asked(engine).json
    assert "MacAddress" not in body
    assert body["NetworkingConfig"]["EndpointsConfig"] == {"default": {"MacAddress": MAC}}


def test_inspect_has_what_an_old_client_looks_for(pool):
    (engine,), manager = pool(("1.52", "1.52"))
    bridge = {"IPAddress": "172.17.0.2", "IPPrefixLen": 16, "Gateway": "172.17.0.1", "MacAddress": MAC}
    engine.add_container("web", NetworkingConfig={"EndpointsConfig": {"bridge": bridge}})
    eventually(lambda: manager.list())
    shown = manager.get("/v1.41/containers/web/json").json
    settings = shown["NetworkSettings"]
    assert {key: settings[key] for key in bridge} == bridge
    assert settings["GlobalIPv6Address"] == "" and shown["Config"]["MacAddress"] == MAC
    newest = manager.get("/v1.52/containers/web/json").json
    assert "IPAddress" not in newest["NetworkSettings"] and "MacAddress" not in newest["Config"]


def test_an_image_has_what_an_old_client_looks_for(pool):
    (engine,), manager = pool(("1.52", "1.52"))
    image = {"Id": "sha256:" + "a" * 64, "RepoTags": ["busybox:latest"], "Size": 5, "Config": {"Cmd": ["sh"]}}
    engine.script("GET", "/images/*/json", Reply(200, image))
    shown = manager.get("/v1.24/images/busybox/json").json
    assert shown["VirtualSize"] == 5 and shown["Author"] == ""
    # Compose 1 ends with an exception without it
    assert shown["ContainerConfig"]["Cmd"] == ["sh"] and shown["Config"]["Tty"] is False
    assert manager.get("/v1.52/images/busybox/json").json == image
    assert manager.get("/v1.24/images/nothing/json").status == 404


#
# Events
#


@pytest.mark.parametrize("version, accept, kind, begin", [
    ("1.51", ["application/jsonl"], "application/json", b"{"),
    ("1.52", [], "application/jsonl", b"{"),
    ("1.52", ["application/jsonl", "application/x-ndjson;q=0.9", "application/json-seq;q=0.5"],
     "application/jsonl", b"{"),
    ("1.52", ["application/x-ndjson"], "application/x-ndjson", b"{"),
    ("1.52", ["text/html", "application/json-seq"], "application/json-seq", b"\x1e{"),
])
def test_the_stream_of_events_has_the_form_that_is_accepted(pool, version, accept, kind, begin):
    (engine,), manager = pool(NEW)
    with manager.connect() as connection:
        connection.send_request("GET", f"/v{version}/events", [("Accept", value) for value in accept])
        head = connection.read_head()
        assert head.get("Content-Type") == kind
        engine.add_container("web", running=False)
        text = connection.read_chunk()
    assert text.startswith(begin) and text.endswith(b"\n")
    assert text.count(b"\x1e") == (text.count(b"\n") if begin != b"{" else 0)


def test_images_that_are_made_are_no_news_to_old_clients(pool):
    (engine,), manager = pool(NEW)

    def follow(version):
        connection = manager.connect()
        connection.send_request("GET", f"/v{version}/events")
        assert connection.read_head().status == 200
        return connection

    with follow("1.45") as old, follow("1.46") as new:
        engine.emit("image", "create", "sha256:abc", {"name": "new:1"})
        engine.emit("image", "tag", "sha256:abc", {"name": "new:1"})
        assert b'"Action":"create"' in new.read_chunk()
        first = old.read_chunk()
        assert b'"Action":"create"' not in first and b'"Action":"tag"' in first


def test_refused_events_say_who_speaks(pool):
    _, manager = pool(NEW)
    answer = manager.get("/events?filters=%7Bnonsense")
    assert answer.status == 400 and answer.head.get("Api-Version") and answer.head.get("Ostype") == "linux"


#
# Engines that do not say what a stream is
#

FRAMED = "application/vnd.docker.multiplexed-stream"
RAW = "application/vnd.docker.raw-stream"


def stream_head(manager, method, target, body=b""):
    with manager.connect() as connection:
        connection.send_request(method, target, [("Connection", "Upgrade"), ("Upgrade", "tcp"),
                                                 ("Content-Type", "application/json")], body)
        return connection.read_head()


def speaks_below_142(engine):
    return tuple(map(int, engine.get("/version")["ApiVersion"].split("."))) < (1, 42)


@pytest.mark.parametrize("tty, kind", [(False, FRAMED), (True, RAW)], ids=["framed", "terminal"])
def test_streams_say_how_they_are_framed(manager, engines, tty, kind):
    if not all(map(speaks_below_142, engines)):
        pytest.skip("these engines say it themselves")
    manager.docker("run", "-d", *["-t"] * tty, "--name", "web", "busybox", "sleep", "1000")

    def exec_start(version):
        made = manager.request("POST", f"/v{version}/containers/web/exec",
                               body={"Cmd": ["true"], "Tty": tty, "AttachStdout": True})
        return stream_head(manager, "POST", f"/v{version}/exec/{made.json['Id']}/start",
                           b'{"Detach":false,"Tty":%s}' % str(tty).lower().encode())

    def attach(version):
        return stream_head(manager, "POST", f"/v{version}/containers/web/attach?stream=1&stdout=1")

    for ask in (exec_start, attach):
        new, old = ask("1.52"), ask("1.41")
        assert new.status == old.status == 101
        assert (new.all("Content-Type"), old.all("Content-Type")) == ([kind], [RAW])
    assert manager.get("/v1.52/containers/web/logs?stdout=1").head.all("Content-Type") == [kind]
    assert manager.get("/v1.41/containers/web/logs?stdout=1").head.get("Content-Type") != FRAMED
