"""Where engines come from: a watched file, ranges, a socket."""

import os

import pytest

from fakes.actions import Hang
from harness.manager import run_swarm
from harness.wait import eventually


def addresses(manager):
    return sorted(value for key, value in manager.get("/info").json["SystemStatus"] if key.startswith(" ")
                  and not key.startswith("  └"))


def write(path, *lines):
    path.write_text("".join(f"{line}\n" for line in lines))


@pytest.fixture
def three(fakes):
    return sorted(fakes(3), key=lambda engine: engine.address)


def test_a_line_more_and_a_line_less(three, start_manager, tmp_path):
    members = tmp_path / "members"
    write(members, three[0].address)
    three[1].add_container("web")
    manager = start_manager(f"file://{members}").wait_healthy(1)

    write(members, three[0].address, three[1].address)
    manager.wait_healthy(2)
    assert manager.placed() == {"web": three[1].name}

    write(members, three[0].address)
    eventually(lambda: addresses(manager) == [three[0].address])
    assert manager.placed() == {}
    eventually(lambda: three[1].connection_count() == 0, what="the engine is left alone")

    write(members, *(engine.address for engine in three))
    manager.wait_healthy(3)


def test_editors_write_a_new_file_and_rename_it(three, start_manager, tmp_path):
    members = tmp_path / "members"
    write(members, three[0].address)
    manager = start_manager(f"file://{members}").wait_healthy(1)
    write(tmp_path / "new", three[1].address, three[2].address)
    os.rename(tmp_path / "new", members)
    manager.wait_healthy(2)
    assert addresses(manager) == sorted([three[1].address, three[2].address])
    write(members, three[1].address)  # the new file is watched as the old one was
    eventually(lambda: addresses(manager) == [three[1].address])


def test_comments_blanks_and_lines_that_are_none(three, start_manager, tmp_path):
    members = tmp_path / "members"
    write(members, "# our engines", "", f"  {three[0].address}  # the first", "no-port", three[1].address)
    manager = start_manager(f"file://{members}").wait_healthy(2)
    assert addresses(manager) == sorted([three[0].address, three[1].address])
    assert "no-port" in manager.log


def test_a_file_that_goes_away_takes_no_engine_with_it(three, start_manager, tmp_path):
    members = tmp_path / "members"
    write(members, three[0].address)
    manager = start_manager(f"file://{members}").wait_healthy(1)
    members.unlink()
    write(members, three[0].address, three[1].address)
    manager.wait_healthy(2)


def test_a_range_that_runs_backwards_is_said(three, start_manager):
    manager = start_manager(f"nodes://10.0.0.[9:1]:2375,{three[0].address}").wait_healthy(1)
    assert "'10.0.0.[9:1]:2375' stands for no address: its range runs backwards" in manager.log
    done = run_swarm("list", "nodes://10.0.0.[9:1]:2375,10.0.0.1:2375")
    assert (done.returncode, done.stdout) == (1, "10.0.0.1:2375\n")
    assert "runs backwards" in done.stderr


def test_members_of_a_range(engines, start_manager):
    """node-0 has the lowest address of three that follow each other."""
    prefix, first = engines[0].ip.rsplit(".", 1)
    discovery = f"nodes://{prefix}.[{first}:{int(first) + 2}]:2375"
    manager = start_manager(discovery).wait_healthy(3)
    assert addresses(manager) == sorted(engine.address for engine in engines)


def test_a_range_in_a_file(engines, start_manager, tmp_path):
    prefix, first = engines[0].ip.rsplit(".", 1)
    write(tmp_path / "members", f"{prefix}.[{first}:{int(first) + 1}]:2375")
    manager = start_manager(f"file://{tmp_path / 'members'}").wait_healthy(2)
    assert len(addresses(manager)) == 2


def test_a_socket_is_a_member(engines, start_manager, tmp_path, forward):
    """The engine of the manager's own host, as a unix socket, beside one of another host."""
    path = forward(tmp_path / "docker.sock", engines[0].address)
    manager = start_manager(f"nodes://unix://{path},{engines[1].address}").wait_healthy(2)
    assert addresses(manager) == sorted([f"unix://{path}", engines[1].address])
    manager.docker("run", "-d", "--name", "web", "-e", "constraint:node==node-0", "-p", "8080:80", "busybox", "sleep",
                   "1000")
    assert manager.placed() == {"web": "node-0"}
    assert manager.docker("exec", "web", "echo", "words") == "words"
    assert "web" in engines[0].containers()


def test_an_engine_that_is_named_twice(three, start_manager):
    manager = start_manager(f"nodes://{three[0].address},{three[0].address},{three[1].address}").wait_healthy(2)
    assert len(addresses(manager)) == 2


@pytest.mark.parametrize("discovery, text", [
    ("nodes://10.0.0.1", "10.0.0.1"),
    ("nodes://10.0.0.1:2375,,10.0.0.2:2375", "missing port in address"),
    ("bogus://x", "discovery service not supported"),
])
def test_members_that_make_no_sense(discovery, text):
    done = run_swarm("manage", "-H", "tcp://127.0.0.1:0", discovery)
    assert done.returncode != 0
    assert text in done.stdout + done.stderr


def test_a_create_outlives_the_membership_of_its_engine(three, start_manager, tmp_path):
    """The engine goes while it works on a create: the name is free again, and the next one lands elsewhere."""
    members = tmp_path / "members"
    write(members, three[0].address)
    manager = start_manager(f"file://{members}").wait_healthy(1)
    three[0].script("POST", "/containers/create", Hang())
    body = b'{"Image":"busybox"}'
    head = [("Content-Type", "application/json")]
    with manager.connect() as connection:
        connection.send_request("POST", "/v1.41/containers/create?name=web", head, body)
        eventually(lambda: three[0].requests("POST", "/containers/create"))
        write(members, three[1].address)
        answer = connection.read_response("POST")
        assert answer.status >= 500 and "no longer exists" in answer.text
    manager.wait_healthy(1)
    assert manager.request("POST", "/v1.41/containers/create?name=web", headers=head, body=body).status == 201
    assert manager.placed() == {"web": three[1].name}


def test_managers_among_the_members(three, start_manager, tmp_path):
    """Its own address, and two managers that list each other: every container once, and a reason to read."""
    first, second = tmp_path / "first", tmp_path / "second"
    for path in (first, second):
        path.write_text("".join(f"{engine.address}\n" for engine in three))
    managers = [start_manager(f"file://{path}").wait_healthy(3) for path in (first, second)]
    for path in (first, second):
        with path.open("a") as lines:
            lines.writelines(f"{manager.address}\n" for manager in managers)
    three[0].add_container("web")
    for manager in managers:
        eventually(lambda: len(addresses(manager)) == 5)
        eventually(lambda: len([row for row in manager.info_rows() if "this is a manager" in str(row)]) == 2)
        eventually(lambda: [c["Names"] for c in manager.list()])
        assert len(manager.list()) == 1
        assert manager.request("POST", "/containers/web/stop").status in (204, 304)
