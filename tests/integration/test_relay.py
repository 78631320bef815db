"""Published ports answer at the manager's address: over scripted engines, and over hosts that are really apart."""

import concurrent.futures
import contextlib
import json
import re
import socket
import subprocess
import sys
import threading
import time
import urllib.parse

import pytest

from fakes.actions import Reply
from fakes.engine import next_address
from harness.host import Host
from harness.lab import holder
from harness.wait import eventually

TIMEOUT = 60


def metric(manager, name):
    text = manager.get("/metrics").text
    return int(re.search(rf"^swarm_{name} (\d+)$", text, re.M).group(1))


def binding(port, ip=""):
    return [{"HostIp": ip, "HostPort": str(port)}]


@pytest.fixture
def relayed(fakes, start_manager):
    """relayed(count, *flags): (manager, scripted engines); it relays on manager.relay_host, which nobody else uses."""

    def start(count, *flags):
        engines = fakes(count)
        host = next_address()
        manager = start_manager([e.address for e in engines], f"--relay-host={host}", *flags).wait_healthy()
        manager.relay_host = host
        return manager, engines

    return start


def is_open(host, port):
    with contextlib.suppress(OSError), socket.create_connection((host, port), timeout=TIMEOUT):
        return True
    return False


def create(manager, name, ports, **config):
    body = {"Image": "busybox", "HostConfig": {"PortBindings": ports}, **config}
    answer = manager.request("POST", f"/containers/create?name={name}", body=body)
    assert answer.status == 201, answer.text
    assert manager.request("POST", f"/containers/{name}/start").status == 204
    return answer.json


def events_of(manager, name):
    """What was said of ports that are not relayed."""
    filters = urllib.parse.quote(json.dumps({"event": ["port_not_relayed"], "container": [name]}))
    text = manager.get(f"/events?since=1&until={time.time():.9f}&filters={filters}").text
    return [json.loads(line) for line in text.splitlines()]


def test_many_ports_and_nothing_left(relayed):
    manager, engines = relayed(2, "--relay-ports")
    before = manager.open_files()
    for number, engine in enumerate(engines):
        ports = {f"{port}/{kind}": binding(20000 + number * 500 + port)
                 for port in range(1, 501) for kind in ("tcp", "udp")}
        engine.add_container(f"wide-{number}", HostConfig={"PortBindings": ports})
    eventually(lambda: metric(manager, "relay_ports") == 2000, timeout=TIMEOUT)
    assert metric(manager, "relay_ports_failed") == 0
    assert is_open(manager.relay_host, 20001) and is_open(manager.relay_host, 21000)

    for number, engine in enumerate(engines):
        engine.remove_container(f"wide-{number}")
    eventually(lambda: metric(manager, "relay_ports") == 0, timeout=TIMEOUT)
    assert not is_open(manager.relay_host, 20001)
    eventually(lambda: metric(manager, "relay_connections") == 0, timeout=TIMEOUT)
    assert manager.open_files() <= before + 8  # connections to engines come and go


def test_the_first_of_two_has_the_port(relayed):
    manager, _ = relayed(2, "--relay-ports")
    assert create(manager, "first", {"80/tcp": binding(20080)}, Env=["constraint:node==fake-0"])["Warnings"] == []
    second = create(manager, "second", {"80/tcp": binding(20080)}, Env=["constraint:node==fake-1"])
    assert "Port 20080/tcp of the manager leads to container first on node fake-0" in second["Warnings"][0]
    event = eventually(lambda: events_of(manager, "second"), timeout=TIMEOUT)[0]
    assert event["Actor"]["Attributes"]["reason"] == "container first on node fake-0 has it"
    assert event["Actor"]["Attributes"]["port"] == "20080/tcp"
    assert event["Actor"]["Attributes"]["node.name"] == "fake-1"
    assert events_of(manager, "first") == []
    assert metric(manager, "relay_ports") == 1


def test_open_choices_are_unique_and_from_the_range(relayed):
    manager, engines = relayed(2, "--relay-ports", "--relay-range=21000-21009")
    for engine in engines:
        image = engine.add_image("exposing")
        engine.script("GET", "/images/exposing/json", exposing(image))
    for number in range(4):
        create(manager, f"web-{number}", {"80/tcp": binding(""), "80/udp": binding("0"), "90/tcp": binding(25000 + number)})
    body = {"Image": "exposing", "ExposedPorts": {"70/tcp": {}}, "HostConfig": {"PublishAllPorts": True}}
    assert manager.request("POST", "/containers/create?name=all", body=body).status == 201

    inspected = [manager.get(f"/containers/{name}/json").json for name in ("web-0", "web-1", "web-2", "web-3", "all")]
    chosen = [int(b["HostPort"]) for c in inspected for key, bindings in c["HostConfig"]["PortBindings"].items()
              for b in bindings if key != "90/tcp"]
    assert len(chosen) == len(set(chosen)) == 10
    assert set(chosen) == set(range(21000, 21010))
    assert set(inspected[4]["HostConfig"]["PortBindings"]) == {"70/tcp", "6379/tcp"}


def exposing(image):
    return Reply(200, {"Id": image, "RepoTags": ["exposing:latest"], "Config": {"ExposedPorts": {"6379/tcp": {}}}})


def test_labels_ask_and_refuse(relayed):
    for flags, relayed_ports in ((["--relay-ports"], [20001, 20003]), ([], [20001])):
        manager, _ = relayed(1, *flags)
        labels = {"asks": {"com.docker.swarm.relay": "true"}, "refuses": {"com.docker.swarm.relay": "false"}, "silent": {}}
        for number, (name, own) in enumerate(labels.items()):
            create(manager, name, {"80/tcp": binding(20001 + number)}, Labels=own)
        eventually(lambda: metric(manager, "relay_ports") == len(relayed_ports), timeout=TIMEOUT)
        assert [p for p in (20001, 20002, 20003) if is_open(manager.relay_host, p)] == relayed_ports


def test_a_port_that_is_taken_is_told_and_tried_again(relayed):
    manager, engines = relayed(1, "--relay-ports")
    with socket.create_server((manager.relay_host, 20090)):
        create(manager, "late", {"80/tcp": binding(20090)})
        event = eventually(lambda: events_of(manager, "late"), timeout=TIMEOUT)[0]
        assert "bind: address already in use" in event["Actor"]["Attributes"]["reason"]
        assert "Port 20090/tcp of container late on node fake-0 is not relayed" in manager.log
        assert metric(manager, "relay_ports_failed") == 1
        assert engines[0].containers()["late"]["State"]["Running"]
    eventually(lambda: metric(manager, "relay_ports") == 1, timeout=TIMEOUT)
    assert metric(manager, "relay_ports_failed") == 0


def test_the_same_port_leads_to_the_new_place(relayed):
    manager, engines = relayed(2, "--relay-ports")
    with contextlib.ExitStack() as stack:
        for engine in engines:
            server = stack.enter_context(Greeter(engine.ip, 20070, engine.ip))
            server.start()
        engines[0].add_container("moving", HostConfig={"PortBindings": {"80/tcp": binding(20070)}})
        eventually(lambda: greeting(manager, 20070) == engines[0].ip, timeout=TIMEOUT)
        engines[1].add_container("moving-on", HostConfig={"PortBindings": {"80/tcp": binding(20070)}})
        eventually(lambda: events_of(manager, "moving-on"), timeout=TIMEOUT)
        assert greeting(manager, 20070) == engines[0].ip
        engines[0].remove_container("moving")
        eventually(lambda: greeting(manager, 20070) == engines[1].ip, timeout=TIMEOUT)


def test_a_node_out_of_reach_gives_way_and_does_not_take_back(relayed):
    manager, engines = relayed(2, "--relay-ports", "--engine-failure-retry=1")
    with contextlib.ExitStack() as stack:
        for number, engine in enumerate(engines):
            stack.enter_context(Greeter(engine.ip, 20071, engine.ip)).start()
            engine.add_container("same", HostConfig={"PortBindings": {"80/tcp": binding(20071)}},
                                 Labels={"com.docker.swarm.id": "5a5a"})
            eventually(lambda: len(manager.get("/containers/json").json) == number + 1, timeout=TIMEOUT)
        eventually(lambda: greeting(manager, 20071) == engines[0].ip, timeout=TIMEOUT)
        engines[0].refuse()
        engines[0].drop_connections()
        eventually(lambda: greeting(manager, 20071) == engines[1].ip, timeout=TIMEOUT)
        engines[0].accept()
        manager.wait_healthy(timeout=TIMEOUT)
        assert greeting(manager, 20071) == engines[1].ip
        assert events_of(manager, "same") == [], "copies of one container do not fight"


class Greeter:
    """Says one word to everybody who connects."""

    def __init__(self, host, port, word):
        self.address, self.word = (host, port), word

    def __enter__(self):
        return self

    def start(self):
        self.server = socket.create_server(self.address)
        self.thread = threading.Thread(target=self._serve)
        self.thread.start()

    def _serve(self):
        with contextlib.suppress(OSError):
            while True:
                client, _ = self.server.accept()
                with client:
                    client.sendall(self.word.encode())

    def __exit__(self, *_):
        self.server.shutdown(socket.SHUT_RDWR)
        self.server.close()
        self.thread.join()


def greeting(manager, port):
    with socket.create_connection((manager.relay_host, port), timeout=TIMEOUT) as s:
        return s.makefile().read()


#
# Hosts that are really apart: the client reaches the manager and nothing else.
#

TALK = """
import socket, sys
kind, host, port, reach = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4]
s = socket.socket(socket.AF_INET, socket.SOCK_STREAM if kind == "tcp" else socket.SOCK_DGRAM)
s.settimeout(10)
s.connect((host, port))
s.sendall(b"there and back")
if kind == "tcp":
    s.shutdown(socket.SHUT_WR)
    print(s.makefile().read())
else:
    print(s.recv(100).decode())
try:
    socket.create_connection((reach, 2375), timeout=1)
    print("reaches the node")
except OSError:
    pass
"""


@pytest.fixture
def client():
    host = Host()
    yield host
    host.close()


def talk(client, kind, port, node):
    """What comes back from the manager's address; an error when nothing does."""
    done = subprocess.run([*client.enter, sys.executable, "-c", TALK, kind, client.gateway, str(port), node.ip],
                          capture_output=True, text=True, timeout=TIMEOUT)
    return done.stdout.strip()


ANSWER = """
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("", int(sys.argv[1])))
s.settimeout(60)
s.sendto(*s.recvfrom(100))
"""


def answer_one_datagram(engine, container, port):
    """In the container's network, because busybox has nothing that speaks UDP."""
    pid = engine.get(f"/containers/{container}/json")["State"]["Pid"]
    engine.run("nsenter", "-t", str(pid), "-n", sys.executable, "-c", ANSWER, str(port))


def test_real_ports_from_a_client_that_reaches_only_the_manager(engines, start_manager, client):
    flags = ["--relay-ports", f"--relay-host={client.gateway}"]
    manager = start_manager([e.address for e in engines], *flags).wait_healthy()
    docker = manager.docker
    echo = ["busybox", "sh", "-c", "while :; do nc -l -p 7 -e cat; done"]
    docker("run", "-d", "--name", "tcp", "-p", "7", "-e", "constraint:node==node-1", *echo)
    docker("run", "-d", "--name", "udp", "-p", "7007:7/udp", "-e", "constraint:node==node-2",
           "busybox", "sleep", "1000")
    port = int(docker("port", "tcp", "7").split(":")[-1])
    assert 20000 <= port <= 32767
    assert docker("port", "tcp", "7").startswith(engines[1].ip), "lists show the node's address"

    assert eventually(lambda: talk(client, "tcp", port, engines[1]), timeout=TIMEOUT) == "there and back"
    with concurrent.futures.ThreadPoolExecutor() as pool:
        answered = pool.submit(answer_one_datagram, engines[2], "udp", 7)
        assert eventually(lambda: talk(client, "udp", 7007, engines[2]), timeout=TIMEOUT) == "there and back"
        answered.result()

    docker("rm", "-f", "tcp")
    eventually(lambda: talk(client, "tcp", port, engines[1]) == "", timeout=TIMEOUT)
    docker("run", "-d", "--name", "tcp", "-p", f"{port}:7", "-e", "constraint:node==node-0", *echo)
    assert holder(engines, "tcp") == engines[0]
    assert eventually(lambda: talk(client, "tcp", port, engines[0]), timeout=TIMEOUT) == "there and back"
    docker("rm", "-f", "tcp", "udp")
    eventually(lambda: metric(manager, "relay_ports") == 0, timeout=TIMEOUT)
