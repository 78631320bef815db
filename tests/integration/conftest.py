"""Fixtures of the integration tests.

engines   three real Docker engines, shared by the whole run, as new for every test
manager   `swarm manage` over these engines, all of them healthy
frugal    the same manager, for measuring its memory
store_engines   {kind: engine} of every version, and with both image stores; shared, not as new
start_manager   the same with flags, nodes and environment of the test's choice
fakes     scripted engines that do what no real one would
registry  a registry with a password that the engines can reach
docker    the docker command, talking to the manager
endpoint  the same for requests without a docker command
is_long   whether this is `make check-long`, where what is done many times is done more often

With SWARM_TEST_DIRECT=1 docker and endpoint talk to the first engine itself, and tests that need the manager for
more than that are left out: what a test claims to be the engine's own behaviour must then hold as well.
"""

import concurrent.futures
import os
import pathlib
import signal
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from fakes.engine import FakeEngines  # noqa: E402
from harness import docker as docker_module  # noqa: E402
from harness import registry as registry_module  # noqa: E402
from harness.forward import Forwarder  # noqa: E402
from harness.image_stores import StoreLab  # noqa: E402
from harness.lab import Lab, name_for_this_tree  # noqa: E402
from harness.manager import Manager, frugal_environment  # noqa: E402

ENGINE_COUNT = 3
LABELS = ["--label", "0:storage=ssd", "--label", "1:storage=disk", "--label", "2:storage=disk"]
# A registry of the tests has no certificate.
PLAIN_REGISTRY = ["--dockerd", "--insecure-registry=10.213.0.0/16"]
STARTS_ENGINES = {"lab", "matrix", "store_engines"}
# What can go on at once: with the shared engines or without, modules from a name up to another, so that all take as long.
PARTS = {
    "engines-1": [(True, "", "test_failures")],
    "engines-2": [(True, "test_failures", "test_s")],
    "others-1": [(True, "test_s", "~"), (False, "", "test_replication")],
    "others-2": [(False, "test_replication", "~")],
}
DIRECT = bool(os.environ.get("SWARM_TEST_DIRECT"))


def pytest_addoption(parser):
    parser.addoption("--part", choices=PARTS, help="one of four parts that can go on at once, each with labs of its own")
    parser.addoption("--long", action="store_true", help="what is done many times is done more often")


def pytest_configure(config):
    config.addinivalue_line("markers", "long: only with --long")
    part = config.getoption("--part")
    if part:
        os.environ["SWARM_TEST_LAB"] = f"{name_for_this_tree()}-{part}"


def is_wanted(config, item):
    if DIRECT and {"manager", "start_manager"} & set(item.fixturenames):
        return False
    if item.get_closest_marker("long") and not config.getoption("--long"):
        return False
    part = config.getoption("--part")
    if part is None:
        return True
    # One part starts the engines of every version.
    name = "test_same_answers" if "store_engines" in item.fixturenames else item.module.__name__
    return any(("lab" in item.fixturenames) == with_lab and first <= name < end for with_lab, first, end in PARTS[part])


def pytest_collection_modifyitems(config, items):
    """Tests without engines first: they are quick, and tell most about what is broken."""
    items.sort(key=lambda item: bool(STARTS_ENGINES & set(item.fixturenames)) or item.originalname == "test_cell")
    config.hook.pytest_deselected(items=[item for item in items if not is_wanted(config, item)])
    items[:] = [item for item in items if is_wanted(config, item)]


def pytest_sessionstart(session):
    # A shell makes what it starts in the background deaf to Ctrl-C.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if os.geteuid() != 0:
        pytest.exit("the integration tests start engines in namespaces and need root", 2)


def clean(lab):
    with concurrent.futures.ThreadPoolExecutor() as pool:
        list(pool.map(lambda engine: engine.clean(), lab.engines))


@pytest.fixture(scope="session")
def lab():
    lab = Lab(name_for_this_tree(), ENGINE_COUNT, *LABELS, *PLAIN_REGISTRY)
    yield lab
    lab.down()


@pytest.fixture(scope="session")
def store_engines():
    lab = StoreLab()
    yield lab.engines
    for engine in lab.engines.values():
        engine.clean()  # what is paused would outlive its host
    lab.close()


@pytest.fixture
def engines(lab):
    yield lab.engines
    lab.repair()
    clean(lab)


@pytest.fixture
def start_manager(tmp_path):
    """start_manager(nodes, *flags, env=None): every manager of the test is stopped and checked at its end."""
    started = []

    def start(nodes, *flags, env=None):
        started.append(Manager(tmp_path, nodes, *flags, env=env))
        return started[-1].start()

    yield start
    faults = []
    for manager in started:
        try:
            manager.stop()
        except AssertionError as fault:
            faults.append(str(fault))
    assert not faults, "\n".join(faults)


@pytest.fixture
def manager(engines, start_manager):
    return start_manager([engine.address for engine in engines]).wait_healthy()


@pytest.fixture
def frugal(engines, start_manager):
    """A manager whose memory means something."""
    return start_manager([engine.address for engine in engines], env=frugal_environment()).wait_healthy()


@pytest.fixture
def fakes():
    """fakes(count): that many scripted engines, gone after the test."""
    started = []

    def start(count=1):
        started.append(FakeEngines(count))
        return started[-1].engines

    yield start
    for group in started:
        group.close()


@pytest.fixture(params=docker_module.commands(), ids=lambda path: path.strip("/").replace("/", "-"))
def every_docker(request, manager):
    """The docker command against the manager, once for every version of it on this machine."""
    docker = docker_module.Docker(manager.address, request.param)
    yield docker
    docker.close()


@pytest.fixture
def docker(request, engines):
    return engines[0].docker if DIRECT else request.getfixturevalue("manager").docker


@pytest.fixture(scope="session")
def is_long(request):
    return request.config.getoption("--long")


@pytest.fixture
def endpoint(docker):
    return docker.address


@pytest.fixture
def forward():
    """forward(path, address): a unix socket that leads to host:port; the path."""
    started = []

    def start(path, address):
        started.append(Forwarder(str(path), address))
        return path

    yield start
    for forwarder in started:
        forwarder.close()


@pytest.fixture
def registry(engines):
    if not registry_module.command():
        pytest.skip("docker-registry is not installed: run tools/setup check")
    registry = registry_module.Registry(engines[0].ip.rsplit(".", 1)[0] + ".1")
    yield registry
    registry.close()
