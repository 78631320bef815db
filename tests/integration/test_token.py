"""Tokens: a cluster that assembles itself around one manager, and agents and managers elsewhere that use its hub."""

import os
import re
import socket
import subprocess
import threading

import pytest

from harness import rawhttp
from harness.agent import Agent
from harness.docker import Docker
from harness.hub import Hub
from harness.lab import TOOL
from harness.manager import SANITIZER, binary, run_swarm
from harness.wait import DEADLINE, eventually

PORT = 3375
NO_ENGINE = "--discovery-opt=registry.engine=none"


class HostProcess:
    """The program on the host of an engine of the lab."""

    def __init__(self, folder, engine, *words):
        self.engine = engine
        self.log_path = folder / f"{engine.name}-{words[0]}.log"
        self.pid_path = folder / f"{engine.name}-{words[0]}.pid"
        self.words = words
        self.start()

    def start(self):
        script = 'echo $$ >"$0"; exec "$@"'
        command = [TOOL, "exec", self.engine.lab.name, self.engine.name, "sh", "-c", script, self.pid_path]
        self.pid_path.unlink(missing_ok=True)
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(
                [*map(str, command), binary(), *map(str, self.words)],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            )
        eventually(lambda: self.pid_path.exists() and self.pid_path.read_text().strip())

    @property
    def log(self):
        return self.log_path.read_text(errors="replace")

    def stop(self, name="TERM"):
        if self.process is None:
            return
        self.engine.run("kill", "-s", name, self.pid_path.read_text().strip())
        status = self.process.wait(DEADLINE)
        self.process = None
        assert not SANITIZER.search(self.log), self.log[-8000:]
        assert name == "KILL" or status == 0, self.log[-4000:]


@pytest.fixture
def on(tmp_path):
    """on(engine, *words): the program with these words on the host of that engine."""
    started = []

    def run(engine, *words):
        started.append(HostProcess(tmp_path, engine, *words))
        return started[-1]

    yield run
    for process in reversed(started):
        process.stop()


@pytest.fixture
def join(tmp_path):
    started = []

    def start(url, address, *flags, **options):
        started.append(Agent(tmp_path, url, address, *flags, **options).start())
        return started[-1]

    yield start
    for agent in started:
        agent.stop()


@pytest.fixture
def hub_manager(start_manager, tmp_path):
    return start_manager(None, "--state-dir", tmp_path / "state", NO_ENGINE)


@pytest.fixture
def hub(hub_manager):
    return Hub(hub_manager.address)


@pytest.fixture
def url(hub):
    return f"token+http://{hub.address}/v1/{hub.create()}"


def token_of(url):
    return url.rsplit("/", 1)[1]


# ---- the zero-setup path ----


def names(docker):
    return sorted(re.findall(r"^ +(node-\d): ", docker("info"), re.M))


def printed_line(process):
    """The words of the join command that the manager shows."""
    line = eventually(lambda: re.search(r"^ {4}swarm (join .*)$", process.log, re.M))
    return line.group(1)


def test_a_cluster_from_nothing(engines, on, tmp_path):
    """`swarm manage` on one host, the printed line on the others: three engines, used as one."""
    manage = ["manage", "-H", f"tcp://0.0.0.0:{PORT}", "--state-dir", tmp_path / "state", "--heartbeat=1s"]
    manager = on(engines[0], *manage)
    line = printed_line(manager)
    assert f"token+http://{engines[0].ip}:{PORT}/v1/" in line
    docker = Docker(f"{engines[0].ip}:{PORT}")
    eventually(lambda: names(docker) == ["node-0"])  # the engine of its own host

    for engine in engines[1:]:
        on(engine, *line.replace("<its address>", engine.ip).split(" "), "--heartbeat=1s", "--ttl=5s")
    eventually(lambda: names(docker) == ["node-0", "node-1", "node-2"])
    eventually(lambda: docker("info").count("Status: Healthy") == 3)
    docker("run", "-d", "--name", "web", "-e", "constraint:node==node-1", "busybox", "sleep", "1000")
    assert "web" in engines[1].containers()

    manager.stop("KILL")
    again = on(engines[0], *manage)
    eventually(lambda: names(docker) == ["node-0", "node-1", "node-2"])
    assert printed_line(again) == line
    docker.close()


# ---- agents and readers ----


def test_join_list_leave(hub, url, join):
    first = join(url, "127.0.0.1:1")
    second = join(url, "127.0.0.1:2")
    eventually(lambda: sorted(run_swarm("list", url).stdout.split()) == ["127.0.0.1:1", "127.0.0.1:2"])
    first.stop()
    assert run_swarm("list", url).stdout == "127.0.0.1:2\n"  # at once, not after its time to live
    second.kill()
    eventually(lambda: hub.list(token_of(url)) == [])
    assert token_of(url) not in first.log


def test_agent_outlives_its_hub(hub_manager, hub, url, join):
    agent = join(url, "127.0.0.1:1")
    # on the list before it is on disk and the agent is told
    eventually(lambda: "Registered on the discovery service" in agent.log)
    hub_manager.signal(9)
    hub_manager.process.wait()
    eventually(lambda: "Not registered on the discovery service, trying again" in agent.log)
    hub_manager.start()
    eventually(lambda: hub.list(token_of(url)) == ["127.0.0.1:1"])
    eventually(lambda: agent.log.count("Registered on the discovery service") >= 2)


def test_a_refusing_hub_is_quoted(hub, join):
    agent = join(f"token+http://{hub.address}/nowhere/t", "127.0.0.1:1")
    eventually(lambda: "Discovery service returned 404 HTTP status code: page not found" in agent.log)


def test_bare_token_with_its_hub(hub, url):
    hub.put(token_of(url), "a:1")
    done = run_swarm("list", "--discovery-opt", f"token.url=http://{hub.address}", f"token+http://{token_of(url)}")
    assert (done.returncode, done.stdout) == (0, "a:1\n")


def test_bare_token_with_the_hub_of_the_environment(hub, url):
    """As every tutorial for the public hub writes it."""
    hub.put(token_of(url), "a:1")
    environment = {**os.environ, "SWARM_HUB_URL": f"http://{hub.address}"}
    done = subprocess.run([binary(), "list", f"token://{token_of(url)}"], env=environment, capture_output=True,
                          text=True, timeout=DEADLINE)
    assert (done.returncode, done.stdout) == (0, "a:1\n"), done.stderr


def test_another_manager_reads_the_hub(hub, url, start_manager, fakes):
    """Changes reach it without polling: its heartbeat is an hour."""
    addresses = [engine.address for engine in fakes(3)]
    hub.put(token_of(url), addresses[0])
    reader = start_manager(url, "--heartbeat=1h").wait_healthy(1)
    hub.put(token_of(url), addresses[1])
    hub.put(token_of(url), addresses[2])
    reader.wait_healthy(3)
    hub.put(token_of(url), addresses[0], ttl=0)
    reader.wait_healthy(2)


def test_members_stay_while_the_hub_is_away(hub_manager, hub, url, start_manager, fakes):
    addresses = [engine.address for engine in fakes(2)]
    hub.put(token_of(url), addresses[0])
    reader = start_manager(url, "--heartbeat=1h").wait_healthy(1)
    hub_manager.signal(9)
    hub_manager.process.wait()
    eventually(lambda: "Discovery error: Failed to fetch entries" in reader.log)
    assert reader.states() == ["Healthy"]
    hub_manager.start()
    hub.put(token_of(url), addresses[1])
    reader.wait_healthy(2)


# ---- hubs of other makes ----


def script(answers):
    """A server that answers each request with the next of these bytes, over and over the last; (address, requests)"""
    listening = socket.create_server(("127.0.0.1", 0))
    requests = []

    def serve():
        while True:
            try:
                client, _ = listening.accept()
            except OSError:
                return
            with client:
                connection = rawhttp.Connection.__new__(rawhttp.Connection)
                connection.socket, connection.buffer = client, b""
                try:
                    head = connection.read_head()
                    body = connection.read_exactly(int(head.get("Content-Length", "0")))
                except (ConnectionError, OSError):
                    continue
                requests.append((head.start_line, body))
                client.sendall(answers.pop(0) if len(answers) > 1 else answers[0])

    threading.Thread(target=serve, daemon=True).start()
    return listening, requests


def http_answer(body, status="200 OK"):
    head = f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    return head.encode() + body


LISTS = [
    (b'["a:1","","b:2"]', "200 OK", ["a:1", "b:2"], ""),
    (b"[]", "200 OK", [], ""),
    (b'["a:1","b"]', "200 OK", ["a:1"], "address b: missing port in address"),
    (b'["a:1","b","c"]', "200 OK", ["a:1"], "(and 1 more malformed addresses)"),
    (b'{"a":1}', "200 OK", [], "Failed to decode response: not a list of addresses"),
    (b"[1]", "200 OK", [], "Failed to decode response: not a list of addresses"),
    (b"[", "200 OK", [], "Failed to decode response: "),
    (b"broken", "503 Service Unavailable", [],
     "Failed to fetch entries: Discovery service returned 503 HTTP status code: broken"),
]


@pytest.mark.parametrize("body, status, members, error", LISTS)
def test_answers_of_a_hub(body, status, members, error):
    listening, _ = script([http_answer(body, status)])
    with listening:
        address = "%s:%d" % listening.getsockname()
        done = run_swarm("list", "--timeout=2s", f"token+http://{address}/v1/t")
    assert done.stdout.split() == members
    assert error in done.stderr
    assert (done.returncode == 0) == (not error)


def test_what_an_agent_sends(join):
    listening, requests = script([http_answer(b"OK")])
    with listening:
        address = "%s:%d" % listening.getsockname()
        agent = join(f"token+http://{address}/base/v9/t-1", "[2001:db8::1]:2375", heartbeat="1s", ttl="7s")
        eventually(lambda: len(requests) >= 2)
        agent.stop()
        beats, left = requests[:-1], requests[-1]
    assert set(beats) == {("POST /base/v9/clusters/t-1?ttl=7 HTTP/1.1", b"[2001:db8::1]:2375")}
    assert left == ("DELETE /base/v9/clusters/t-1/%5B2001:db8::1%5D:2375 HTTP/1.1", b"")


def test_an_agent_beats_well_within_its_ttl(join):
    listening, requests = script([http_answer(b"OK")])
    with listening:
        address = "%s:%d" % listening.getsockname()
        join(f"token+http://{address}/v1/t", "127.0.0.1:7", heartbeat="5s", ttl="5100ms")
        eventually(lambda: len(requests) >= 2, 4.5)
    assert set(requests) == {("POST /v1/clusters/t?ttl=6 HTTP/1.1", b"127.0.0.1:7")}


# ---- swarm create ----


def test_create(hub):
    done = run_swarm("create", "--url", f"http://{hub.address}")
    token = done.stdout.strip()
    assert done.returncode == 0 and re.fullmatch("[0-9a-f]{32}", token)
    assert f"join --advertise <address>:2375 token+http://{hub.address}/v1/{token}" in done.stderr
    assert hub.list(token) == []


def test_create_by_variable(hub):
    environment = {**os.environ, "SWARM_HUB_URL": f"http://{hub.address}/v1/"}
    done = subprocess.run([binary(), "create"], env=environment, capture_output=True, text=True, timeout=DEADLINE)
    assert re.fullmatch("[0-9a-f]{32}\n", done.stdout), done.stderr


@pytest.mark.parametrize("answer, error", [
    (http_answer(b"<html>hello</html>"), "the answer is not a token"),
    (http_answer(b""), "the answer is not a token"),
    (http_answer(b"no\n", "429 Too Many Requests"), "Discovery service returned 429 HTTP status code: no"),
])
def test_create_looks_at_the_answer(answer, error):
    listening, _ = script([answer])
    with listening:
        done = run_swarm("create", "--url", "http://%s:%d" % listening.getsockname())
    assert (done.returncode, done.stdout) == (1, "")
    assert error in done.stderr
