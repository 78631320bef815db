"""Real Consul, etcd and ZooKeeper servers, each in a folder and on ports of its own.

Every store says the same few things about itself: its URL, what stands in a directory, how to write there as a
stranger would; and can be ended, killed, frozen and started again on the same port with the same data.
"""

import base64
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import urllib.parse

import pytest

from harness import rawhttp
from harness.lab import TOP
from harness.wait import eventually
from harness.zkclient import EPHEMERAL, ZooKeeperClient, ZooKeeperError

UNPACKED = TOP / "build-stores"
STOP_SECONDS = 15
BLOCK = 200  # ports

_ports, _claims = iter(()), []


def claim_ports():
    """A block of ports below those that the kernel gives to clients, which no other run has; for as long as this one lives."""
    for first in range(32000 - BLOCK, 20000, -BLOCK):  # relays of managers begin at the other end
        claim = socket.socket(socket.AF_UNIX)
        try:
            claim.bind(f"\0swarm-test-ports-{first}")
        except OSError:
            claim.close()
            continue
        _claims.append(claim)
        return iter(range(first, first + BLOCK))
    raise RuntimeError("every block of ports is claimed")


def is_free(port):
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def free_port():
    """A port nobody listens on, and never given twice, here or to another run."""
    global _ports
    for _ in range(32000):
        port = next(_ports, None)
        if port is None:
            _ports = claim_ports()
        elif is_free(port):
            return port
    raise RuntimeError("no free port")


def program(name):
    """The path of an unpacked or installed server; the test is skipped when there is none."""
    unpacked = UNPACKED / "usr" / "bin" / name
    found = str(unpacked) if unpacked.exists() else shutil.which(name)
    if not found:
        pytest.skip(f"{name} could not be had: tools/setup check says why")
    return found


class Store:
    scheme = None
    directory = "docker/swarm/nodes"
    # What a store needs to notice that an agent was killed, given its --ttl.
    expiry_grace = 3.0

    def __init__(self, folder, host=None):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.host = host
        self.ip = host.ip if host else "127.0.0.1"
        self.port = free_port()
        self.address = f"{self.ip}:{self.port}"
        self.process = None

    def url(self, prefix, *more_servers):
        servers = ",".join([*more_servers, self.address])
        return f"{self.scheme}://{servers}/{prefix}"

    def command(self):
        raise NotImplementedError

    def is_ready(self):
        raise NotImplementedError

    def spawn(self):
        enter = self.host.enter if self.host else []
        with open(self.folder / "log", "ab") as log:
            self.process = subprocess.Popen(
                [*enter, *self.command()], stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.folder
            )

    def start(self):
        self.spawn()
        eventually(self._ready, 60, what=f"{self.scheme} is ready: {self.folder / 'log'}")
        return self

    def _ready(self):
        if self.process.poll() is not None:
            raise RuntimeError(f"{self.command()} ended:\n{(self.folder / 'log').read_text()[-2000:]}")
        return self.is_ready()

    def send(self, number):
        self.process.send_signal(number)

    def freeze(self):
        self.send(signal.SIGSTOP)

    def thaw(self):
        self.send(signal.SIGCONT)

    def stop(self, number=signal.SIGTERM):
        if self.process is None:
            return
        self.thaw()
        self.send(number)
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process = None

    def kill(self):
        self.stop(signal.SIGKILL)

    def request(self, method, target, body=None, headers=(), timeout=10):
        return rawhttp.request(self.address, method, target, headers, body, timeout)

    def entries(self, prefix):
        """{last part of the key: value as text} of the directory of members."""
        raise NotImplementedError

    def kept(self, prefix):
        """{last part of the key: value as text} of the containers that managers keep there."""
        before, self.directory = self.directory, "docker/swarm/kept"
        try:
            return {k: v for k, v in self.entries(prefix).items() if k.startswith("containers.")}
        finally:
            self.directory = before

    def put(self, prefix, name, value):
        """What a stranger writes beside the members: no session, no time to live."""
        raise NotImplementedError

    def classic_agent(self, prefix, address):
        """What an agent of classic Swarm sends: beat() does a heartbeat, die() ends it without a word."""
        raise NotImplementedError

    def delete_tree(self, prefix):
        raise NotImplementedError

    def changes(self, prefix, name):
        """A number that moves when the entry is written with an effect on watchers."""
        raise NotImplementedError

    def leads(self):
        """Whether this one of several servers is their leader."""
        raise NotImplementedError

    def put_members(self, prefix, addresses):
        """What many agents write, quickly."""
        for address in addresses:
            self.put(prefix, address, address)

    def watches_of(self, manager):
        """How many watches the manager has set; nobody else has any."""
        raise NotImplementedError


class Ensemble:
    """Three servers that are one store; not started."""

    def __init__(self, kind, folder, **options):
        self.servers = []
        self.servers += [kind(folder / f"{kind.scheme}-{n}", peers=self.servers, **options) for n in range(3)]

    def start(self):
        for server in self.servers:
            server.spawn()
        self.wait_ready()
        return self

    def wait_ready(self):
        """Until all that run have a leader."""
        for server in self.running():
            eventually(server.is_ready, 60)

    def running(self):
        return [server for server in self.servers if server.process]

    def leader(self):
        return eventually(lambda: next((s for s in self.running() if s.leads()), None), 60)

    def url(self, prefix):
        first, *others = self.servers
        return first.url(prefix, *(server.address for server in others))

    def kill(self):
        for server in self.servers:
            server.kill()

    stop = kill  # its data is of no use to anybody


def quote(key):
    return urllib.parse.quote(key, safe="/:")


class Consul(Store):
    scheme = "consul"

    def __init__(self, folder, tls=None, token=None, peers=None, host=None, dns=False):
        super().__init__(folder, host)
        self.program = program("consul")
        self.tls = tls
        self.token = token
        self.peers = peers if peers is not None else [self]
        self.name = f"server-{self.port}"
        self.ports = {name: free_port() for name in ("server", "serf_lan", "serf_wan")}
        if dns:
            self.ports["dns"] = free_port()

    def config(self):
        ports = {"http": self.port, "dns": -1, "grpc": -1, "https": -1, **self.ports}
        config = {
            "node_name": self.name,
            "data_dir": str(self.folder / "data"),
            "server": True,
            "bootstrap_expect": len(self.peers),
            "retry_join": [f"127.0.0.1:{peer.ports['serf_lan']}" for peer in self.peers if peer is not self],
            "retry_interval": "1s",
            "bind_addr": "127.0.0.1",
            "client_addr": self.ip,
            "ports": ports,
            "session_ttl_min": "500ms",
            "disable_update_check": True,
            "performance": {"raft_multiplier": 1},
            # A server that is killed stays a voter: else it is not one yet when it has just come back.
            "autopilot": {"cleanup_dead_servers": False},
            # Agents of a test or bench all have one address, and 200 connections are the default.
            "limits": {"http_max_conns_per_client": 10000},
        }
        if self.token:
            config["acl"] = {
                "enabled": True,
                "default_policy": "deny",
                "tokens": {"master": self.token},
            }
        if self.tls:
            config["ports"] = {**ports, "http": -1, "https": self.port}
            config.update(
                ca_file=self.tls["ca"], cert_file=self.tls["cert"], key_file=self.tls["key"], verify_incoming_https=True
            )
        return config

    def command(self):
        path = self.folder / "config.json"
        path.write_text(json.dumps(self.config()))
        return [self.program, "agent", f"-config-file={path}"]

    def request(self, method, target, body=None, headers=(), timeout=10):
        if self.token:
            headers = [*headers, ("X-Consul-Token", self.token)]
        return super().request(method, target, body, headers, timeout)

    def is_ready(self):
        if self.tls:
            with socket.create_connection((self.ip, self.port), 5):
                return "New leader elected" in (self.folder / "log").read_text()
        return self.request("GET", "/v1/kv/none?consistent").status == 404

    def key(self, prefix, name):
        """The whole object of a member's key."""
        response = self.request("GET", f"/v1/kv/{quote(f'{prefix}/{self.directory}/{name}')}")
        return response.json[0] if response.status == 200 else None

    def entries(self, prefix):
        response = self.request("GET", f"/v1/kv/{prefix}/{self.directory}/?recurse")
        found = response.json if response.status == 200 else []
        return {e["Key"].rsplit("/", 1)[1]: base64.b64decode(e["Value"] or "").decode("latin-1") for e in found}

    def put(self, prefix, name, value):
        assert self.request("PUT", f"/v1/kv/{quote(f'{prefix}/{self.directory}/{name}')}", value.encode("latin-1")).json

    def delete_tree(self, prefix):
        assert self.request("DELETE", f"/v1/kv/{prefix}?recurse").json

    def changes(self, prefix, name):
        return self.key(prefix, name)["ModifyIndex"]

    def put_members(self, prefix, addresses):
        """In transactions, which hold 64 operations."""
        def write(address):
            key = f"{prefix}/{self.directory}/{address}"
            return {"KV": {"Verb": "set", "Key": key, "Value": base64.b64encode(address.encode()).decode()}}

        for at in range(0, len(addresses), 64):
            operations = [write(address) for address in addresses[at:at + 64]]
            assert self.request("PUT", "/v1/txn", operations).status == 200

    def watches_of(self, manager):
        """A blocking query has a connection for itself, and Consul does not count them."""
        found = subprocess.run(
            ["ss", "-Htnp", "state", "established", "dst", self.address], capture_output=True, text=True, check=True
        )
        return found.stdout.count(f"pid={manager.pid},")

    def classic_agent(self, prefix, address):
        return ClassicConsulAgent(self, f"{prefix}/{self.directory}/{address}")

    def sessions(self):
        return self.request("GET", "/v1/session/list").json

    def leads(self):
        return self.request("GET", "/v1/status/leader").json == f"127.0.0.1:{self.ports['server']}"


class ClassicConsulAgent:
    """As captured (cli-discovery-ha.md 4.2)."""

    FLAGS = "3304740253564472344"

    def __init__(self, store, key):
        self.store, self.target, self.value = store, f"/v1/kv/{quote(key)}", key.rsplit("/", 1)[1].encode()
        self.session = None

    def put(self, target, body=None):
        response = self.store.request("PUT", target, body)
        assert response.status == 200, response.text
        return response.json

    def beat(self):
        found = self.store.request("GET", self.target)
        self.session = found.json[0].get("Session") if found.status == 200 else None
        if not self.session:
            self.session = self.put("/v1/session/create", {"Behavior": "delete", "LockDelay": "1ms", "TTL": "5s"})["ID"]
            assert self.put(f"{self.target}?acquire={self.session}&flags={self.FLAGS}", b"") is True
        self.put(f"/v1/session/renew/{self.session}")
        assert self.put(f"{self.target}?flags={self.FLAGS}", self.value) is True

    def die(self):
        """Its session ends at once, so that no test waits for that."""
        self.put(f"/v1/session/destroy/{self.session}")


class Etcd(Store):
    scheme = "etcd"

    def __init__(self, folder, api="v3", tls=None, peers=None, host=None):
        super().__init__(folder, host)
        self.program = program("etcd")
        self.api = api
        self.tls = tls
        self.peers = peers if peers is not None else [self]
        self.peer_port = free_port()
        self.name = f"member-{self.port}"

    def command(self):
        scheme = "https" if self.tls else "http"
        cluster = ",".join(f"{peer.name}=http://127.0.0.1:{peer.peer_port}" for peer in self.peers)
        words = {
            "name": self.name,
            "data-dir": str(self.folder / "data"),
            "listen-client-urls": f"{scheme}://{self.address}",
            # Not where it listens: clients must keep to what they were told.
            "advertise-client-urls": f"{scheme}://127.255.255.1:1",
            "listen-peer-urls": f"http://127.0.0.1:{self.peer_port}",
            "initial-advertise-peer-urls": f"http://127.0.0.1:{self.peer_port}",
            "initial-cluster": cluster,
            "heartbeat-interval": "50",
            "election-timeout": "500",
            "enable-v2": "true",
        }
        if self.tls:
            words.update({
                "cert-file": self.tls["cert"],
                "key-file": self.tls["key"],
                "trusted-ca-file": self.tls["ca"],
                "client-cert-auth": "true",
            })
        return [self.program, *(f"--{name}={value}" for name, value in words.items())]

    def is_ready(self):
        if self.tls:
            with socket.create_connection((self.ip, self.port), 5):
                return True
        return self.request("GET", "/health").json["health"] == "true"

    def call(self, path, body):
        response = self.request("POST", f"/v3{path}", body)
        assert response.status == 200, response.text
        return response.json

    @staticmethod
    def text(value):
        return base64.b64encode(value.encode("latin-1")).decode()

    def range(self, prefix):
        """The key-value objects of v3 below the directory."""
        directory = f"{prefix}/{self.directory}"
        body = {"key": self.text(directory + "/"), "range_end": self.text(directory + "0")}
        return self.call("/kv/range", body).get("kvs", [])

    def nodes(self, prefix):
        """The node objects of v2 in the directory."""
        response = self.request("GET", f"/v2/keys/{prefix}/{self.directory}?recursive=true&sorted=true")
        return response.json["node"].get("nodes", []) if response.status == 200 else []

    def entries(self, prefix):
        if self.api == "v2":
            return {node["key"].rsplit("/", 1)[1]: node["value"] for node in self.nodes(prefix)}
        decoded = lambda text: base64.b64decode(text or "").decode("latin-1")  # noqa: E731
        return {decoded(kv["key"]).rsplit("/", 1)[1]: decoded(kv.get("value")) for kv in self.range(prefix)}

    def put(self, prefix, name, value):
        key = f"{prefix}/{self.directory}/{name}"
        if self.api == "v2":
            form = [("Content-Type", "application/x-www-form-urlencoded")]
            body = urllib.parse.urlencode({"value": value}).encode()
            assert self.request("PUT", f"/v2/keys/{quote(key)}", body, form).status in (200, 201)
        else:
            self.call("/kv/put", {"key": self.text(key), "value": self.text(value)})

    def classic_agent(self, prefix, address):
        return ClassicEtcdAgent(self, f"{prefix}/{self.directory}/{address}")

    def delete_tree(self, prefix):
        if self.api == "v2":
            assert self.request("DELETE", f"/v2/keys/{prefix}?recursive=true").status == 200
        else:
            self.call("/kv/deleterange", {"key": self.text(prefix + "/"), "range_end": self.text(prefix + "0")})

    def changes(self, prefix, name):
        """A refresh of v2 moves modifiedIndex without waking anybody; createdIndex stays."""
        if self.api == "v2":
            return next(n["createdIndex"] for n in self.nodes(prefix) if n["key"].endswith("/" + name))
        key = self.text(f"{prefix}/{self.directory}/{name}")
        return next(kv["mod_revision"] for kv in self.range(prefix) if kv["key"] == key)

    def watches_of(self, manager):
        name = "etcd_debugging_store_watchers" if self.api == "v2" else "etcd_debugging_mvcc_watcher_total"
        metrics = self.request("GET", "/metrics").text
        return int(next(line.split()[1] for line in metrics.splitlines() if line.startswith(name + " ")))

    def leads(self):
        status = self.call("/maintenance/status", {})
        return status.get("leader") == status["header"]["member_id"]


class ClassicEtcdAgent:
    """As captured (cli-discovery-ha.md 5.2)."""

    def __init__(self, store, key):
        self.store, self.target, self.value = store, f"/v2/keys/{quote(key)}", key.rsplit("/", 1)[1]

    def beat(self):
        body = urllib.parse.urlencode({"ttl": 6, "value": self.value}).encode()
        form = [("Content-Type", "application/x-www-form-urlencoded")]
        assert self.store.request("PUT", self.target, body, form).status in (200, 201)

    def die(self):
        """The next heartbeat does not come."""


class ClassicZooKeeperAgent:
    """As captured (cli-discovery-ha.md 6.3): the node is empty at first."""

    def __init__(self, store, prefix, address):
        self.store, self.path, self.value = store, store.path(prefix, address), address.encode()
        self.connect()
        store.create_folder(self.client, prefix)

    def connect(self):
        self.client = ZooKeeperClient(self.store.ip, self.store.port, session_ms=6000)

    def beat(self):
        try:
            self.write()
        except ConnectionError:  # too late for its session, on a busy machine: a new one, as every client does
            self.client.socket.close()
            self.connect()
            self.write()

    def write(self):
        try:
            self.client.get(self.path)
        except ZooKeeperError:
            self.client.create(self.path, flags=EPHEMERAL)
        self.client.set(self.path, self.value)

    def die(self):
        self.client.socket.close()


class ZooKeeper(Store):
    scheme = "zk"
    jar = "/usr/share/java/zookeeper.jar"
    # Its session has a time of its own, 10 s, and ends with a tick of the server.
    expiry_grace = 14.0

    def __init__(self, folder, peers=None, host=None):
        super().__init__(folder, host)
        self.java = program("java")
        if not os.path.exists(self.jar):
            pytest.skip("libzookeeper-java could not be had: tools/setup check says why")
        self.peers = peers if peers is not None else [self]
        self.peer_ports = f"{free_port()}:{free_port()}"

    def config(self):
        lines = [
            f"dataDir={self.folder}/data", f"clientPort={self.port}", f"clientPortAddress={self.ip}",
            "tickTime=500", "maxSessionTimeout=40000", "admin.enableServer=false", "maxClientCnxns=0",
            "4lw.commands.whitelist=srvr,mntr",
        ]
        if len(self.peers) > 1:
            lines += ["initLimit=40", "syncLimit=10"]
            lines += [f"server.{n}=127.0.0.1:{peer.peer_ports}" for n, peer in enumerate(self.peers, 1)]
        return "\n".join(lines) + "\n"

    def command(self):
        path = self.folder / "zoo.cfg"
        path.write_text(self.config())
        (self.folder / "data").mkdir(exist_ok=True)
        (self.folder / "data" / "myid").write_text(f"{self.peers.index(self) + 1}\n")
        words = ["-Xmx256m", "-Dzookeeper.jmx.log4j.disable=true", "-cp", self.jar]
        return [self.java, *words, "org.apache.zookeeper.server.quorum.QuorumPeerMain", str(path)]

    def is_ready(self):
        with self.client() as client:
            return client.children("/") is not None

    def client(self):
        return ZooKeeperClient(self.ip, self.port)

    def path(self, prefix, name=""):
        return f"/{prefix}/{self.directory}/{name}".rstrip("/")

    def entries(self, prefix):
        with self.client() as client:
            try:
                names = client.children(self.path(prefix))
            except ZooKeeperError:
                return {}
            return {name: client.get(self.path(prefix, name))[0].decode("latin-1") for name in names}

    def put(self, prefix, name, value):
        with self.client() as client:
            self.create_folder(client, prefix)
            client.create(self.path(prefix, name), value.encode("latin-1"))

    def put_members(self, prefix, addresses):
        with self.client() as client:
            self.create_folder(client, prefix)
            for address in addresses:
                client.create(self.path(prefix, address), address.encode())

    def create_folder(self, client, prefix):
        at = ""
        for part in self.path(prefix).strip("/").split("/"):
            at += "/" + part
            try:
                client.create(at)
            except ZooKeeperError as error:
                assert error.code == -110, error

    def delete_tree(self, prefix):
        """The members; an agent puts back what it needs."""
        with self.client() as client:
            for name in client.children(self.path(prefix)):
                client.delete(self.path(prefix, name))

    def changes(self, prefix, name):
        with self.client() as client:
            return client.get(self.path(prefix, name))[1]["mzxid"]

    def classic_agent(self, prefix, address):
        return ClassicZooKeeperAgent(self, prefix, address)

    def command_of_four_letters(self, word):
        with socket.create_connection((self.ip, self.port), 10) as connection:
            connection.sendall(word.encode())
            return connection.makefile("rb").read().decode()

    def watches_of(self, manager):
        return int(re.search(r"zk_watch_count\t(\d+)", self.command_of_four_letters("mntr"))[1])

    def leads(self):
        return "Mode: leader" in self.command_of_four_letters("srvr")
