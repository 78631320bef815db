"""Where containers go: the scenes of the specification's section 10.6, and what must not go wrong."""

import concurrent.futures
import json
import re
from collections import Counter

import pytest

from harness.lab import Lab
from harness.wait import eventually

SLEEP = ["busybox", "sleep", "1000"]
UNABLE = "Unable to find a node that satisfies the following conditions \n"
NODES = {"node-0", "node-1", "node-2"}


def run(docker, name, *options, how="-e"):
    """Options of the form "constraint:..." and so on are given as environment or as labels."""
    hints = [o for o in options if isinstance(o, tuple)]
    plain = [o for o in options if not isinstance(o, tuple)]
    for kind, expression in hints:
        if how == "-e":
            plain += ["-e", f"{kind}:{expression}"]
        else:
            key = {"constraint": "constraints", "affinity": "affinities"}[kind]
            plain += ["--label", f"com.docker.swarm.{key}={json.dumps([expression])}"]
    return docker("run", "-d", "--name", name, *plain, *SLEEP)


def on(node):
    return ("constraint", f"node=={node}")


def near(expression):
    return ("affinity", expression)


@pytest.fixture
def two(engines, start_manager):
    """A manager over two nodes, as the scenes of the specification have them."""
    return start_manager([engine.address for engine in engines[:2]]).wait_healthy()


#
# S-80 .. S-95
#


def test_s80_containers_seek_and_avoid_each_other(two):
    docker = two.docker
    run(docker, "c1", on("node-1"))
    run(docker, "c2", near("container==c1"))
    run(docker, "c3", near("container!=c1"))
    run(docker, "c4", near("container==c1"), how="label")
    run(docker, "c5", near("container!=c1"), how="label")
    assert two.placed() == {"c1": "node-1", "c2": "node-1", "c3": "node-0", "c4": "node-1", "c5": "node-0"}


def tag(manager, engine, name):
    engine.docker("tag", "busybox", name)

    def used():
        # The manager learns of it by an event; that it has is seen where it shows: by placing.
        done = manager.docker.run("create", "--name", "probe", "-e", f"affinity:image=={name}", "busybox", check=False)
        manager.docker.run("rm", "-f", "probe", check=False)
        return done.returncode == 0

    eventually(used, what=f"the manager knows of {name}")


def test_s81_images_are_sought_and_avoided(two, engines):
    tag(two, engines[1], "test")
    for number, how in enumerate(["-e", "label"]):
        run(two.docker, f"at-{number}", near("image==test"), how=how)
        run(two.docker, f"away-{number}", near("image!=test"), how=how)
    assert two.placed() == {"at-0": "node-1", "at-1": "node-1", "away-0": "node-0", "away-1": "node-0"}


def test_s82_an_image_with_a_registry(two, engines):
    tag(two, engines[1], "localhost:5000/test")
    run(two.docker, "c1", near("image==localhost:5000/test"))
    assert two.placed() == {"c1": "node-1"}


@pytest.mark.parametrize("how", ["-e", "label"])
def test_s83_labels_are_sought_and_avoided(two, how):
    run(two.docker, "c1", "--label", "test.label=true", on("node-1"))
    run(two.docker, "c2", near("test.label==true"), how=how)
    run(two.docker, "c3", near("test.label!=true"), how=how)
    assert two.placed() == {"c1": "node-1", "c2": "node-1", "c3": "node-0"}


def test_s84_three_at_once_that_avoid_each_other_on_two_nodes(two):
    def one(number):
        return two.docker.run("run", "-d", "--name", f"c{number}", "--label", "test.label=true", "-e",
                              "affinity:test.label!=true", *SLEEP, check=False)

    with concurrent.futures.ThreadPoolExecutor(3) as pool:
        done = list(pool.map(one, range(3)))
    (failed,) = [d for d in done if d.returncode != 0]
    assert UNABLE + "[available container slots]\n[test.label!=true (soft=false)]" in failed.stderr
    assert sorted(two.placed().values()) == ["node-0", "node-1"]


def test_s85_a_soft_wish_that_nobody_meets(two, engines):
    tag(two, engines[1], "test")
    run(two.docker, "c1", near("image==~not_exist"), near("image==test"))
    assert two.placed() == {"c1": "node-1"}


def test_s86_a_soft_constraint_that_nobody_meets(two):
    for name in ("c1", "c2"):
        run(two.docker, name, ("constraint", "storagedriver==~not_exist"), on("node-0"))
    assert two.placed() == {"c1": "node-0", "c2": "node-0"}


@pytest.mark.parametrize("how", ["-e", "label"])
def test_s87_labels_of_engines(two, how):
    run(two.docker, "c1", ("constraint", "storage==ssd"), how=how)
    run(two.docker, "c2", ("constraint", "storage==disk"), how=how)
    run(two.docker, "c3", ("constraint", "storage==disk"), how=how)
    assert two.placed() == {"c1": "node-0", "c2": "node-1", "c3": "node-1"}


def test_s88_what_a_container_needs_is_where_it_goes(two, engines):
    run(two.docker, "b1", on("node-1"))
    for number, value in enumerate(["/b1", "/b1:rw", "/b1:ro"], 2):
        run(two.docker, f"b{number}", "--volumes-from", value)
    run(two.docker, "b5", "--link", "/b1:foo")
    run(two.docker, "b6", "--net", "container:/b1")
    assert set(two.placed().values()) == {"node-1"}
    first = engines[1].get("/containers/b1/json")["Id"]
    for number, mode in ((2, ""), (3, ":rw"), (4, ":ro")):
        (value,) = engines[1].get(f"/containers/b{number}/json")["HostConfig"]["VolumesFrom"]
        assert value in (f"/b1{mode}", f"{first}{mode}")
    assert engines[1].get("/containers/b5/json")["HostConfig"]["Links"] == ["/b1:/b5/foo"]


def test_s88_what_is_needed_by_every_name(manager, engines):
    b1 = run(manager.docker, "b1", on("node-1"))
    for number, name in enumerate([b1, b1[:12], "node-1/b1"], 2):
        run(manager.docker, f"b{number}", "--volumes-from", name)
    assert set(manager.placed().values()) == {"node-1"}


def fails(manager, name, *options, image=("busybox", "true")):
    """The text of a run that finds no place; nothing of it is left."""
    said = manager.docker.fails("run", "-d", "--name", name, *options, *image)
    assert name not in manager.placed()
    assert said.count("Error response from daemon") == 1
    return said


def test_s89_ports_of_host_mode(two):
    for number in range(2):
        two.docker("run", "-d", "--name", f"c{number}", "--expose=80", "--net=host", *SLEEP)
    assert Counter(two.placed().values()) == {"node-0": 1, "node-1": 1}
    assert UNABLE + "[port 80/tcp (Host mode)]" in fails(two, "c2", "--expose=80", "--net=host")


def test_s90_ports_of_containers_that_have_ended(two):
    for number in range(2):
        two.docker("run", "--name", f"c{number}", "-p", "80:80", "busybox", "true")
    assert Counter(two.placed().values()) == {"node-0": 1, "node-1": 1}
    said = fails(two, "c2", "-p", "80:80")
    assert UNABLE + "[port 80 (Bridge mode)]" in said


@pytest.fixture
def labelled(engines, start_manager, lab):
    """labelled(label...): a manager over one new engine for each label."""
    labs = []

    def start(*labels):
        options = [part for n, label in enumerate(labels) if label for part in ("--label", f"{n}:{label}")]
        labs.append(Lab(f"{lab.name}-{len(labs)}", len(labels), *options))
        return start_manager([engine.address for engine in labs[-1].engines]).wait_healthy()

    yield start
    for extra in labs:
        extra.down()


def test_s91_and_s92_slots(labelled):
    manager = labelled("containerslots=2", "containerslots=2")
    for number in range(4):
        run(manager.docker, f"c{number}")
    assert Counter(manager.placed().values()) == {"node-0": 2, "node-1": 2}
    assert UNABLE + "[available container slots]" in fails(manager, "c4")
    manager.docker("rm", "-f", "c0")
    run(manager.docker, "c4")

    manager = labelled("containerslots=foo", None)
    for number in range(5):
        run(manager.docker, f"c{number}")
    assert len(manager.placed()) == 5


def test_s93_more_than_there_is(manager):
    for option in (["-m", "1000G"], ["--cpus", "10240"]):
        assert "no resources available to schedule container" in fails(manager, "c1", *option)
    assert manager.placed() == {}


def reserved_cpus(manager):
    return sorted(node["Reserved CPUs"].split(" / ")[0] for node in manager.nodes().values())


def test_s94_spread(two):
    for name in ("c1", "c2"):
        run(two.docker, name, "--cpu-shares", "1")
    assert reserved_cpus(two) == ["1", "1"]


def test_shares_as_a_weight(two):
    """More than any node has CPUs is a weight, which reserves nothing; also after its list is read again."""
    run(two.docker, "c1", "--cpu-shares", "512")
    assert two.get("/containers/c1/json").json["HostConfig"]["CpuShares"] == 512
    assert reserved_cpus(two) == ["0", "0"]
    two.docker("update", "--cpu-shares", "2", "c1")
    assert two.get("/containers/c1/json").json["HostConfig"]["CpuShares"] == 2
    two.stop()
    two.start()
    assert reserved_cpus(two.wait_healthy()) == ["0", "0"]


def test_s95_binpack(engines, start_manager):
    nodes = [engine.address for engine in engines[:2]]
    manager = start_manager(nodes, "--strategy", "binpack").wait_healthy()
    for name in ("c1", "c2"):
        run(manager.docker, name, "--cpu-shares", "1")
    assert reserved_cpus(manager) == ["0", "2"]


#
# Ports
#


def test_one_port_lands_on_every_node_and_then_nowhere(manager):
    for number in range(3):
        run(manager.docker, f"web-{number}", "-p", "8080:80")
    assert set(manager.placed().values()) == NODES
    said = fails(manager, "web-3", "-p", "8080:80", image=SLEEP)
    assert UNABLE + "[port 8080 (Bridge mode)]" in said
    manager.docker("rm", "-f", "web-1")
    run(manager.docker, "web-3", "-p", "8080:80")
    assert set(manager.placed().values()) == NODES


def test_three_at_once_for_one_port(manager):
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        done = list(pool.map(
            lambda n: manager.docker.run("run", "-d", "--name", f"web-{n}", "-p", "8080:80", *SLEEP, check=False),
            range(4)))
    assert sorted(d.returncode for d in done) == [0, 0, 0, 125]
    assert sorted(manager.placed().values()) == sorted(NODES)


def test_tcp_and_udp_do_not_meet(manager):
    for number in range(3):
        run(manager.docker, f"web-{number}", "-p", "5353:53/tcp")
    run(manager.docker, "dns", "-p", "5353:53/udp")
    assert len(manager.placed()) == 4


#
# What must not go wrong
#


def test_a_create_that_fails_leaves_nothing(manager):
    """The engine refuses the mount; name, port and cpus are free again."""
    for _ in range(4):
        said = manager.docker.fails("run", "-d", "--name", "web", "-p", "8080:80", "--cpu-shares", "1",
                                    "--mount", "type=bind,source=/not/there,target=/x", *SLEEP)
        assert "bind source path does not exist" in said
    assert reserved_cpus(manager) == ["0", "0", "0"]
    assert manager.placed() == {}
    for number in range(3):
        run(manager.docker, "web" if number == 0 else f"web-{number}", "-p", "8080:80", "--cpu-shares", "1")
    assert set(manager.placed().values()) == NODES
    assert reserved_cpus(manager) == ["1", "1", "1"]


def test_many_at_once_spread_evenly_and_none_is_lost(manager, engines, is_long):
    count = 50 if is_long else 20  # one more on two of three

    def one(number):
        return manager.docker("run", "-d", "--name", f"c{number}", *SLEEP, timeout=180)

    with concurrent.futures.ThreadPoolExecutor(count) as pool:
        ids = set(pool.map(one, range(count)))
    assert len(ids) == count
    assert sorted(Counter(manager.placed().values()).values()) == [count // 3, count // 3 + 1, count // 3 + 1]
    there = {c["Id"]: c["State"] for engine in engines for c in engine.containers().values()}
    assert there == {container_id: "running" for container_id in ids}
    assert {c["Id"]: c["State"] for c in manager.list()} == there


# The engine's own words, which Testcontainers for Go looks for.
CONFLICT = re.compile(r'Conflict\. The container name "/web" is already in use by container "([0-9a-f]{64})"\. You have to remove '
                      r"\(or rename\) that container to be able to reuse that name\.")


def test_a_name_is_given_once(manager, docker):
    run(docker, "web")
    holder = docker("inspect", "-f", "{{.Id}}", "web")
    answer = manager.create("web")
    assert (answer.status, CONFLICT.fullmatch(answer.json["message"])[1]) == (409, holder)
    assert CONFLICT.search(docker.fails("create", "--name", "web", "busybox"))[1] == holder
    run(docker, "other")
    assert CONFLICT.search(docker.fails("rename", "other", "web"))[1] == holder
    docker("rm", "-f", "other")
    assert len(manager.placed()) == 1


def test_of_twenty_that_want_one_name_one_gets_it(manager):
    with concurrent.futures.ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda _: manager.create("web", Cmd=["sleep", "1000"]), range(20)))
    assert sorted(answer.status for answer in answers) == [201] + [409] * 19
    assert all(CONFLICT.fullmatch(a.json["message"]) for a in answers if a.status == 409)
    (container,) = manager.list()
    assert container["Id"] in [answer.json.get("Id") for answer in answers]


def test_a_name_that_somebody_took_on_the_engine(manager, engines):
    engines[2].docker("create", "--name", "web", "busybox")
    eventually(lambda: manager.placed() == {"web": "node-2"})
    assert manager.create("web").status == 409


@pytest.mark.parametrize("expression, text", [
    ("node==nope", UNABLE + "[available container slots]\n[node==nope]"),
    ("storage==ss", UNABLE + "[available container slots]\n[storage==ss]"),
])
def test_a_constraint_that_nobody_meets(manager, expression, text):
    assert text in fails(manager, "c1", "-e", f"constraint:{expression}")


def test_constraints_and_patterns(manager):
    run(manager.docker, "c1", ("constraint", "node==*-2"))
    run(manager.docker, "c2", ("constraint", "node==/node-[12]/"), ("constraint", "node!=node-2"))
    run(manager.docker, "c3", ("constraint", "storage!=disk"))
    assert manager.placed() == {"c1": "node-2", "c2": "node-1", "c3": "node-0"}


def test_wishes_do_not_reach_the_container(manager):
    manager.docker("run", "-d", "--name", "c1", "-e", "constraint:node==node-0", "-e", "KEPT=1", *SLEEP)
    config = manager.get("/containers/c1/json").json["Config"]
    assert "KEPT=1" in config["Env"] and not any("constraint" in entry for entry in config["Env"])
    assert json.loads(config["Labels"]["com.docker.swarm.constraints"]) == ["node==node-0"]
