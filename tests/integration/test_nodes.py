"""Nodes as docker knows them, although no engine is in swarm mode."""

import json

SLEEP = ["busybox", "sleep", "1000"]


def availability(manager):
    return {node["Description"]["Hostname"]: node["Spec"]["Availability"] for node in manager.get("/nodes").json}


def test_every_command_knows_nodes(manager, engines, every_docker):
    docker = every_docker
    docker("run", "-d", "--name", "web", "-p", "80", "-e", "constraint:node==node-1", *SLEEP)
    listed = docker("node", "ls", "--format", "{{.ID}} {{.Hostname}} {{.Status}} {{.Availability}} {{.EngineVersion}}").splitlines()
    assert [line.split()[1:4] for line in listed] == [[f"node-{n}", "Ready", "Active"] for n in range(3)]
    assert "MANAGER STATUS" in docker("node", "ls")
    assert docker("node", "ls", "-q", "--filter", "name=node-1") == listed[1].split()[0]
    assert "invalid filter" in docker.fails("node", "ls", "--filter", "colour=red")

    (node,) = json.loads(docker("node", "inspect", "node-1"))
    assert (node["ID"], node["Status"]["State"]) == (listed[1].split()[0], "ready")
    assert node["Description"]["Engine"]["Labels"]["storage"] == "disk"
    (same,) = json.loads(docker("node", "inspect", node["ID"][:9]))
    assert same["ID"] == node["ID"]
    pretty = docker("node", "inspect", "--pretty", "node-1")
    assert "Ready" in pretty and "Active" in pretty and node["Description"]["Engine"]["EngineVersion"] in pretty
    assert "nothing" in docker.fails("node", "inspect", "nothing")

    task = docker("node", "ps", "node-1", "--format", "{{.Name}} {{.Image}} {{.Node}} {{.CurrentState}} {{.Ports}}")
    assert task.startswith("web.1 busybox:latest node-1 Running") or task.startswith("web.1 busybox node-1 Running"), task
    assert "->80/tcp" in task
    assert docker("node", "ps", "-q", "node-0") == ""

    docker("node", "update", "--availability", "pause", "--label-add", "rack=7", "--label-add", "storage=tape", "node-1")
    (node,) = json.loads(docker("node", "inspect", "node-1"))
    assert (node["Spec"]["Availability"], node["Spec"]["Labels"]) == ("pause", {"rack": "7", "storage": "tape"})
    assert docker("node", "ls", "-q", "--filter", "node.label=rack=7") == node["ID"]
    docker("node", "update", "--availability", "active", "--label-rm", "storage", "node-1")
    docker("run", "-d", "--name", "placed", "-e", "constraint:rack==7", *SLEEP)
    assert manager.placed()["placed"] == "node-1"
    assert "cannot become a manager" in docker.fails("node", "promote", "node-1")
    assert docker("info", "-f", "{{.Swarm.LocalNodeState}} {{.Swarm.ControlAvailable}}") == "inactive false"


def test_nothing_new_comes_to_a_paused_node(manager, engines):
    docker = manager.docker
    docker("network", "create", "together")
    docker("run", "-d", "--name", "old", "-e", "constraint:node==node-2", *SLEEP)
    for name, word in (("node-0", "pause"), ("node-2", "drain")):
        docker("node", "update", "--availability", word, name)
    for n in range(3):
        docker("run", "-d", "--name", f"web-{n}", *SLEEP)
    docker("volume", "create", "data")
    docker("network", "create", "other")
    docker("build", "-t", "built", "-", input="FROM busybox\nLABEL a=b\n")
    assert {manager.placed()[f"web-{n}"] for n in range(3)} == {"node-1"}
    assert [engine.name for engine in engines if engine.request("GET", "/volumes/data").status == 200] == ["node-1"]
    assert [engine.name for engine in engines if engine.request("GET", "/networks/other").status == 200] == ["node-1"]
    assert [engine.name for engine in engines if engine.request("GET", "/images/built/json").status == 200] == ["node-1"]
    refused = docker.fails("run", "-d", "-e", "constraint:node==node-0", *SLEEP)
    assert "availability refused 1" in refused and "docker node update --availability active node-0" in refused
    dry = manager.request("POST", "/containers/create?dryrun=1", body={"Image": "busybox"}).json
    assert {node["Name"]: node["RefusedBy"] for node in dry["Nodes"]} == {
        "node-0": ["availability"], "node-1": [], "node-2": ["availability"]}
    # what is there goes on
    docker("network", "connect", "together", "old")
    docker("restart", "-t", "0", "old")
    assert manager.placed()["old"] == "node-2"


def test_an_update_that_was_overtaken(manager):
    node = manager.get("/nodes/node-0").json
    target = f"/nodes/{node['ID']}/update?version={node['Version']['Index']}"
    spec = {**node["Spec"], "Availability": "pause"}
    assert manager.request("POST", target, body=spec).status == 200
    answer = manager.request("POST", target, body=spec)
    assert (answer.status, "update out of sequence" in answer.json["message"]) == (500, True)
    target = f"/nodes/node-0/update?version={node['Version']['Index'] + 1}"
    for change, text in (({"Availability": "gone"}, 'invalid Availability: "gone"'), ({"Role": "king"}, 'invalid Role: "king"'),
                         ({"Name": "other"}, "the name of its host"), ({"Labels": ["a"]}, "Labels are no object")):
        answer = manager.request("POST", target, body={**spec, **change})
        assert (answer.status, text in answer.json["message"]) == (400, True), answer.text
    assert manager.request("POST", "/nodes/node-0/update?version=x", body=spec).json["message"] == "invalid node version 'x'"
    assert availability(manager) == {"node-0": "pause", "node-1": "active", "node-2": "active"}


def test_what_was_said_survives_the_manager(engines, start_manager, tmp_path):
    addresses = [engine.address for engine in engines]
    first = start_manager(addresses, "--state-dir", str(tmp_path / "state")).wait_healthy()
    first.docker("node", "update", "--availability", "drain", "--label-add", "rack=7", "node-1")
    first.signal(9)
    first.process.wait()
    first.process = None
    second = start_manager(addresses, "--state-dir", str(tmp_path / "state")).wait_healthy()
    assert availability(second)["node-1"] == "drain"
    assert second.get("/nodes/node-1").json["Spec"]["Labels"] == {"rack": "7"}
