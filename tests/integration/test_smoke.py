"""The main job in a minute: several engines look like one."""

from collections import Counter

from harness.wait import eventually


def test_info_shows_every_node(manager, engines, every_docker):
    nodes = manager.nodes()
    assert sorted(nodes) == ["node-0", "node-1", "node-2"]
    for engine in engines:
        node = nodes[engine.name]
        assert node["Address"] == engine.address
        assert node["Status"] == "Healthy"
    printed = every_docker("info")
    for engine in engines:
        assert engine.name in printed and engine.address in printed


def test_run_spreads_over_the_nodes(manager, engines, every_docker):
    ids = {every_docker("run", "-d", "--name", f"web-{n}", "busybox", "sleep", "1000") for n in range(6)}

    assert Counter(manager.placed().values()) == {"node-0": 2, "node-1": 2, "node-2": 2}
    assert {c["Id"] for engine in engines for c in engine.containers().values()} == ids
    listed = every_docker("ps", "--no-trunc", "--format", "{{.ID}} {{.Names}}").splitlines()
    assert {line.split()[0] for line in listed} == ids
    assert all("web-" in line for line in listed)
    for engine in engines:
        for name in engine.containers():
            assert every_docker("inspect", "-f", "{{.Node.Name}}", name) == engine.name


def test_output_and_exit_status_come_back(manager, every_docker):
    done = every_docker.run("run", "--name", "talk", "busybox", "sh", "-c", "echo out; echo err >&2; exit 3", check=False)
    assert (done.stdout, done.stderr, done.returncode) == ("out\n", "err\n", 3)
    logs = every_docker.run("logs", "talk")
    assert (logs.stdout, logs.stderr) == ("out\n", "err\n")


def test_what_others_start_is_seen(manager, engines):
    engines[2].docker("run", "-d", "--name", "direct", "busybox", "sleep", "1000")
    eventually(lambda: manager.placed() == {"direct": "node-2"})
    engines[2].docker("rm", "-f", "direct")
    eventually(lambda: manager.placed() == {})


def test_one_port_on_every_node_and_then_no_more(manager, every_docker):
    for n in range(3):
        every_docker("run", "-d", "--name", f"web-{n}", "-p", "8080:80", "busybox", "sleep", "1000")
    assert Counter(manager.placed().values()) == {"node-0": 1, "node-1": 1, "node-2": 1}
    refused = every_docker.fails("run", "-d", "--name", "web-3", "-p", "8080:80", "busybox", "sleep", "1000")
    assert (
        "Unable to find a node that satisfies the following conditions \n"
        "[port 8080 (Bridge mode)]"
    ) in refused
    assert "web-3" not in manager.placed()
