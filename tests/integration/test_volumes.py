"""Volumes of several engines behind one endpoint."""

import json
import re

import pytest
from fakes.actions import Close, Hang, Reply
from harness import rawhttp
from harness.wait import eventually


def listed(docker, *filters):
    arguments = [word for f in filters for word in ("--filter", f)]
    return sorted(docker("volume", "ls", "--format", "{{.Name}}", *arguments).split())


def holders(engines, name):
    return [e.name for e in engines if any(v["Name"] == name for v in e.get("/volumes")["Volumes"] or [])]


EVERYWHERE = ["node-0", "node-1", "node-2"]
EACH = ("--label", "com.docker.swarm.volumes=every-node")


def test_on_every_node(manager, engines, every_docker):
    assert every_docker("volume", "create", *EACH, "--label", "a=b", "data") == "data"
    assert holders(engines, "data") == EVERYWHERE
    assert listed(every_docker) == [f"{node}/data" for node in EVERYWHERE]
    assert listed(every_docker, "node=node-1") == ["node-1/data"]
    assert listed(every_docker, "label=a=c") == []
    assert listed(every_docker, "name=^data$") == [f"{node}/data" for node in EVERYWHERE]
    assert listed(every_docker, "name=^node-1/d") == ["node-1/data"]
    assert listed(every_docker, "name=^ata$") == []
    assert every_docker("volume", "inspect", "-f", "{{.Name}}", "data") == "data"
    assert every_docker("volume", "inspect", "-f", "{{.Name}}", "node-1/data") == "data"
    every_docker("volume", "rm", "data")
    assert holders(engines, "data") == [] and listed(every_docker) == []


def test_one_volume_that_draws(manager, engines, docker):
    """As on one host: there is one of it, and whoever mounts it finds what is in it."""
    docker("volume", "create", "data")
    [node] = holders(engines, "data")
    docker("volume", "create", "data")
    assert holders(engines, "data") == [node]
    docker("run", "-v", "data:/d", "busybox", "sh", "-c", "echo here > /d/file")
    for _ in range(3):
        assert docker("run", "--rm", "-v", "data:/d", "busybox", "cat", "/d/file") == "here"
    assert holders(engines, "data") == [node]
    elsewhere = docker.fails("run", "-v", "data:/d", "-e", f"constraint:node!={node}", "busybox", "true")
    assert f"volume data is on {node}" in elsewhere
    other = next(n for n in EVERYWHERE if n != node)
    docker("run", "-v", "data:/d", "-e", f"constraint:node=={other}", "busybox", "true")
    assert holders(engines, "data") == sorted([node, other])
    docker("run", "-d", "--name", "user", "-v", "data:/d", "-e", f"constraint:node=={node}", "busybox", "sleep", "1000")
    assert docker("run", "--rm", "-v", "data:/d", "busybox", "cat", "/d/file") == "here", "of two the one in use"
    docker("rm", "-f", *docker("ps", "-aq").split())
    docker("volume", "rm", "data")
    assert holders(engines, "data") == []


def test_all_steps_of_a_sequence_are_on_one_node(manager, engines, docker):
    """As development tools do it: no step names the other's node, and the create has no network."""
    for name in ("one", "two"):
        docker("volume", "create", name)
        docker("network", "create", f"net-{name}")
        docker("create", "--name", name, "-v", f"{name}:/d", "busybox", "sleep", "1000")
        docker("network", "connect", f"net-{name}", name)
        docker("start", name)
        assert holders(engines, name) == [manager.placed()[name]]


def test_what_belongs_together_stays_together(manager, engines, endpoint):
    """By the header that Testcontainers sends with every request."""
    session = [("x-tc-sid", "abc-123")]
    network = manager.request("POST", "/networks/create", body={"Name": "tc"}, headers=session)
    assert network.status == 201
    where = [e.name for e in engines if any(n["Name"] == "tc" for n in e.get("/networks"))]
    assert manager.request("POST", "/volumes/create", body={"Name": "tc"}, headers=session).status == 201
    assert holders(engines, "tc") == where
    for number in range(3):
        answer = manager.request("POST", f"/containers/create?name=tc-{number}", body={"Image": "busybox"}, headers=session)
        assert answer.status == 201
    assert {manager.placed()[f"tc-{number}"] for number in range(3)} == set(where)
    labels = manager.get("/containers/tc-0/json").json["Config"]["Labels"]
    assert labels["org.testcontainers.sessionId"] == "abc-123"


def test_created_again_where_it_was(manager, docker):
    """As updaters do it. What is on a path of the host no volume tells of."""
    for number in range(3):
        docker("run", "-d", "--name", f"filler-{number}", "-e", "constraint:node==node-2", "busybox", "sleep", "1000")
    docker("run", "-d", "--name", "web", "-v", "/tmp:/t", "-e", "constraint:node==node-2", "busybox", "sleep", "1000")
    docker("rm", "-f", "web")
    docker("run", "-d", "--name", "web", "-v", "/tmp:/t", "busybox", "sleep", "1000")
    assert manager.placed()["web"] == "node-2"


def test_every_node_as_an_option(engines, start_manager):
    manager = start_manager([e.address for e in engines], "--cluster-opt", "swarm.volumes=every-node").wait_healthy()
    assert manager.request("POST", "/volumes/create", body={"Name": "data"}).status == 201
    assert holders(engines, "data") == EVERYWHERE


def test_on_a_named_node(engines, every_docker):
    every_docker("volume", "create", "node-1/data")
    assert holders(engines, "data") == ["node-1"]
    assert every_docker("volume", "inspect", "-f", "{{.Name}}", "data") == "data"
    assert "node-7" in every_docker.fails("volume", "create", "node-7/data")


def test_only_one_of_them_is_removed(engines, docker):
    docker("volume", "create", *EACH, "data")
    docker("volume", "rm", "node-1/data")
    assert holders(engines, "data") == ["node-0", "node-2"]


def test_where_the_whitelist_allows(manager, engines, docker):
    label = 'com.docker.swarm.whitelists=["node==node-1|node-2"]'
    docker("volume", "create", *EACH, "--label", label, "data")
    assert holders(engines, "data") == ["node-1", "node-2"]
    nowhere = 'com.docker.swarm.whitelists=["node==node-7"]'
    assert "node-7" in docker.fails("volume", "create", "--label", nowhere, "other")
    broken = {"Name": "other", "Labels": {"com.docker.swarm.whitelists": "node==node-1"}}
    assert manager.request("POST", "/volumes/create", body=broken).status == 400


def test_one_random_name_everywhere(engines, docker):
    name = docker("volume", "create", *EACH)
    assert re.fullmatch("[0-9a-f]{64}", name)
    assert holders(engines, name) == EVERYWHERE


def test_run_makes_it_only_where_it_lands(manager, engines, docker):
    docker("run", "-d", "--name", "web", "-v", "data:/data", "busybox", "sleep", "1000")
    node = manager.placed()["web"]
    assert holders(engines, "data") == [node]
    eventually(lambda: listed(docker) == [f"{node}/data"])
    docker("run", "--name", "again", "-v", "data:/data", "busybox", "true")
    assert manager.placed()["again"] == node


def test_what_fails_is_told(manager, engines, docker):
    docker("volume", "create", *EACH, "data")
    docker("run", "-d", "--name", "web", "-v", "data:/data", "-e", "constraint:node==node-1", "busybox", "sleep", "1000")
    answer = manager.request("DELETE", "/volumes/data")
    assert answer.status == 409
    assert re.fullmatch(r"node-1: .*volume is in use.*\nsucceeded on node-0, node-2", answer.json["message"])
    assert holders(engines, "data") == ["node-1"]


@pytest.mark.parametrize("gone, status", [([0, 2], 204), ([0, 1, 2], 404)])
def test_somebody_else_removes_it_at_the_same_time(fakes, start_manager, gone, status):
    engines = fakes(3)
    manager = start_manager([engine.address for engine in engines]).wait_healthy()
    assert manager.request("POST", "/v1.44/volumes/create", body={"Name": "data", "Labels": {"com.docker.swarm.volumes": "every-node"}}).status == 201
    for number in gone:
        engines[number].script("DELETE", "/volumes/data", Reply(404, {"message": "get data: no such volume"}))
    assert manager.request("DELETE", "/v1.44/volumes/data").status == status


@pytest.mark.parametrize("method, path, asked, status", [
    ("DELETE", "/volumes/data", ("DELETE", "/volumes/data"), 500),
    ("POST", "/images/prune", ("POST", "/images/prune"), 200),
    ("POST", "/networks/prune", ("DELETE", "/networks/*"), 200),
], ids=["remove", "prune", "networks"])
def test_nobody_waits_for_the_list_of_who_did_not_answer(fakes, start_manager, method, path, asked, status):
    engines = fakes(2)
    manager = start_manager([engine.address for engine in engines]).wait_healthy()
    volume = {"Name": "data", "Labels": {"com.docker.swarm.volumes": "every-node"}}
    assert manager.request("POST", "/volumes/create", body=volume).status == 201
    rawhttp.request(engines[1].address, "POST", "/networks/create", body={"Name": "idle"})
    eventually(lambda: any(network["Name"].endswith("idle") for network in manager.get("/networks").json))
    engines[0].script("POST", "/images/prune", Reply(200, {"ImagesDeleted": None, "SpaceReclaimed": 0}))
    engines[1].script(*asked, Close())
    for kind in ("/volumes", "/images/json", "/networks"):
        engines[1].script("GET", kind, Hang())
    assert manager.request(method, path, body=b"").status == status
    assert engines[1].requests(*asked)


def test_what_is_not_there(manager):
    answer = manager.request("DELETE", "/volumes/none")
    assert (answer.status, answer.json["message"]) == (404, "get none: no such volume")
    assert manager.request("DELETE", "/volumes/none?force=1").status == 204
    answer = manager.get("/volumes/none")
    assert (answer.status, answer.json["message"]) == (404, "get none: no such volume")
    assert manager.request("PUT", "/volumes/none", body={}).status == 503
    assert manager.get("/volumes").json == {"Volumes": [], "Warnings": None}
    assert manager.request("POST", "/volumes/create", body=b"{").status == 400
    assert manager.request("POST", "/volumes/create", body={"Name": 5}).status == 400
    assert manager.get("/volumes").json["Volumes"] == []


def test_a_node_that_is_down_is_left_out(manager, engines, docker):
    docker("volume", "create", *EACH, "old")
    engines[2].kill()
    eventually(lambda: manager.states().count("Unhealthy") == 1)
    docker("volume", "create", *EACH, "data")
    assert holders(engines[:2], "data") == ["node-0", "node-1"]
    answer = manager.request("DELETE", "/volumes/old")
    assert (answer.status, answer.json["message"]) == (
        500, "node-2: the node is unhealthy\nsucceeded on node-0, node-1")


def test_prune(engines, docker):
    docker("volume", "create", *EACH, "data")
    docker("run", "-d", "-v", "used:/data", "-e", "constraint:node==node-0", "busybox", "sleep", "1000")
    named = () if "-a, --all" not in docker("volume", "prune", "--help") else ("-a",)  # before 23 it took all anyway
    pruned = docker("volume", "prune", *named, "-f", "--filter", "node=node-1")
    assert "node-1/data" in pruned and "node-0" not in pruned
    assert holders(engines, "data") == ["node-0", "node-2"]
    docker("volume", "prune", *named, "-f")
    assert holders(engines, "data") == [] and holders(engines, "used") == ["node-0"]


def test_prune_refuses_unknown_filters(manager):
    """Also when no engine is asked, because none can spare the volumes that have a name."""
    answer = manager.request("POST", '/v1.44/volumes/prune?filters={"bogus":["1"]}')
    assert (answer.status, answer.json["message"]) == (400, "invalid filter 'bogus'")


def test_what_all_refuse_is_told_in_their_words(fakes, start_manager):
    engines = fakes(2)
    manager = start_manager([engine.address for engine in engines]).wait_healthy()
    for path in ("/volumes/create", "/containers/prune"):
        refusal = {"message": f"{path}: invalid"}
        for engine in engines:
            engine.script("POST", path, Reply(400, refusal))
        response = manager.request("POST", path, body={"Name": "x"})
        assert (response.status, response.json) == (400, refusal), path
    engines[1].script("POST", "/containers/prune", Reply(409, {"message": "busy"}))
    assert manager.request("POST", "/containers/prune").json["message"].startswith("node fake-1: ")


def test_who_invents_the_name(fakes, start_manager):
    """The engine, which then knows the volume as one that nobody named; of several the manager, which says so."""
    engines = fakes(2)
    manager = start_manager([engine.address for engine in engines]).wait_healthy()

    def asked(body):
        assert manager.request("POST", "/volumes/create", body=body).status == 201
        requests = [request for engine in engines for request in engine.requests("POST", "/volumes/create")]
        return [json.loads(request.body) for request in requests]

    (one,) = asked({"Labels": {"a": "b"}})
    assert one == {"Labels": {"a": "b"}}
    _, first, second = sorted(asked({"Driver": "shared"}), key=lambda body: len(body.get("Name", "")))
    assert first["Name"] == second["Name"] != "" and first["Labels"] == {"com.docker.volume.anonymous": ""}
