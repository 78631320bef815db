"""The binary as a tool against a running manager: `swarm node` and what else an operator types."""

import json
import re

from harness.manager import SANITIZER, Manager, run_swarm
from harness.wait import eventually

SLEEP = ["busybox", "sleep", "1000"]
HOSTILE = "web\x1b[2J\u202egnp.\x07\u009b31m"
# what may not come out raw: all control characters but the line feed, and what turns the direction of the text
RAW = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069]")


def tool(manager, *words, status=0):
    """What it prints; that on stderr when it fails, but for status, whose failure is an answer."""
    command = 2 if words[0] == "node" else 1
    done = run_swarm(*words[:command], "-H", manager.address, *words[command:], timeout=120)
    assert done.returncode == status, done
    assert not SANITIZER.search(done.stderr) and not RAW.search(done.stdout + done.stderr), done
    return done.stderr if status and words[0] != "status" else done.stdout


def columns(text):
    return [re.split(" {2,}", line.rstrip()) for line in text.splitlines()]


def test_nodes_as_docker_prints_them(manager, engines):
    docker = manager.docker
    docker("run", "-d", "--name", "web", "-p", "80", "-e", "constraint:node==node-1", *SLEEP)
    docker("run", "--name", "failed", "-e", "constraint:node==node-1", "busybox", "false", check=False)
    docker("node", "update", "--availability", "pause", "node-2")

    assert columns(tool(manager, "node", "ls")) == columns(docker("node", "ls") + "\n")
    ids = docker("node", "ls", "-q").splitlines()
    assert tool(manager, "node", "ls", "-q").splitlines() == ids
    assert tool(manager, "node", "ls", "-q", "--filter", "name=node-1").split() == [ids[1]]
    rows = [json.loads(line) for line in tool(manager, "node", "ls", "--json").splitlines()]
    assert rows == [json.loads(line) for line in docker("node", "ls", "--format", "json").splitlines()]

    ours, theirs = tool(manager, "node", "ps", "node-1"), docker("node", "ps", "node-1")
    shown = [[re.sub("About a minute|[0-9]+ [a-z]+ ago|less than a second ago|about a minute ago", "ago", cell) for cell in row]
             for row in columns(ours)]
    assert shown[0] == columns(theirs)[0]
    assert {row[1] for row in shown[1:]} == {row[1] for row in columns(theirs)[1:]} == {"web.1", "failed.1"}
    assert any(row[5].startswith("Failed") and row[6] == '"task: non-zero exit (1)"' for row in shown[1:])
    assert any("->80/tcp" in row[-1] for row in shown[1:])
    task = json.loads(tool(manager, "node", "ps", "--json", "--filter", "name=web", "node-1"))
    assert (task["Name"], task["Node"], task["DesiredState"]) == ("web.1", "node-1", "Running")

    inspected = json.loads(tool(manager, "node", "inspect", "node-1", ids[0][:9]))
    assert [node["ID"] for node in inspected] == [ids[1], ids[0]]
    assert inspected[0]["Description"] == manager.get("/nodes/node-1").json["Description"]
    pretty = tool(manager, "node", "inspect", "--pretty", "node-1")
    assert "Hostname:               node-1" in pretty and " - storage=disk" in pretty

    assert tool(manager, "node", "update", "--availability", "active", "--label-add", "rack=7", "node-2") == "node-2\n"
    assert manager.get("/nodes/node-2").json["Spec"] == {"Labels": {"rack": "7"}, "Role": "worker", "Availability": "active"}
    assert tool(manager, "node", "update", "--label-rm", "rack", "node-2") == "node-2\n"
    for words, text in ((["ls", "--filter", "colour=red"], "invalid filter"), (["inspect", "nothing"], "node nothing not found"),
                        (["update", "--label-rm", "rack", "node-2"], "key rack doesn't exist"),
                        (["update", "--availability", "gone", "node-2"], 'invalid Availability: "gone"'),
                        (["ls", "--format", "{{.ID}}"], "for templates use the docker command")):
        assert text in tool(manager, "node", *words, status=1)


def test_where_a_container_would_go(manager, engines):
    docker = manager.docker
    docker("run", "-d", "--name", "db", "-p", "5432:5432", "-e", "constraint:node==node-1", *SLEEP)
    docker("run", "-d", "--name", "web", "-e", "constraint:node==node-2", *SLEEP)
    assert tool(manager, "place", "-e", "constraint:storage==ssd", "busybox", "sh", "-c", "exit") == "node-0\n"
    shown = columns(tool(manager, "place", "--explain", "-p", "5432:5432", "-e", "constraint:storage==disk", "busybox"))
    assert shown[0] == ["node-2, by spread: 3 nodes, 1 fit, 1 of them preferred"]
    assert shown[2] == ["NODE", "ADDRESS", "REFUSED BY", "WEIGHT", "CONTAINERS"]
    assert [row[0] for row in shown[3:]] == ["node-2", "node-0", "node-1"]
    assert shown[3][-1] == "chosen" and shown[4][2:] == ["constraint"] and shown[5][2:] == ["port"]
    assert 'The container name "/web" is already in use' in tool(manager, "place", "--name", "web", "busybox", status=1)
    assert "too little memory on 3" in tool(manager, "place", "-m", "100000g", "busybox", status=1)
    assert set(manager.placed()) == {"db", "web"}

    nodes = {row["Node"]: row for row in json.loads(tool(manager, "top", "--once", "--json"))}
    assert [(nodes[f"node-{n}"]["Running"], nodes[f"node-{n}"]["Measured"], nodes[f"node-{n}"]["Busiest"]) for n in range(3)] == [
        (0, 0, ""), (1, 1, "db"), (1, 1, "web")]
    assert 0 < nodes["node-1"]["UsedMemoryBytes"] < nodes["node-1"]["MemoryBytes"] and nodes["node-1"]["UsedCPUs"] >= 0
    shown = columns(tool(manager, "top", "--once", "--sort", "name", "--limit", "1"))
    assert shown[0] == ["NODE", "STATUS", "CPU %", "CPUS", "MEM %", "MEMORY", "RUNNING", "MEASURED", "BUSIEST"]
    assert [(row[0], row[6], row[7]) for row in shown[1:]] == [("node-0", "0", "0"), ("node-1", "1", "1"), ("node-2", "1", "0")]


def test_a_drain_is_followed(manager, engines):
    docker = manager.docker
    for name in ("node-1", "node-2"):
        tool(manager, "node", "update", "--availability", "pause", name)
    docker("run", "-d", "--name", "plain", *SLEEP)
    docker("run", "-d", "--name", "moves", "-e", "reschedule:on-node-failure", "--stop-timeout", "1", *SLEEP)
    for name in ("node-1", "node-2"):
        tool(manager, "node", "update", "--availability", "active", name)
    lines = tool(manager, "node", "update", "--availability", "drain", "node-0").splitlines()
    assert lines[0] == "node-0"
    assert lines[1] == "node-0: draining: 1 containers leave, 0 wait; staying: plain (no reschedule policy)"
    assert lines[-1] == "node-0: drained; staying: plain (no reschedule policy)"
    placed = manager.placed()
    assert placed["plain"] == "node-0" and placed["moves"] != "node-0"
    assert tool(manager, "node", "update", "-d", "--availability", "drain", "node-1") == "node-1\n"


def test_a_node_that_is_lost(start_manager, fakes, tmp_path):
    first, second = fakes(2)
    assert "Cannot reach a manager" in tool(Manager(tmp_path, []), "status", status=2)
    assert "what answers is no manager" in tool(first, "status", status=2)
    first.add_container("once", Labels={"com.docker.swarm.reschedule-policies": '["on-node-failure:at-most-once"]'})
    manager = start_manager([first.address, second.address], "--engine-failure-retry", "1").wait_healthy()
    eventually(lambda: "once" in manager.placed())
    assert tool(manager, "status").endswith("\n\nNo problems: all is well.\n")
    assert "is not down" in tool(manager, "node", "lost", first.name, status=1)
    first.refuse()
    first.drop_connections()
    eventually(lambda: "Unhealthy" in manager.states())
    shown = tool(manager, "status", status=1)
    assert f"node {first.name} ({first.ip}) is down\n    why: " in shown and "do:  Start the Docker engine" in shown
    assert f"swarm node lost {first.name}" in shown
    report = json.loads(tool(manager, "status", "--json", status=1))
    assert (report["State"], report["Nodes"]["Ready"], report["Nodes"]["Down"], len(report["Problems"])) == ("degraded", 1, 1, 2)
    assert "may still run its containers" in tool(manager, "node", "rm", first.name, status=1)
    both = tool(manager, "node", "lost", "nothing", first.name, "nobody", status=1)
    assert len(both.splitlines()) == 2, both
    eventually(lambda: manager.placed()["once"] == second.name)


def test_hostile_names_do_not_reach_the_terminal(start_manager, fakes):
    (engine,) = fakes(1)
    engine.configure(labels=[f"evil={HOSTILE}", "long=" + "x" * 65536])
    engine.add_container("web", Image=HOSTILE, Labels={"a": HOSTILE})
    manager = start_manager([engine.address]).wait_healthy()
    eventually(lambda: manager.list())
    for words in (["ls"], ["ls", "--json"], ["ps", engine.name], ["ps", "--json", engine.name], ["inspect", engine.name],
                  ["inspect", "--pretty", engine.name]):
        shown = tool(manager, "node", *words)
        assert engine.name in shown
        if "--pretty" in words:
            assert max(map(len, shown.splitlines())) < 300
    assert "\\x1b[2J\\u202egnp." in tool(manager, "node", "inspect", "--pretty", engine.name)
    assert HOSTILE not in tool(manager, "node", "inspect", HOSTILE, status=1)
    assert engine.name not in tool(manager, "status")
