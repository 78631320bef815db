"""Containers of a node that fails come back on another one, once."""

from harness.wait import eventually

SLEEP = ["busybox", "sleep", "1000"]
MOVES = ["-e", "reschedule:on-node-failure"]


def copies(engines, name, state=None):
    """The engines that have one, in that state."""
    return [engine for engine in engines if name in (found := engine.containers()) and state in (None, found[name]["State"])]


def test_a_killed_engine(manager, engines):
    """What asked for it runs elsewhere, as it was; the node returns, and there is one copy."""
    on_first = ["-e", "affinity:container==~anchor"]
    manager.docker("network", "create", "together")
    manager.docker("run", "-d", "--name", "anchor", "-e", "constraint:node==node-1", "--network", "together", *SLEEP)
    manager.docker("run", "-d", "--name", "kept", *MOVES, *on_first, "--network", "together", "--network-alias", "db", "-m", "64m",
                   "-l", "mine=yes", "-h", "its-host", *SLEEP)
    manager.docker("create", "--name", "resting", *MOVES, *on_first, *SLEEP)
    manager.docker("run", "-d", "--name", "tied", *MOVES, *on_first, "-v", "data:/data", *SLEEP)
    manager.docker("run", "-d", "--name", "empty", *MOVES, *on_first, "-v", "data:/data",
                   "-l", "com.docker.swarm.reschedule-volumes=fresh", *SLEEP)
    manager.docker("run", "-d", "--name", "beside", *MOVES, "--network", "container:kept", *SLEEP)
    manager.docker("run", "-d", "--name", "once", "-e", "reschedule:on-node-failure:at-most-once", *on_first, *SLEEP)
    before = manager.get("/containers/kept/json").json
    assert before["Node"]["Name"] == "node-1"
    others = [engine for engine in engines if engine.name != "node-1"]
    engines[1].kill()
    eventually(lambda: copies(others, "kept", "running") and copies(others, "resting") and copies(others, "empty", "running"),
               timeout=60)
    eventually(lambda: copies(others, "beside", "running"), timeout=60)
    assert copies(others, "beside") == copies(others, "kept")
    after = eventually(lambda: manager.get("/containers/kept/json").json, timeout=10)
    assert after["Node"]["Name"] != "node-1"
    assert after["Config"]["Labels"]["com.docker.swarm.id"] == before["Config"]["Labels"]["com.docker.swarm.id"]
    assert (after["Config"]["Hostname"], after["Config"]["Labels"]["mine"]) == ("its-host", "yes")
    assert after["HostConfig"]["Memory"] == 64 << 20
    assert "db" in after["NetworkSettings"]["Networks"]["together"]["Aliases"]
    assert not copies(others, "resting", "running")
    eventually(lambda: "tied waits for its node node-1, where its volume data is" in manager.log)
    assert not copies(others, "tied") and not copies(others, "anchor") and not copies(others, "once")
    assert "its volume data is there" in manager.docker("inspect", "-f", "{{.State.Error}}", "tied")
    assert "it has no policy" in manager.get("/containers/anchor/json").json["State"]["Error"]
    assert "docker node rm --force node-1" in manager.get("/containers/once/json").json["State"]["Error"]
    waits = manager.docker("events", "--since", "0", "--until", "0s", "--filter", "event=reschedule_waits", "--format",
                           "{{.Actor.Attributes.name}}: {{.Actor.Attributes.reason}}").splitlines()
    assert sorted(line.split(":")[0] for line in waits) == ["once", "tied"]
    assert "1 (at most one copy" in str(manager.get("/info").json)
    assert "--force says" in manager.docker.fails("node", "rm", "node-1")
    assert "is not down" in manager.docker.fails("node", "rm", "--force", others[0].name)
    manager.docker("node", "rm", "--force", "node-1")
    eventually(lambda: copies(others, "once", "running"), timeout=60)
    engines[1].start()
    eventually(lambda: len(copies(engines, "kept")) == 1 and len(copies(engines, "resting")) == len(copies(engines, "once")) == 1, timeout=60)
    assert copies(others, "kept", "running") and copies(others, "resting")
    assert copies(engines, "anchor") == copies(engines, "tied") == [engines[1]]


def test_most_engines_vanish(manager, engines, start_manager):
    """Then it is the manager that is cut off, and nothing moves; how many are most can be said."""
    addresses = [engine.address for engine in engines]
    cautious = start_manager(addresses, "--cluster-opt", "swarm.reschedule-share=0.3").wait_healthy()
    manager.docker("run", "-d", "--name", "kept", *MOVES, "-e", "constraint:node!=node-0", *SLEEP)
    bare, holder = sorted(engines[1:], key=lambda engine: "kept" in engine.containers())
    bare.freeze()
    eventually(lambda: "1 of 3 nodes are out of reach" in cautious.log, timeout=60)
    holder.freeze()
    eventually(lambda: "2 of 3 nodes are out of reach" in manager.log, timeout=60)
    assert "1 of 3 nodes" not in manager.log and not copies(engines[:1], "kept")
    for engine in engines[1:]:
        engine.thaw()
    manager.wait_healthy()
    assert len(copies(engines, "kept")) == 1
