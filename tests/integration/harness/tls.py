"""Managers, engines and docker commands that speak TLS, and certificates from `swarm cert`."""

import contextlib
import http.client
import ssl
import subprocess

from harness.docker import Docker
from harness.lab import TOOL
from harness.manager import Manager, run_swarm
from harness.wait import DEADLINE, eventually


class Certificates:
    """What `swarm cert` makes in one folder."""

    def __init__(self, folder, *flags):
        self.folder = folder
        self.make("ca", *flags)

    def make(self, *words):
        done = run_swarm("cert", *words, "--dir", self.folder)
        assert done.returncode == 0, done.stderr
        return self.folder / words[1] if len(words) > 1 else self.folder

    def context(self, name=None):
        """A client's side: it knows the authority, and has the certificate of that name."""
        context = ssl.create_default_context(cafile=str(self.folder / "ca.pem"))
        if name:
            context.load_cert_chain(self.folder / name / "cert.pem", self.folder / name / "key.pem")
        return context


def flags(folder, verify=True):
    paths = [f"--tlscacert={folder}/ca.pem"] if verify else []
    return ["--tlsverify" if verify else "--tls", *paths, f"--tlscert={folder}/cert.pem", f"--tlskey={folder}/key.pem"]


def read(address, context, target="/_ping", headers={}):
    """(status, text); connecting and the handshake may raise."""
    host, port = address.rsplit(":", 1)
    connection = http.client.HTTPSConnection(host, int(port), context=context, timeout=DEADLINE)
    try:
        connection.request("GET", target, headers=headers)
        response = connection.getresponse()
        return response.status, response.read().decode()
    finally:
        connection.close()


class TlsManager(Manager):
    """A manager that serves TLS; the harness itself is one of its clients."""

    def __init__(self, folder, nodes, context, *words):
        super().__init__(folder, nodes, *words)
        self.context = context

    def _answers(self):
        assert self.process.poll() is None, self.log
        return read(self.address, self.context)[0] == 200


class TlsDocker(Docker):
    def __init__(self, address, folder):
        super().__init__(address)
        self.folder = folder

    @property
    def environment(self):
        return {**super().environment, "DOCKER_TLS_VERIFY": "1", "DOCKER_CERT_PATH": str(self.folder)}


# It gets a bridge of its own: an engine without one removes docker0 as it starts, which is the other engine's.
ENGINE_SCRIPT = """
echo $$ > {folder}/dockerd.pid
ip link add tls0 type bridge && ip addr add 172.30.0.1/24 dev tls0 && ip link set tls0 up
exec dockerd --host tcp://{ip}:2376 --tlsverify --tlscacert {folder}/ca.pem --tlscert {folder}/{cert}.pem \\
    --tlskey {folder}/{key}.pem --data-root {folder}/data --exec-root /run/docker-tls \\
    --pidfile /run/docker-tls.pid --bridge tls0 --iptables=false --storage-driver vfs \\
    --cgroup-parent /tls --exec-opt native.cgroupdriver=cgroupfs
"""


class TlsEngine:
    """A second engine on the host of one of the lab, that speaks nothing but TLS; not started.

    folder has its ca.pem, cert.pem and key.pem (or as names say), client the same of somebody it lets in.
    """

    def __init__(self, engine, folder, client, names=("cert", "key")):
        self.engine = engine
        self.address = f"{engine.ip}:2376"
        self.folder = folder
        self.names = names
        self.process = None
        self.docker = TlsDocker(self.address, client)

    def start(self):
        cert, key = self.names
        script = ENGINE_SCRIPT.format(folder=self.folder, ip=self.engine.ip, cert=cert, key=key)
        with open(self.folder / "log", "wb") as log:
            self.process = subprocess.Popen(
                [TOOL, "exec", self.engine.lab.name, self.engine.name, "sh", "-c", script],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            )

    def wait(self):
        def answers():
            assert self.process.poll() is None, (self.folder / "log").read_text()[-3000:]
            return self.docker.run("version", check=False).returncode == 0

        eventually(answers, timeout=60)
        busybox = subprocess.run(["tar", "-C", "/bin", "-c", "busybox"], capture_output=True, check=True).stdout
        self.docker.run("import", "-", "busybox:latest", input=busybox, text=False)

    def stop(self):
        self.docker.close()
        if not self.process:
            return
        if self.process.poll() is None:
            self.engine.run("kill", (self.folder / "dockerd.pid").read_text().strip())
            self.process.wait(60)
        self.engine.run("ip", "link", "del", "tls0")


@contextlib.contextmanager
def running(engines):
    """These TlsEngines, all started at once; stopped in the end, however far they got."""
    try:
        for engine in engines:
            engine.start()
        for engine in engines:
            engine.wait()
        yield engines
    finally:
        for engine in engines:
            engine.stop()
