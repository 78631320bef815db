"""The engines of the compatibility matrix, and the table of what each client can do on them."""

import concurrent.futures
import functools
import pathlib
import shutil

from harness import clients
from harness.cells import Cell
from harness.lab import Lab, name_for_this_tree
from harness.manager import Manager
from harness.registry import Registry

MIXED = "mixed"
PODMAN = "Podman 4.3"
ENGINES = ("Docker 20.10", "Docker 26.1", "Docker 28.5", PODMAN)
KINDS = (*ENGINES, MIXED)


@functools.cache
def engine_path(kind):
    """The folders with this engine's programs, "" when they are installed; None when this machine has none."""
    name, version = kind.split()
    if name == "Podman":
        return "" if shutil.which("podman") and clients.version_of("podman", "--version") == version else None
    installed = shutil.which("dockerd", path="/usr/local/sbin:/usr/sbin")
    for dockerd in [installed, *clients.unpacked("engine-*/usr/sbin/dockerd")]:
        if dockerd and clients.version_of(dockerd, "--version") == version:
            usr = pathlib.Path(dockerd).parents[1]
            return "" if dockerd == installed else f"{usr}/sbin:{usr}/bin"
    return None


def lab_options(kinds):
    """tools/lab's options for one engine of each kind, in this order."""
    for number, kind in enumerate(kinds):
        if kind == PODMAN:
            yield from ("--podman", str(number))
        elif engine_path(kind):
            yield from ("--engine-path", f"{number}:{engine_path(kind)}")
    yield from ("--dockerd", "--insecure-registry=10.213.0.0/16")


def lacking(kind):
    """Why this column cannot be played on this machine; None when it can."""
    there = [engine for engine in ENGINES if engine_path(engine) is not None]
    if kind == MIXED:
        return None if len(there) > 1 else "there is only one kind of engine on this machine"
    return None if kind in there else f"there is no {kind} on this machine"


def pool_is_whole():
    """Does the mixed pool of this machine have an engine of every kind?"""
    return not any(lacking(kind) for kind in ENGINES)


class Matrix:
    """One engine of each kind, a manager in front of each and one in front of all.

    The cells of a kind are played one after the other, the kinds beside each other; direct means that the clients
    talk to the engines themselves.
    """

    def __init__(self, folder, direct=False):
        self.engines = {kind: None for kind in ENGINES if not lacking(kind)}
        self.direct = direct
        self.managers = {}
        self.cells = {}
        self.lab = Lab(f"{name_for_this_tree()}-matrix", len(self.engines), *lab_options(self.engines))
        self.engines = dict(zip(self.engines, self.lab.engines))
        self.registry = Registry(self.lab.engines[0].ip.rsplit(".", 1)[0] + ".1")
        self.registry.seed = f"{self.registry.address}/seed"
        self.pools = {kind: concurrent.futures.ThreadPoolExecutor(1) for kind in (*self.engines, MIXED)}
        for kind in (*self.engines, MIXED):
            addresses = [engine.address for engine in self._behind(kind)]
            self.managers[kind] = Manager(folder, addresses).start()
        for manager in self.managers.values():
            manager.wait_healthy()
        self._seed()

    def _seed(self):
        """An image that is in the registry and on no engine."""
        docker = self.lab.engines[0].docker
        docker("tag", "busybox", self.registry.seed)
        self.registry.login(docker)
        docker("push", self.registry.seed)
        docker("rmi", self.registry.seed)

    def _behind(self, kind):
        return list(self.engines.values()) if kind == MIXED else [self.engines[kind]]

    def _chosen(self, kind, number):
        """The engines that a cell wishes for: in the mixed pool the last, Podman, and by turns one of the others."""
        *others, last = self._behind(kind)
        return [others[number % len(others)], last] if others else [last]

    def plan(self, wanted):
        """Start to play these (kind, client)."""
        for kind, client in wanted:
            address = self.engines[kind].address if self.direct else self.managers[kind].address
            nodes = [engine.name for engine in self._chosen(kind, len(self.cells))]
            cell = Cell(client, address, nodes, f"c{len(self.cells)}", self.registry)
            self.cells[kind, client] = self.pools[kind].submit(cell.play)

    def results(self, kind, client):
        """{operation: None, or why it does not work}, when the cell has been played."""
        return self.cells[kind, client].result().results

    def times(self):
        """How long each column has taken."""
        seconds = {kind: 0 for kind in self.pools}
        for (kind, _), future in self.cells.items():
            seconds[kind] += future.result().seconds
        return ", ".join(f"{kind}: {took:.0f} s" for kind, took in seconds.items())

    def close(self):
        for pool in self.pools.values():
            pool.shutdown(cancel_futures=True)
        self.registry.close()
        faults = []
        for manager in self.managers.values():
            try:
                manager.stop()
            except AssertionError as fault:
                faults.append(str(fault))
        self.lab.down()
        assert not faults, "\n".join(faults)
