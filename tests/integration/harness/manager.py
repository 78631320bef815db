"""The swarm binary under test."""

import os
import pathlib
import re
import signal
import socket
import subprocess

from harness import rawhttp
from harness.docker import Docker
from harness.lab import TOP
from harness.wait import DEADLINE, eventually

SANITIZER = re.compile(r"AddressSanitizer|LeakSanitizer|runtime error:|UndefinedBehaviorSanitizer")
STOP_SECONDS = 20


def binary():
    return os.environ.get("SWARM_BINARY") or str(TOP / "build" / "swarm")


def frugal_environment():
    """Memory means something then: a sanitizer keeps what was freed, unless it is told not to."""
    options = os.environ.get("ASAN_OPTIONS", "")
    return {"ASAN_OPTIONS": f"{options}:quarantine_size_mb=0:detect_stack_use_after_return=0:thread_local_quarantine_size_kb=0"}


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def run_swarm(*arguments, timeout=30, input=None):
    """Run the binary to its end, for what is about its command line."""
    return subprocess.run(
        [binary(), *map(str, arguments)], input=input, capture_output=True, text=True, timeout=timeout
    )


class Manager:
    """`swarm manage` on a port of its own.

    nodes is the discovery argument or a list of host:port, or None: then there is no argument, and the manager
    keeps its members itself.  Flags go before it.  Whoever starts one stops it;
    stop() asserts that it ended as it should: status 0, and no word from a sanitizer.
    """

    def __init__(self, folder, nodes, *flags, env=None):
        port = free_port()
        self.address = f"127.0.0.1:{port}"
        self.log_path = pathlib.Path(folder) / f"manager-{port}.log"
        discovery = nodes if nodes is None or isinstance(nodes, str) else ",".join(nodes)
        self.node_count = len(discovery.split(",")) if discovery and "://" not in discovery else None
        self.arguments = [binary(), "manage", "-H", f"tcp://{self.address}", *map(str, flags)]
        self.arguments += [] if discovery is None else [discovery]
        self.environment = {**os.environ, **(env or {})}
        self.docker = Docker(self.address)
        self.process = None

    def start(self):
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(
                self.arguments,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=self.environment,
            )
        eventually(self._answers, what="the manager answers /_ping")
        return self

    def _answers(self):
        if self.process.poll() is not None:
            raise RuntimeError(f"the manager ended with {self.process.returncode}:\n{self.log}")
        return self.get("/_ping").status == 200

    @property
    def log(self):
        return self.log_path.read_text(errors="replace")

    @property
    def pid(self):
        return self.process.pid

    def resident_bytes(self):
        fields = pathlib.Path(f"/proc/{self.pid}/statm").read_text().split()
        return int(fields[1]) * os.sysconf("SC_PAGE_SIZE")

    def open_files(self):
        return len(os.listdir(f"/proc/{self.pid}/fd"))

    def request(self, method, target, **options):
        return rawhttp.request(self.address, method, target, **options)

    def get(self, target, **options):
        return self.request("GET", target, **options)

    def connect(self, timeout=rawhttp.TIMEOUT):
        return rawhttp.Connection(self.address, timeout)

    def info_rows(self):
        """The rows of the node table: [(key, value)], without the drawing."""
        rows = self.get("/info").json["SystemStatus"] or []
        return [(key.strip(" └"), value) for key, value in rows]

    def states(self):
        """The state of every node, in the order of the table."""
        return [value for key, value in self.info_rows() if key == "Status"]

    def nodes(self):
        """{node name: {key: value}} of the node table; the address is under "Address"."""
        nodes, current = {}, None
        for key, value in self.get("/info").json["SystemStatus"] or []:
            if key.startswith("  └ "):
                current[key[4:]] = value
            elif key.startswith(" "):
                current = nodes.setdefault(key.strip(), {"Address": value})
        return nodes

    def wait_healthy(self, count=None, timeout=DEADLINE):
        """Until exactly this many nodes are there, and all are healthy."""
        wanted = ["Healthy"] * (count or self.node_count or 1)

        def all_healthy():
            found = self.states()
            assert found == wanted, f"{found}\n{self.log[-2000:]}"
            return True

        eventually(all_healthy, timeout)
        return self

    def list(self, query="all=1"):
        """What GET /containers/json answers."""
        response = self.get(f"/containers/json?{query}")
        assert response.status == 200, response.text
        return response.json

    def placed(self):
        """{container name: node name} of everything in the cluster."""
        placed = {}
        for container in self.list():
            # from 1.52 on each name is there with its node and without, and links have names as well
            names = [name.split("/", 2) for name in container["Names"] if name.count("/") == 2]
            _, node, own = next((parts for parts in names if f"/{parts[2]}" in container["Names"]), names[0])
            placed[own] = node
        return placed

    def create(self, name=None, **body):
        """POST /containers/create; the Response."""
        target = "/containers/create" + (f"?name={name}" if name else "")
        return self.request("POST", target, body={"Image": "busybox", **body})

    def signal(self, number):
        self.process.send_signal(number)

    def kill(self):
        """Without a word, as the machine would that loses its power."""
        self.process.kill()
        self.process.wait()
        self.process = None

    def stop(self):
        """End it politely and look at how it went."""
        self.docker.close()
        if self.process is None:
            return
        if self.process.poll() is None:
            self.signal(signal.SIGTERM)
        try:
            status = self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            # SIGABRT: a core or a sanitizer's stack shows where it hangs
            self.signal(signal.SIGABRT)
            self.process.wait()
            raise AssertionError(f"the manager does not end on SIGTERM:\n{self.log[-4000:]}") from None
        self.process = None
        report = SANITIZER.search(self.log)
        assert not report, self.log[max(0, report.start() - 200):][:8000]
        assert status == 0, f"the manager ended with {status}:\n{self.log[-4000:]}"
