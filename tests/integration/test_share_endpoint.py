"""Containers that bind the engine's socket: told what it shows, or given the manager's."""

import json
import socket
import subprocess

from harness.docker import Docker
from harness.lab import TOOL
from harness.manager import binary, run_swarm
from harness.wait import eventually

SOCKET = "/var/run/docker.sock"


def create(manager, name, node):
    body = {"Image": "busybox", "Env": [f"constraint:node=={node}"],
            "HostConfig": {"Binds": [f"{SOCKET}:{SOCKET}:ro"],
                           "Mounts": [{"Type": "bind", "Source": SOCKET, "Target": "/s"}]}}
    answer = manager.request("POST", f"/containers/create?name={name}", body=body)
    assert answer.status == 201, answer.text
    return answer.json["Warnings"]


def sources(engine, name):
    host = engine.containers()[name]["HostConfig"]
    return [host["Binds"][0].split(":")[0], host["Mounts"][0]["Source"]]


def test_only_containers_of_this_host_are_given_the_managers_socket(fakes, start_manager, tmp_path):
    here, there = fakes(2)
    here.configure(name=socket.gethostname())
    path = str(tmp_path / "pool.sock")
    manager = start_manager([here.address, there.address], "--share-endpoint", "-H", f"unix://{path}").wait_healthy()
    assert create(manager, "reaper", socket.gethostname()) == []
    assert sources(here, "reaper") == [path, path]
    assert "sees only what runs there; on the manager's own host" in create(manager, "away", "fake-1")[0]
    assert sources(there, "away") == [SOCKET, SOCKET]


def test_without_the_flag_a_warning_says_what_the_socket_shows(fakes, start_manager):
    engine, = fakes(1)
    manager = start_manager([engine.address]).wait_healthy()
    warning, = create(manager, "reaper", "fake-0")
    assert "the socket of the engine on node fake-0 and sees only what runs there" in warning
    assert "--share-endpoint" in warning
    assert sources(engine, "reaper") == [SOCKET, SOCKET]


def test_a_socket_must_be_there_to_be_shared(fakes):
    done = run_swarm("manage", "--share-endpoint", "-H", "tcp://127.0.0.1:0", "127.0.0.1:1")
    assert done.returncode == 1
    assert "--share-endpoint shares a socket: add --host unix://" in done.stdout + done.stderr


def test_a_real_container_sees_the_whole_pool(engines):
    """The manager runs on the first engine's host, which is where its containers can reach it."""
    nodes = ",".join(engine.address for engine in engines)
    here = engines[0]
    listen = ["-H", "tcp://0.0.0.0:3375", "-H", "unix:///run/pool.sock"]
    command = [TOOL, "exec", here.lab.name, here.name, "sh", "-c", 'echo $$; exec "$@" >/dev/null 2>&1', "sh",
               binary(), "manage", "--share-endpoint", *listen, nodes]
    manager = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
    pid_there = manager.stdout.readline().strip()
    try:
        docker = Docker(f"{here.ip}:3375")
        eventually(lambda: docker.run("info", check=False).stdout.count("Status: Healthy") == 3, timeout=60)
        docker("run", "-d", "--name", "reaper", "-v", f"{SOCKET}:{SOCKET}", "-e", "constraint:node==node-0",
               "busybox", "sleep", "1000")
        docker("run", "-d", "--name", "other", "-e", "constraint:node==node-1", "busybox", "sleep", "1000")
        pid = here.get("/containers/reaper/json")["State"]["Pid"]
        seen = json.loads(here.run("curl", "-sS", "--unix-socket", f"/proc/{pid}/root{SOCKET}", "http://x/containers/json"))
        assert {name for c in seen for name in c["Names"]} >= {"/node-0/reaper", "/node-1/other"}
    finally:
        here.run("kill", pid_there)
        manager.communicate(timeout=60)
