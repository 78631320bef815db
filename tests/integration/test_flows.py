"""How the tutorials for Swarm 1.x start a cluster: word for word, on three hosts, from the image."""

import collections
import concurrent.futures
import shutil
import subprocess
import types

import pytest

from harness import compose, image, rawhttp
from harness.docker import Docker
from harness.manager import run_swarm
from harness.stores import Consul
from harness.tls import TlsDocker, TlsEngine, running
from harness.wait import eventually


@pytest.fixture
def hosts(engines):
    """Engines that have the image."""
    with concurrent.futures.ThreadPoolExecutor() as pool:
        list(pool.map(lambda engine: image.load(engine.docker), engines))
    return engines


@pytest.fixture
def outside(engines):
    """What a server needs to know to run beside the engines, on an address that they reach."""
    return types.SimpleNamespace(ip=engines[0].ip.rsplit(".", 1)[0] + ".1", enter=[])


@pytest.fixture
def consul(outside, tmp_path):
    store = Consul(tmp_path / "consul", host=outside).start()
    yield store
    store.stop()


def run_agent(host, url, *flags):
    words = ["join", *(flags or [f"--addr={host.address}"]), url]
    host.docker("run", "-d", "--restart=always", "--name", "swarm-agent", image.NAME, *words)


def listed(host, url):
    return sorted(host.docker("run", "--rm", image.NAME, "list", url).splitlines())


def use(docker, hosts):
    """The cluster as its user sees it: every node takes what is meant for it."""
    for host in hosts:
        docker("run", "-d", "--name", f"on-{host.name}", "-e", f"constraint:node=={host.name}", "busybox", "sleep", "1000")
    names = docker("ps", "--filter", "name=on-", "--format", "{{.Names}}").split()
    assert sorted(names) == [f"{host.name}/on-{host.name}" for host in hosts]


def agents_and_manager(hosts, url):
    """Agents, list and a manager in containers, then a node that leaves."""
    for host in hosts:
        run_agent(host, url)
    addresses = [host.address for host in hosts]
    eventually(lambda: listed(hosts[0], url) == sorted(addresses))

    hosts[0].docker("run", "-d", "-p", "3376:2375", "--name", "swarm-manager", image.NAME, "manage", url)
    docker = Docker(f"{hosts[0].ip}:3376")
    try:
        eventually(lambda: docker("info").count("Status: Healthy") == len(hosts))
        use(docker, hosts)
        hosts[2].docker("stop", "swarm-agent")
        eventually(lambda: docker("info").count("Status: Healthy") == len(hosts) - 1)
    finally:
        docker.close()


def test_consul(hosts, consul):
    """One host has Consul, the others join it, a manager is put in front."""
    agents_and_manager(hosts, consul.url("cluster"))


def test_token(hosts, outside, start_manager, tmp_path):
    """`swarm create`, and the token goes into every command."""
    hub = start_manager(None, "--state-dir", tmp_path / "hub", "-H", f"tcp://{outside.ip}:3377",
                        "--discovery-opt=registry.engine=none")
    token = run_swarm("create", "--url", f"http://{outside.ip}:3377").stdout.strip()
    agents_and_manager(hosts, f"token+http://{outside.ip}:3377/v1/{token}")
    assert hub.nodes() == {}  # another cluster than its own


# ---- docker-machine ----


def openssl(*words):
    subprocess.run(["openssl", *map(str, words)], check=True, capture_output=True)


class Machine:
    """The certificates of docker-machine's user, and for each host those that it copies there."""

    def __init__(self, folder):
        self.folder = folder
        self.ca, self.key = folder / "ca.pem", folder / "ca-key.pem"
        openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", 2, "-subj", "/O=user", "-keyout", self.key,
                "-out", self.ca, "-addext", "keyUsage=critical,keyCertSign")
        self.user = self._issue("user", "cert", "key", "clientAuth", "DNS:localhost")

    def host(self, name, ip, usage):
        return self._issue(name, "server", "server-key", usage, f"IP:{ip},DNS:localhost")

    def _issue(self, name, cert, key, usage, names):
        """No common name; a key in the format of RSA, not of PKCS#8."""
        made = self.folder / name
        made.mkdir()
        shutil.copy(self.ca, made)
        request, extensions = self.folder / f"{name}.csr", self.folder / f"{name}.ext"
        extensions.write_text(f"subjectAltName={names}\nextendedKeyUsage={usage}\nkeyUsage=digitalSignature\n")
        key_path = made / f"{key}.pem"
        openssl("genrsa", "-traditional", "-out", key_path, 2048)
        key_path.chmod(0o600)
        openssl("req", "-new", "-key", key_path, "-subj", f"/O=user.{name}", "-out", request)
        openssl("x509", "-req", "-in", request, "-CA", self.ca, "-CAkey", self.key, "-CAcreateserial", "-days", 1,
                "-extfile", extensions, "-out", made / f"{cert}.pem")
        return made


@pytest.fixture
def machines(engines, tmp_path):
    """Two hosts as docker-machine leaves them: a master, and an engine with TLS on each."""
    made = Machine(tmp_path)

    def on(engine, usage):
        return TlsEngine(engine, made.host(engine.name, engine.ip, usage), made.user, names=("server", "server-key"))

    with running([on(engines[0], "serverAuth,clientAuth"), on(engines[1], "serverAuth")]) as started:
        yield started


def test_docker_machine(hosts, machines, consul, outside):
    """Its argument lists (0.16), in the containers that it makes; a proxy is never for engines."""
    url = consul.url("machines")
    master = hosts[0]
    D = machines[0].folder
    master.docker(
        "run", "-d", "--restart=always", "--name", "swarm-agent-master", "-v", f"{D}:{D}", "-p", "3376:3376",
        "--expose", "2375", "-e", "HTTP_PROXY=http://127.0.0.1:1", "-e", f"NO_PROXY={outside.ip}", image.NAME,
        "--experimental", "manage", "--tlsverify", f"--tlscacert={D}/ca.pem", f"--tlscert={D}/server.pem",
        f"--tlskey={D}/server-key.pem", "-H", "tcp://0.0.0.0:3376", "--strategy", "spread",
        "--advertise", f"{master.ip}:3376", "--heartbeat=5s", url,
    )  # fmt: skip
    for host, machine in zip(hosts, machines):
        run_agent(host, url, "--advertise", machine.address)

    docker = TlsDocker(f"{master.ip}:3376", machines[0].folder.parent / "user")
    try:
        info = eventually(lambda: (text := docker("info")).count("Status: Healthy") == 2 and text)
        assert "Strategy: spread" in info and "Experimental: true" in info
        docker("run", "-d", "--network", "none", "--name", "web", "busybox", "/busybox", "sleep", "1000")
        assert docker("exec", "web", "/busybox", "echo", "hello") == "hello"
        docker("rm", "-f", "web")
    finally:
        docker.close()


# ---- Compose ----


DEPLOY = """#!/bin/sh
set -e
export DOCKER_HOST=tcp://$1
compose="$COMPOSE -f docker-compose.yml -p shop"
$compose up -d
$compose up -d --scale web=4
"""
PROJECT = """
version: "2"
services:
  db:
    image: busybox
    command: sleep 1000
    network_mode: bridge
    stop_grace_period: 0s
    environment: ["constraint:node==node-1"]
  web:
    image: busybox
    command: sh -c 'hostname >/tmp/index.html; exec httpd -f -p 80 -h /tmp'
    network_mode: bridge
    ports: ["80"]
    stop_grace_period: 0s
"""


@pytest.fixture
def project(manager, tmp_path):
    commands = compose.commands()
    if not commands:
        pytest.skip("there is no Compose on this machine")
    project = compose.Project(commands[0], manager.address, tmp_path, "shop", PROJECT)
    yield project
    project.close()


def test_a_deploy_script(project, manager, tmp_path):
    """It knows nothing but DOCKER_HOST; one service is scaled to 4, another pinned to a node."""
    environment = {name: value for name, value in project.docker.environment.items() if name != "DOCKER_HOST"}
    script = tmp_path / "deploy.sh"
    script.write_text(DEPLOY)
    done = subprocess.run(["sh", script, manager.address], env={**environment, "COMPOSE": project.command},
                          cwd=tmp_path, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr

    web = [c for c in manager.list() if c["Labels"]["com.docker.compose.service"] == "web"]
    published = {f"{port['IP']}:{port['PublicPort']}" for c in web for port in c["Ports"]}
    assert len(web) == len(published) == 4
    answers = eventually(lambda: {rawhttp.get(address, "/").text.strip() for address in published})
    assert answers == {c["Id"][:12] for c in web}
    placed = manager.placed()
    assert [node for name, node in placed.items() if "db" in name] == ["node-1"]
    assert sorted(collections.Counter(placed.values()).values()) == [1, 2, 2]
