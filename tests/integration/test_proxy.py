"""A plain store or hub behind the HTTP proxy that the environment names."""

import http.client
import http.server
import threading
import urllib.parse

import pytest

from harness.hub import state
from harness.manager import run_swarm
from harness.store_cases import join, members, prefix  # noqa: F401
from harness.stores import Consul, Etcd
from harness.wait import eventually

# Only the proxy knows where that is.
NAME = "store.example"


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def forward(self):
        url = urllib.parse.urlsplit(self.path)
        self.server.seen.append((self.command, self.path, dict(self.headers)))
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        origin = http.client.HTTPConnection(self.server.origin, timeout=60)
        target = self.path[self.path.index("/", len("http://")):]
        headers = {key: value for key, value in self.headers.items() if key not in ("Connection", "Proxy-Authorization")}
        assert url.scheme == "http" and headers["Host"] == url.netloc
        origin.request(self.command, target, body, headers)
        answer = origin.getresponse()
        content = answer.read()
        self.send_response(answer.status)
        for key, value in answer.getheaders():
            if key.lower() not in ("transfer-encoding", "content-length", "connection", "date", "server"):
                self.send_header(key, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)
        origin.close()

    do_GET = do_PUT = do_POST = do_DELETE = forward

    def log_message(self, *_):
        pass


class Proxy(http.server.ThreadingHTTPServer):
    """Every name leads to one origin; `seen` has (method, target, headers)."""

    daemon_threads = True

    def __init__(self, origin):
        super().__init__(("127.0.0.1", 0), Handler)
        self.origin, self.seen = origin, []
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def environment(self, **more):
        return {"HTTP_PROXY": f"http://me:s3cret@127.0.0.1:{self.server_port}", "NO_PROXY": "", **more}


@pytest.fixture
def proxy():
    started = []

    def start(origin):
        started.append(Proxy(origin))
        return started[-1]

    yield start
    for one in started:
        one.shutdown()
        one.server_close()


@pytest.fixture(params=[Consul, Etcd], ids=["consul", "etcd"])
def store(request, tmp_path):
    store = request.param(tmp_path / "store").start()
    store.api = "v2"  # a watch of v3 is a stream, which this small proxy does not do
    yield store
    store.stop()


def options(store):
    return ("--discovery-opt", "kv.etcd=v2") if store.scheme == "etcd" else ()


def test_a_store_behind_a_proxy(store, proxy, prefix, join, fakes, start_manager):  # noqa: F811
    engine, = fakes(1)
    way = proxy(store.address)
    url = f"{store.scheme}://{NAME}:{store.port}/{prefix}"
    manager = start_manager(url, *options(store), env=way.environment())
    agent = join(url, engine.address, *options(store), env=way.environment())
    manager.wait_healthy(1)
    assert store.entries(prefix) == {engine.address: engine.address}
    for _, target, headers in way.seen:
        assert target.startswith(f"http://{NAME}:{store.port}/v")
        assert headers["Proxy-Authorization"] == "Basic bWU6czNjcmV0"
    agent.stop()
    eventually(lambda: members(manager) == [])
    assert "s3cret" not in agent.log + manager.log


def test_a_hub_behind_a_proxy(proxy, join, fakes, start_manager, tmp_path):  # noqa: F811
    engine, = fakes(1)
    hub = start_manager(None, "--state-dir", tmp_path / "state", "--discovery-opt", "registry.engine=none")
    token = eventually(lambda: state(tmp_path / "state")[0])
    way = proxy(hub.address)
    join(f"token+http://hub.example:2375/v1/{token}", engine.address, env=way.environment())
    hub.wait_healthy(1)
    assert way.seen[0][1] == f"http://hub.example:2375/v1/clusters/{token}?ttl=4"


def test_what_needs_no_proxy(store, proxy, prefix, monkeypatch):  # noqa: F811
    way = proxy(store.address)

    def listed(host, **more):
        for name, value in way.environment(**more).items():
            monkeypatch.setenv(name, value)
        return run_swarm("list", "--timeout", "2s", *options(store), f"{store.scheme}://{host}:{store.port}/{prefix}")

    assert listed("127.0.0.1").returncode == 0
    done = listed(NAME, NO_PROXY="other.example, .example")
    assert done.returncode == 1 and NAME in done.stderr
    assert way.seen == []
    assert listed(NAME).returncode == 0
    assert way.seen
    done = listed(NAME, HTTP_PROXY="https://me:s3cret@127.0.0.1:1")
    assert done.returncode == 1 and "HTTP_PROXY: a proxy is reached through http://" in done.stderr
    assert "s3cret" not in done.stderr
