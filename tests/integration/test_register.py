"""Services in a real Consul: what registrator would have written on each host, and nothing else."""

import base64
import random
import shutil
import subprocess

import pytest

from fakes.actions import Hang
from harness.stores import Consul, Etcd
from harness.wait import eventually

TIMEOUT = 60
MARK = "swarm-cluster"


@pytest.fixture(scope="module")
def consul(tmp_path_factory):
    store = Consul(tmp_path_factory.mktemp("consul"), dns=True).start()
    yield store
    store.stop()


@pytest.fixture
def register(consul, start_manager):
    """register(engines, *options): a manager that registers what runs there; its nodes are taken out of the catalog."""

    def start(engines, *options):
        flags = [f"--register=consul://{consul.address}"]
        for option in ("lock-ttl=3s", *options):
            flags += ["--register-opt", option]
        started.append(start_manager([engine.address for engine in engines], *flags).wait_healthy())
        return started[-1]

    started = []
    yield start
    for manager in started:
        manager.stop()
    for node in nodes(consul):
        consul.request("PUT", "/v1/catalog/deregister", {"Node": node})


def nodes(consul):
    return [n["Node"] for n in consul.request("GET", "/v1/catalog/nodes").json if MARK in (n["Meta"] or {})]


def records(consul):
    """{id: (name, address:port, tags, attributes)} of ours on all nodes."""
    found = {}
    for node in nodes(consul):
        for s in (consul.request("GET", f"/v1/catalog/node/{node}").json or {"Services": {}})["Services"].values():
            attributes = {k: v for k, v in (s["Meta"] or {}).items() if k != MARK}
            found[s["ID"]] = (s["Service"], f"{s['Address']}:{s['Port']}", set(s["Tags"]), attributes)
    return found


def dig(consul, *words):
    command = ["dig", "@127.0.0.1", "-p", str(consul.ports["dns"]), "+short", "+tries=3", *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT, check=False).stdout.split()


def publish(image, *ports, env=(), labels=None, exposed=(), network=None, **more):
    """What `docker run` with -p HOST:INSIDE sends."""
    bindings = {}
    for port in ports:
        host, _, inside = port.partition(":")
        key = inside if "/" in inside else f"{inside}/tcp"
        bindings[key] = [{"HostIp": "", "HostPort": host}]
    return {
        "Image": image, "Env": ["PATH=/bin", *env], "Labels": labels or {},
        "ExposedPorts": {key: {} for key in [*bindings, *exposed]},
        "HostConfig": {"PortBindings": bindings, "NetworkMode": network or "default"}, **more,
    }


def test_the_examples_of_registrator(fakes, consul, register):
    engine = fakes(1)[0]
    ip = engine.address.rpartition(":")[0]
    two = ["4443:443", "8000:80"]
    engine.add_container("r0", **publish("team/redis", "10000:6379"))
    engine.add_container("w", **publish("nginx", *two))
    engine.add_container("w1", **publish("nginx", *two, env=["SERVICE_NAME=web"]))
    engine.add_container("w2", **publish("nginx", *two, env=["SERVICE_80_NAME=http", "SERVICE_443_IGNORE=1"]))
    engine.add_container("w3", **publish("nginx", *two, env=["SERVICE_443_IGNORE=1"]))
    engine.add_container("d", **publish("dns", "53:53/udp"))
    engine.add_container("h", **publish("exporter", exposed=["9100/tcp"], network="host"))
    engine.add_container("t", **publish("a", "1:1", env=["SERVICE_TAGS=b"], labels={"SERVICE_TAGS": "a"}))
    engine.add_container("m", **publish("b", "8080:8080", env=["SERVICE_REGION=eu", "SERVICE_8080_REGION=us"]))
    engine.add_container("quiet", **publish("nothing"))
    register([engine])
    expected = {
        "fake-0:r0:6379": ("redis", f"{ip}:10000", set(), {}),
        "fake-0:w:443": ("nginx-443", f"{ip}:4443", set(), {}),
        "fake-0:w:80": ("nginx-80", f"{ip}:8000", set(), {}),
        "fake-0:w1:443": ("web-443", f"{ip}:4443", set(), {}),
        "fake-0:w1:80": ("web-80", f"{ip}:8000", set(), {}),
        "fake-0:w2:80": ("http", f"{ip}:8000", set(), {}),
        "fake-0:w3:80": ("nginx-80", f"{ip}:8000", set(), {}),
        "fake-0:d:53:udp": ("dns", f"{ip}:53", {"udp"}, {}),
        "fake-0:h:9100": ("exporter", f"{ip}:9100", set(), {}),
        "fake-0:t:1": ("a", f"{ip}:1", {"a"}, {}),
        "fake-0:m:8080": ("b", f"{ip}:8080", set(), {"region": "us"}),
    }
    eventually(lambda: records(consul) == expected, timeout=TIMEOUT)


def test_a_record_ends_before_its_container_and_dns_follows(fakes, consul, register):
    engine = fakes(1)[0]
    ip = engine.address.rpartition(":")[0]
    manager = register([engine])
    engine.add_container("web", **publish("web", "20080:80"))
    found = eventually(lambda: consul.request("GET", "/v1/catalog/service/web").json, timeout=TIMEOUT)
    assert [(s["Node"], s["ServiceAddress"], s["ServicePort"]) for s in found] == [("fake-0", ip, 20080)]
    if shutil.which("dig"):
        assert dig(consul, "web.service.consul") == [ip]
        assert dig(consul, "web.service.consul", "SRV")[2] == "20080"

    engine.script("POST", "/containers/*/stop", Hang())
    client = subprocess.Popen(
        ["curl", "-s", "-X", "POST", f"http://{manager.address}/containers/web/stop"], stdout=subprocess.DEVNULL
    )
    try:
        eventually(lambda: engine.requests("POST", "/containers/*/stop"), timeout=TIMEOUT)
        assert records(consul) == {}  # it runs still
    finally:
        client.terminate()
        client.wait()
    engine.unscript()
    eventually(lambda: records(consul), timeout=TIMEOUT)  # nobody stops it any more

    assert manager.request("POST", "/containers/web/stop").status == 204
    assert records(consul) == {}
    assert dig(consul, "web.service.consul") == []


def test_health_comes_from_the_engine(fakes, consul, register):
    engine = fakes(1)[0]
    manager = register([engine])
    engine.add_container("web", **publish("web", "20080:80"))

    def passing():
        return len(consul.request("GET", "/v1/health/service/web?passing").json)

    eventually(lambda: passing() == 1, timeout=TIMEOUT)
    assert manager.request("POST", "/containers/web/pause").status == 204
    eventually(lambda: passing() == 0 and records(consul), timeout=TIMEOUT)
    assert manager.request("POST", "/containers/web/unpause").status == 204
    eventually(lambda: passing() == 1, timeout=TIMEOUT)


def test_what_is_not_ours_stays_and_what_was_missed_is_made_good(fakes, consul, register):
    """A manager is killed, and another one begins when containers have come and gone; one node stays away."""
    engines = fakes(2)
    manager = register(engines)
    for engine in engines:
        engine.add_container("old", **publish("web", "20080:80", env=["SERVICE_ID=mine"]))
        engine.add_container("stays", **publish("web", "20081:80"))
    eventually(lambda: len(records(consul)) == 3, timeout=TIMEOUT)  # "mine" on both
    foreign = {"ID": "theirs", "Service": "db", "Port": 1}
    consul.request("PUT", "/v1/catalog/register", {
        "Node": "fake-0", "Address": "192.0.2.1", "SkipNodeUpdate": True, "Service": foreign})
    manager.kill()

    for engine in engines:
        engine.remove_container("old")
    engines[0].add_container("new", **publish("web", "20082:80"))
    engines[1].refuse()
    register([engines[0]], "grace=2s")
    eventually(lambda: set(records(consul)) == {"theirs", "fake-0:stays:80", "fake-0:new:80"}, timeout=TIMEOUT)
    eventually(lambda: nodes(consul) == ["fake-0"], timeout=TIMEOUT)


def test_containers_come_and_go_at_random(fakes, consul, register):
    engines = fakes(3)
    manager = register(engines)
    dice, running = random.Random(7), set()
    for step in range(300):
        engine = dice.choice(engines)
        name = f"c{dice.randrange(20)}"
        if (engine, name) in running:
            engine.remove_container(name)
            running.discard((engine, name))
        else:
            engine.add_container(name, **publish("web", f"{20000 + step}:80"))
            running.add((engine, name))
    expected = {f"{engine.name}:{name}:80" for engine, name in running}
    eventually(lambda: set(records(consul)) == expected, timeout=TIMEOUT)
    figures = manager.get("/metrics").text
    assert f"swarm_registered_services {len(expected)}\n" in figures
    assert "swarm_register_failures_total 0\n" in figures


def decoded(text):
    return base64.b64decode(text or "").decode()


def consul_keys(store, base):
    answer = store.request("GET", f"/v1/kv/{base}?recurse")
    return {e["Key"]: decoded(e["Value"]) for e in answer.json} if answer.status == 200 else {}


def etcd_keys(store, base):
    body = {"key": store.text(base + "/"), "range_end": store.text(base + "0")}
    return {decoded(e["key"]): decoded(e.get("value")) for e in store.call("/kv/range", body).get("kvs", [])}


@pytest.mark.parametrize("scheme", ["consulkv", "skydns2"])
def test_keys_of_a_store(fakes, consul, start_manager, tmp_path, scheme):
    """A stranger's key stays, ours go, custom ids included, also when another manager has written them."""
    engine = fakes(1)[0]
    ip = engine.address.rpartition(":")[0]
    is_etcd = scheme == "skydns2"
    store = Etcd(tmp_path / "etcd").start() if is_etcd else consul
    path, base, keys = ("a.local", "skydns/local/a", etcd_keys) if is_etcd else ("services", "services", consul_keys)
    value = f'{{"host":"{ip}","port":%s}}' if is_etcd else f"{ip}:%s"
    if is_etcd:
        store.call("/kv/put", {"key": store.text(f"{base}/web/theirs"), "value": store.text("1")})
    else:
        store.request("PUT", f"/v1/kv/{base}/web/theirs", b"1")
    theirs = {f"{base}/web/theirs": "1"}
    flags = [f"--register={scheme}://{store.address}/{path}", "--register-opt", "grace=1s"]
    engine.add_container("w", **publish("web", "20080:80"))
    engine.add_container("c", **publish("web", "20081:80", env=["SERVICE_ID=mine"]))
    try:
        manager = start_manager([engine.address], *flags).wait_healthy()
        ours = {f"{base}/web/fake-0:w:80": value % 20080, f"{base}/web/mine": value % 20081}
        eventually(lambda: keys(store, base) == {**theirs, **ours}, timeout=TIMEOUT)
        manager.stop()
        engine.remove_container("c")
        manager = start_manager([engine.address], *flags).wait_healthy()
        del ours[f"{base}/web/mine"]
        eventually(lambda: keys(store, base) == {**theirs, **ours}, timeout=TIMEOUT)
        assert manager.request("POST", "/containers/w/stop").status == 204
        assert keys(store, base) == theirs
        eventually(lambda: keys(store, "docker/swarm/registered") == {}, timeout=TIMEOUT)
        manager.stop()
    finally:
        if is_etcd:
            store.stop()
