"""The manager as a service: its unit, and the sockets and messages of systemd."""

import os
import shutil
import signal
import socket
import subprocess

import pytest

from harness import rawhttp
from harness.lab import TOP
from harness.manager import Manager, binary
from harness.rawhttp import Connection
from harness.stores import free_port
from harness.wait import DEADLINE, eventually

NOBODY = "127.0.0.1:1"
EXPOSURE = 25  # of 100, as systemd-analyze counts: it is root and uses the network, and no more than that


def tool(name):
    path = shutil.which(name)
    if not path:
        pytest.skip(f"{name} is missing: run tools/setup check")
    return path


class Activated(Manager):
    """A manager whose sockets are there before it: systemd-socket-activate runs it for the first client."""

    def __init__(self, folder, *flags):
        super().__init__(folder, NOBODY, *flags)
        self.address = f"127.0.0.1:{free_port()}"
        self.path = str(folder / "manager.sock")
        self.arguments[3] = "fd://"
        handed_on = [f"--setenv={name}" for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS") if name in os.environ]
        sockets = [f"--listen={self.address}", f"--listen={self.path}"]
        self.arguments = [tool("systemd-socket-activate"), *sockets, *handed_on, *self.arguments]

    def _answers(self):
        return f"Listening on {self.path}" in self.log  # the tool; no connection, which would be the first


@pytest.fixture
def activated(tmp_path):
    manager = Activated(tmp_path).start()
    yield manager
    manager.stop()


def test_clients_that_are_there_first_are_served(activated):
    """On every socket that was passed."""
    first, second = Connection(activated.address), Connection(activated.path)
    for client in (first, second):
        assert client.request("GET", "/_ping").body == b"OK"
        client.close()
    assert activated.log.count('msg="Listening for HTTP"') == 2


class Service:
    """What systemd does for a unit with Type=notify: it holds the socket, passes it, and is told how things go."""

    def __init__(self, folder):
        self.folder = folder
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.address = "127.0.0.1:%d" % self.listening.getsockname()[1]
        self.told = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.told.settimeout(DEADLINE)
        self.told.bind(str(folder / "notify"))
        self.process = None

    def start(self):
        # The variable names the process that the socket is for, so only that process can set it.
        fd = self.listening.fileno()
        script = f'export LISTEN_PID=$$ LISTEN_FDS=1; exec 3<&{fd} "$@"'
        with open(self.folder / "log", "ab") as log:
            self.process = subprocess.Popen(
                ["bash", "-c", script, "bash", binary(), "manage", "-H", "fd://", NOBODY],
                pass_fds=[fd], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                env={**os.environ, "NOTIFY_SOCKET": str(self.folder / "notify")},
            )

    def next_message(self):
        return self.told.recv(4096).decode()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(DEADLINE) == 0, (self.folder / "log").read_text()

    def close(self):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.listening.close()
        self.told.close()


@pytest.fixture
def service(tmp_path):
    service = Service(tmp_path)
    yield service
    service.close()


def test_nobody_is_refused_while_it_restarts(service):
    early = Connection(service.address)
    early.send_request("GET", "/_ping")
    service.start()
    assert early.read_response().body == b"OK"
    early.close()
    assert service.next_message() == "READY=1"
    service.stop()
    assert service.next_message() == "STOPPING=1"

    between = Connection(service.address)
    between.send_request("GET", "/_ping")
    service.start()
    assert between.read_response().body == b"OK"
    between.close()
    assert service.next_message() == "READY=1"
    service.stop()


def test_a_reload_keeps_the_socket(service):
    service.start()
    assert service.next_message() == "READY=1"
    service.process.send_signal(signal.SIGHUP)
    assert rawhttp.get(service.address, "/_ping").body == b"OK"
    service.stop()


@pytest.fixture
def unit(tmp_path):
    """The unit as it is installed, for the program under test."""
    folder = tmp_path / "units"
    folder.mkdir()
    text = (TOP / "dist" / "swarm.service.in").read_text()
    program = os.path.realpath(binary())
    assert os.path.basename(program) == "swarm"
    (folder / "swarm.service").write_text(text.replace("@bindir@", os.path.dirname(program)))
    shutil.copy(TOP / "dist" / "swarm.socket", folder)
    return folder


def analyze(unit, *words):
    done = subprocess.run([tool("systemd-analyze"), *words, "./swarm.service"], cwd=unit, capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


def test_systemd_reads_the_unit(unit):
    """Whatever systemd does not know or cannot find is said; nothing is."""
    assert analyze(unit, "verify", "--man=no", "--recursive-errors=no", "./swarm.socket") == (0, "")


def test_the_service_is_confined(unit):
    status, text = analyze(unit, "security", "--offline=yes", "--no-pager", f"--threshold={EXPOSURE}")
    assert status == 0, text
