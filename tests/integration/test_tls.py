"""TLS on every link, with certificates that `swarm cert` made and nothing else."""

import http.client
import json
import os
import re
import resource
import shutil
import signal
import socket
import ssl
import subprocess

import pytest

from harness.agent import Agent
from harness.manager import binary, run_swarm
from harness.tls import Certificates, TlsDocker, TlsEngine, TlsManager, flags, read, running
from harness.wait import DEADLINE, eventually

NO_ENGINE = "--discovery-opt=registry.engine=none"


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    made = Certificates(tmp_path_factory.mktemp("certificates"))
    made.make("manager", "mgr")
    made.make("server", "only-server")
    made.make("client", "alice")
    return made


@pytest.fixture(scope="module")
def strangers(tmp_path_factory):
    """Certificates of somebody else's authority."""
    made = Certificates(tmp_path_factory.mktemp("strangers"))
    made.make("client", "alice")
    return made


@pytest.fixture
def start(tmp_path, certificates):
    """start(nodes, *flags): a manager with --tlsverify."""
    started = []

    def run(nodes, *more, folder=None):
        words = [*flags(folder or certificates.folder / "mgr"), *more]
        started.append(TlsManager(tmp_path, nodes, certificates.context("alice"), *words))
        return started[-1].start()

    yield run
    for manager in started:
        manager.stop()


@pytest.fixture
def manager(start, tmp_path):
    return start(None, "--state-dir", tmp_path / "state", NO_ENGINE)


# ---- swarm cert ----


def openssl(*words):
    done = subprocess.run(["openssl", *map(str, words)], capture_output=True, text=True, timeout=DEADLINE)
    return done.stdout + done.stderr


def verifies(made, name, purpose):
    text = openssl("verify", "-x509_strict", "-CAfile", made.folder / "ca.pem", "-purpose", purpose,
                   made.folder / name / "cert.pem")
    return ": OK" in text


@pytest.mark.parametrize("name, server, client", [
    ("mgr", True, True), ("only-server", True, False), ("alice", False, True),
])
def test_usages(certificates, name, server, client):
    assert verifies(certificates, name, "sslserver") == server
    assert verifies(certificates, name, "sslclient") == client


@pytest.mark.parametrize("key_type, text", [("ec", "prime256v1"), ("rsa", "(3072 bit)")])
def test_key_types(tmp_path, key_type, text):
    made = Certificates(tmp_path, f"--key-type={key_type}")
    made.make("manager", "m", f"--key-type={key_type}")
    assert text in openssl("x509", "-in", tmp_path / "m" / "cert.pem", "-noout", "-text")
    assert verifies(made, "m", "sslserver") and verifies(made, "m", "sslclient")


def test_names(tmp_path):
    Certificates(tmp_path).make("server", "node-1", "10.0.0.1", "2001:db8::1", "*.example.com", "10.0.0.1")
    text = openssl("x509", "-in", tmp_path / "node-1" / "cert.pem", "-noout", "-ext", "subjectAltName")
    assert re.findall(r"(?:DNS|IP Address):([^,\s]+)", text) == [
        "node-1", "10.0.0.1", "2001:DB8:0:0:0:0:0:1", "*.example.com", "localhost", "127.0.0.1",
    ]


def test_files_of_a_certificate(certificates):
    folder = certificates.folder
    assert sorted(p.name for p in (folder / "alice").iterdir()) == ["ca.pem", "cert.pem", "key.pem"]
    for key in [folder / "ca-key.pem", folder / "alice" / "key.pem"]:
        assert key.stat().st_mode & 0o777 == 0o600
    assert (folder / "alice" / "ca.pem").read_text() == (folder / "ca.pem").read_text()


def test_nothing_is_replaced_unasked(tmp_path):
    made = Certificates(tmp_path)
    made.make("client", "c")
    before = {path: path.read_text() for path in tmp_path.rglob("*.pem")}
    for words in [["ca"], ["client", "c"]]:
        done = run_swarm("cert", *words, "--dir", tmp_path)
        assert done.returncode == 1 and "is there already: --force replaces it" in done.stderr
    assert {path: path.read_text() for path in tmp_path.rglob("*.pem")} == before
    made.make("client", "c", "--force")
    assert (tmp_path / "c" / "key.pem").read_text() != before[tmp_path / "c" / "key.pem"]
    assert verifies(made, "c", "sslclient")


@pytest.mark.parametrize("room", [0, 400])  # for nothing; for a key, not for a certificate
def test_a_full_disk_takes_nothing_away(tmp_path, room):
    made = Certificates(tmp_path)
    made.make("client", "c")
    before = {path: path.read_text() for path in tmp_path.rglob("*.pem*")}
    for words in [["ca", "--force"], ["client", "c", "--force"], ["client", "d"]]:
        done = subprocess.run(
            [binary(), "cert", *words, "--dir", tmp_path], capture_output=True, text=True, timeout=DEADLINE,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (room, room)),
            restore_signals=False,  # SIGXFSZ stays ignored: writing fails, as on a full disk
        )  # fmt: skip
        assert done.returncode == 1 and ".pem: " in done.stderr, done.stderr
    assert {path: path.read_text() for path in tmp_path.rglob("*.pem*")} == before
    made.make("client", "d")


def test_an_authority_whose_files_do_not_belong_together(tmp_path, strangers):
    Certificates(tmp_path)
    (tmp_path / "ca.pem").write_text((strangers.folder / "ca.pem").read_text())
    done = run_swarm("cert", "client", "c", "--dir", tmp_path)
    assert done.returncode == 1 and "do not belong together" in done.stderr
    assert not (tmp_path / "c").exists()


def test_nothing_outlives_its_authority(tmp_path):
    Certificates(tmp_path, "--days=3").make("client", "c", "--days=1000")
    ends = [openssl("x509", "-in", path, "-noout", "-enddate") for path in (tmp_path / "ca.pem", tmp_path / "c/cert.pem")]
    assert ends[0] == ends[1]


# ---- clients of the manager ----


def test_a_known_client(manager, certificates):
    assert read(manager.address, certificates.context("alice")) == (200, "OK")


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_versions(manager, certificates, version):
    context = certificates.context("alice")
    context.minimum_version = context.maximum_version = version
    assert read(manager.address, context)[0] == 200


AUTHORITY_CONFIG = """
[ca]
default_ca = own
[own]
database = {folder}/issued
new_certs_dir = {folder}
default_md = sha256
policy = names
rand_serial = yes
x509_extensions = extensions
[names]
commonName = supplied
[extensions]
extendedKeyUsage = clientAuth
"""


def expired_client(folder, authority):
    """A client certificate that ended long ago; only here another tool is needed."""
    key, request, cert = folder / "key.pem", folder / "request.pem", folder / "cert.pem"
    config = folder / "authority.conf"
    config.write_text(AUTHORITY_CONFIG.format(folder=folder))
    (folder / "issued").touch()
    openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=late",
            "-keyout", key, "-out", request)
    openssl("ca", "-batch", "-notext", "-config", config, "-startdate", "20200101000000Z",
            "-enddate", "20200102000000Z", "-cert", authority / "ca.pem", "-keyfile", authority / "ca-key.pem",
            "-in", request, "-out", cert)
    assert "BEGIN CERTIFICATE" in cert.read_text()
    return cert, key


@pytest.fixture(scope="module")
def refused(certificates, strangers, tmp_path_factory):
    """{who: folder with the files of the docker command}"""
    folder = tmp_path_factory.mktemp("refused")
    late, stranger, nobody = (folder / name for name in ("late", "stranger", "nobody"))
    for made in (late, stranger, nobody):
        made.mkdir()
        shutil.copy(certificates.folder / "ca.pem", made)
    expired_client(late, certificates.folder)
    for name in ("cert.pem", "key.pem"):  # of an authority with the same name
        shutil.copy(strangers.folder / "alice" / name, stranger)
    return {"nobody": nobody, "stranger": stranger, "late": late, "server": certificates.folder / "only-server"}


@pytest.mark.parametrize("who, told, logged", [
    ("nobody", "certificate required", "the client sent no certificate, but one is required"),
    ("stranger", "unknown certificate authority",
     "certificate of 'CN=alice' is signed by unknown authority 'CN=swarm CA': give the authority's certificate"),
    ("late", "expired certificate", "certificate of 'CN=late' expired on .*: renew it"),
    ("server", "unsupported certificate",
     "certificate of 'CN=only-server' is not made for TLS clients .*: make it again with extendedKeyUsage=clientAuth"),
])  # fmt: skip
def test_who_is_refused(manager, refused, who, told, logged):
    """The docker command is told why, as far as TLS has words for it; the log says what to do."""
    docker = TlsDocker(manager.address, refused[who])
    try:
        assert f"remote error: tls: {told}" in docker.fails("version")
    finally:
        docker.close()
    assert eventually(lambda: re.search(rf'msg="Client refused" error="tls: {logged}.*" peer=', manager.log))


def test_plain_http_on_the_tls_port(manager):
    done = subprocess.run(["curl", "-s", f"http://{manager.address}/_ping"], capture_output=True, text=True)
    assert "Client sent an HTTP request to an HTTPS server." in done.stdout
    assert eventually(lambda: "client sent an HTTP request to an HTTPS server" in manager.log)


def test_the_handshake_works_before_any_engine(start, certificates):
    """docker-machine looks at the port before anything else is ready (its members never will be)."""
    manager = start("consul://127.0.0.1:1/x")
    assert read(manager.address, certificates.context("alice")) == (200, "OK")


def test_keys_open_to_others_are_refused(tmp_path):
    Certificates(tmp_path).make("manager", "m")
    os.chmod(tmp_path / "m" / "key.pem", 0o644)
    done = run_swarm("manage", "-H", "tcp://127.0.0.1:0", *flags(tmp_path / "m"), "127.0.0.1:1")
    assert done.returncode == 1 and "chmod 600" in done.stderr


# ---- reload ----


def serial_shown(address, context):
    host, port = address.split(":")
    with socket.create_connection((host, int(port)), DEADLINE) as plain:
        with context.wrap_socket(plain, server_hostname=host) as wrapped:
            return wrapped.getpeercert()["serialNumber"]


@pytest.fixture
def reloading(tmp_path, forward, fakes):
    """A manager whose certificate is its own, with a file of members that is empty as yet."""
    made = Certificates(tmp_path)
    made.make("manager", "m")
    made.make("client", "alice")
    nodes = tmp_path / "nodes"
    nodes.write_text("")
    manager = TlsManager(tmp_path, f"file://{nodes}", made.context("alice"), *flags(tmp_path / "m")).start()
    manager.renew = lambda: made.make("manager", "m", "--force")
    manager.add_engine = lambda: nodes.write_text(f"unix://{forward(tmp_path / 'engine', fakes(1)[0].address)}\n")
    yield manager
    manager.stop()


def open_events(manager):
    """The client's side of a stream that goes on for as long as both live."""
    host, port = manager.address.split(":")
    connection = http.client.HTTPSConnection(host, int(port), context=manager.context, timeout=DEADLINE)
    connection.request("GET", "/events")
    response = connection.getresponse()
    assert response.status == 200
    return response


def test_reload_without_dropping_connections(reloading):
    """A stream goes on under the certificate that it began with; new clients see the new one."""
    manager, events = reloading, open_events(reloading)
    old = serial_shown(manager.address, manager.context)
    manager.renew()
    manager.signal(signal.SIGHUP)
    eventually(lambda: serial_shown(manager.address, manager.context) != old)
    manager.add_engine()
    assert json.loads(events.readline())["Action"] == "engine_connect"
    events.close()


def test_a_certificate_that_cannot_be_read_is_not_taken(reloading, tmp_path):
    (tmp_path / "m" / "cert.pem").write_text("nonsense")
    reloading.signal(signal.SIGHUP)
    eventually(lambda: "Certificates not reloaded, the old ones stay in force" in reloading.log)
    assert read(reloading.address, reloading.context)[0] == 200


# ---- the hub ----


def hub_options(folder):
    return [f"--discovery-opt=token.{key}file={folder}/{name}.pem"
            for key, name in (("cacert", "ca"), ("cert", "cert"), ("key", "key"))]


def test_hub_over_tls(manager, certificates, tmp_path):
    token = eventually(lambda: re.search("^own (.*)$", (tmp_path / "state" / "registry").read_text(), re.M)).group(1)
    url = f"token://{manager.address}/v1/{token}"
    alice = hub_options(certificates.folder / "alice")
    agent = Agent(tmp_path, url, "127.0.0.1:1", *alice).start()
    eventually(lambda: run_swarm("list", *alice, url).stdout == "127.0.0.1:1\n")
    agent.stop()
    done = run_swarm("create", "--url", f"https://{manager.address}", *alice)
    assert re.fullmatch("[0-9a-f]{32}\n", done.stdout), done.stderr


@pytest.mark.parametrize("options, text", [
    ([], "signed by unknown authority"),
    (["ca"], "requires a client certificate"),
    (["ca", "only-server"], "our certificate, which is not made for TLS clients"),
])
def test_hub_says_what_is_missing(manager, certificates, options, text):
    words = [f"--discovery-opt=token.cacertfile={certificates.folder}/ca.pem"] if options else []
    if options[1:]:
        words = hub_options(certificates.folder / options[1])
    done = run_swarm("list", "--timeout=2s", *words, f"token://{manager.address}/v1/t")
    assert done.returncode == 1 and text in done.stderr


def test_plain_token_on_a_tls_port(manager):
    done = run_swarm("list", "--timeout=2s", f"token+http://{manager.address}/v1/t")
    assert done.returncode == 1
    assert "Client sent an HTTP request to an HTTPS server" in done.stderr


# ---- TLS on every link, with real engines ----


@pytest.fixture
def tls_engines(engines, certificates):
    def on(engine):
        folder = certificates.make("server", engine.name, engine.ip, "--force")
        return TlsEngine(engine, folder, certificates.folder / "alice")

    with running([on(engine) for engine in engines]) as started:
        yield started


def test_every_link(tls_engines, start, certificates, tmp_path):
    """Agents, manager, engines and the docker command, none of which would talk to a stranger."""
    manager = start(None, "--state-dir", tmp_path / "state", NO_ENGINE)
    token = eventually(lambda: re.search("^own (.*)$", (tmp_path / "state" / "registry").read_text(), re.M)).group(1)
    url = f"token://{manager.address}/v1/{token}"
    alice = hub_options(certificates.folder / "alice")
    agents = [Agent(tmp_path, url, engine.address, *alice).start() for engine in tls_engines]
    docker = TlsDocker(manager.address, certificates.folder / "alice")
    try:
        eventually(lambda: docker("info").count("Status: Healthy") == 3, timeout=60)
        run = ["run", "--network", "none"]
        for number in range(3):
            docker(*run, "-d", "--name", f"web{number}", "busybox", "/busybox", "sleep", "1000")
        nodes = docker("ps", "--format", "{{.Names}}").split()
        assert {name.split("/")[0] for name in nodes} == {"node-0", "node-1", "node-2"}
        # The end of what we send reaches the container while it still has something to say.
        lines = "".join(f"{n}\n" for n in range(20000))
        counted = docker(*run, "-i", "--rm", "busybox", "/busybox", "sh", "-c",
                         "n=$(/busybox wc -l); /busybox sleep 1; echo $n after the end", input=lines)
        assert counted == "20000 after the end"
        assert docker("exec", "web0", "/busybox", "echo", "hello") == "hello"
        docker("rm", "-f", "web0", "web1", "web2")
    finally:
        docker.close()
        for agent in agents:
            agent.stop()


def test_an_engine_that_refuses_us_says_why(tls_engines, start, certificates):
    """docker-machine's trap: a manager whose new certificate lacks the usage for clients."""
    manager = start([tls_engines[0].address], folder=certificates.folder / "only-server")
    alice = certificates.context("alice")

    def error():
        rows = json.loads(read(manager.address, alice, "/info")[1])["SystemStatus"]
        return next((value for key, value in rows if key.endswith("Error") and "certificate" in value), None)

    assert "our certificate, which is not made for TLS clients" in eventually(error)


def test_only_tls_without_verification(tmp_path, certificates):
    """--tls: encrypted, and nobody is asked who he is."""
    manager = TlsManager(tmp_path, "127.0.0.1:1", certificates.context(), *flags(certificates.folder / "mgr", False))
    manager.start()
    try:
        assert read(manager.address, certificates.context()) == (200, "OK")
    finally:
        manager.stop()
