"""docker inspect: one container, by any of its names, as its engine describes it."""

import json

import pytest

from harness import rawhttp
from harness.lab import holder
from harness.wait import eventually

SLEEP = ["busybox", "sleep", "1000"]
SWARM_ID = "com.docker.swarm.id"


@pytest.fixture
def web(docker):
    docker("run", "-d", "--name", "web", "-p", "8080:80", "-p", "8082:80", "-p", "127.0.0.1:8081:81", *SLEEP)
    return "web"


def inspect(manager, name, query=""):
    answer = manager.get(f"/containers/{name}/json{query}")
    assert answer.status == 200, answer.text
    return answer.json


def test_tells_the_node(manager, engines, docker, web):
    engine = holder(engines, web)
    info = engine.get("/info")
    node = json.loads(docker("inspect", "-f", "{{json .Node}}", web))
    assert node["Name"] == engine.name
    assert node["Addr"] == engine.address
    assert node["IP"] == engine.ip
    assert node["ID"] == f"{info['ID']}|{engine.address}"
    assert (node["Cpus"], node["Memory"]) == (info["NCPU"], info["MemTotal"])
    assert node["Labels"]["storage"] == info["Labels"][0].split("=")[1]
    assert node["Labels"]["ostype"] == "linux"


def test_published_addresses_can_be_reached(manager, engines, web):
    engine = holder(engines, web)
    shown = inspect(manager, web)
    ports = shown["NetworkSettings"]["Ports"]
    both = sorted(ports["80/tcp"], key=lambda binding: binding["HostPort"])
    assert both == [{"HostIp": engine.ip, "HostPort": port} for port in ("8080", "8082")]
    assert ports["81/tcp"] == [{"HostIp": "127.0.0.1", "HostPort": "8081"}]
    # what was asked for stays as it was asked for
    asked = [{"HostIp": "", "HostPort": port} for port in ("8080", "8082")]
    assert shown["HostConfig"]["PortBindings"]["80/tcp"] == asked
    assert manager.docker("port", web, "81") == "127.0.0.1:8081"
    told = manager.docker("port", web, "80").split()
    assert sorted(told) == [f"{engine.ip}:8080", f"{engine.ip}:8082"]


def test_everything_else_is_the_engines_own(manager, engines, web):
    for version in ("1.24", "1.30", "1.41"):
        theirs = holder(engines, web).get(f"/v{version}/containers/{web}/json")
        ours = manager.get(f"/v{version}/containers/{web}/json").json
        del ours["Node"]
        for document in (ours, theirs):
            del document["NetworkSettings"]["Ports"]
        assert ours == theirs
        assert list(ours) == list(theirs)


def test_size_on_demand(manager, web):
    assert inspect(manager, web, "?size=1")["SizeRootFs"] > 0
    assert "SizeRootFs" not in inspect(manager, web)


def test_every_way_to_say_its_name(manager, engines, docker, web):
    engine = holder(engines, web)
    shown = inspect(manager, web)
    swarm_id = shown["Config"]["Labels"][SWARM_ID]
    assert len(swarm_id) == 64
    ways = [web, f"/{web}", f"{engine.name}/{web}", f"/{engine.name}/{web}", shown["Id"], shown["Id"][:12], shown["Id"][:6],
            swarm_id, swarm_id[:12]]
    for way in ways:
        assert inspect(manager, way)["Id"] == shown["Id"], way
        assert docker("inspect", "-f", "{{.Id}}", way) == shown["Id"], way
    assert inspect(manager, f"{engine.name}%2F{web}")["Id"] == shown["Id"]


def test_the_node_must_be_the_right_one(manager, engines, web):
    other = next(e for e in engines if e is not holder(engines, web))
    answer = manager.get(f"/containers/{other.name}/{web}/json")
    assert (answer.status, answer.json["message"]) == (404, f"No such container: {other.name}/{web}")


def test_a_name_beats_a_prefix(manager, docker):
    container_id = docker("run", "-d", "--name", "first", *SLEEP)
    second = docker("run", "-d", "--name", container_id[:4], *SLEEP)
    assert inspect(manager, container_id[:4])["Id"] == second
    assert inspect(manager, container_id)["Id"] == container_id


def test_one_name_on_two_nodes(manager, engines):
    """The manager would not allow it, but whoever uses the engines directly can."""
    ids = {e.name: e.docker("run", "-d", "--name", "twin", *SLEEP) for e in engines[:2]}
    eventually(lambda: len(manager.list()) == 2)
    answer = manager.get("/containers/twin/json")
    assert answer.status == 400
    assert "ambiguous" in answer.json["message"]
    for node, container_id in ids.items():
        assert inspect(manager, f"{node}/twin")["Id"] == container_id


def test_a_prefix_of_two_is_no_name(manager, docker):
    """Of seventeen ids two begin with the same digit."""
    ids = [docker("create", *SLEEP) for _ in range(17)]
    digit = next(d for d in "0123456789abcdef" if sum(i.startswith(d) for i in ids) > 1)
    answer = manager.get(f"/containers/{digit}/json")
    assert answer.status in (400, 404)
    assert digit in answer.json["message"]
    assert manager.request("DELETE", f"/containers/{digit}?force=1").status == answer.status
    assert len(manager.list()) == 17


def test_unusual_names_in_the_path(manager, docker):
    """Classic Swarm replaced the name where it first saw it: a container called v1 had no working routes."""
    for name in ("v1", "containers", "json", "v1.41"):
        docker("create", "--name", name, *SLEEP)
        assert inspect(manager, name)["Name"] == f"/{name}"
        docker("start", name)
        docker("pause", name)
        docker("rm", "-f", name)


def test_nothing_is_cleanly_not_there(every_docker):
    """The command asks for a container, an image, a network, ... and goes on only after a clean 404."""
    done = every_docker.run("inspect", "nothing", check=False)
    assert done.returncode == 1
    assert done.stdout == "[]\n"
    assert done.stderr.strip().lower() == "error: no such object: nothing"


def test_not_there_over_http(manager):
    for path in ("containers", "images", "networks", "volumes", "plugins"):
        target = f"/v1.41/{path}/nothing" + ("/json" if path in ("containers", "images", "plugins") else "")
        answer = manager.get(target)
        assert answer.status == 404, target
        assert answer.head.get("Content-Type") == "application/json"
        assert answer.json["message"]


def test_the_empty_name_is_not_there(manager):
    listed = manager.get("/containers//json?all=1")
    assert (listed.status, listed.head.get("Location")) == (301, "/containers/json?all=1")
    assert manager.request("POST", "/containers//start").status == 301
    assert manager.request("DELETE", "/containers/").status == 404


def test_a_slash_before_the_name(manager, web):
    assert rawhttp.get(manager.address, f"/v1.41/containers//{web}/json").json["Name"] == f"/{web}"
