"""Engines, managers and a store that fail in an order that a seed decides, while clients work; then it is looked
at what has become of all that was acknowledged.

The same seed makes the same faults at the same moments, and the same clients; what happens between the processes
is theirs.  The history says what happened.
"""

import contextlib
import itertools
import math
import random
import threading
import time

from harness import chaos_checks
from harness.chaos_clients import Client
from harness.gate import Gate
from harness.manager import frugal_environment
from harness.member import Member, leader_among
from harness.wait import eventually

# What may happen to whom, and how often compared with the others of its kind.
ENGINE_FAULTS = {"kill": 3, "quit": 2, "off": 3, "freeze": 3, "cut": 3, "deaf": 1, "mute": 2, "reset": 2}
MANAGER_FAULTS = {"kill": 3, "stop": 2, "freeze": 3, "apart": 2}
STORE_FAULTS = {"freeze": 1, "kill": 1}
# Shorter than anybody notices, than a time to live, than a frozen engine is waited for; and longer.
DURATIONS = [(0.1, 1.0), (1.0, 5.0), (5.0, 10.0), (12.0, 20.0)]
QUIET_SECONDS = 120


class History:
    """What happened, in the order in which it was known."""

    def __init__(self):
        self.begun = time.monotonic()
        self.lines = []

    def note(self, who, what):
        self.lines.append((time.monotonic() - self.begun, who, what))

    def __str__(self):
        return "\n".join(f"{at:8.3f} {who:10} {what}" for at, who, what in self.lines)


class Fault:
    def __init__(self, at, kind, seconds):
        self.at, self.kind, self.seconds = at, kind, seconds

    def __str__(self):
        return f"{self.kind} at {self.at:.1f} for {self.seconds:.1f} s"


def choose(rng, weights):
    return rng.choices(list(weights), list(weights.values()))[0]


def plan(rng, seconds, engines, managers):
    """{("engine" | "manager" | "store", number): [Fault]}; at least one of an engine or a manager."""
    faults = {}
    for _ in range(rng.randint(1, 2 + round(seconds / 5))):
        what = choose(rng, {"engine": 6, "manager": 3, "store": 1 if faults else 0})
        number = rng.randrange({"engine": engines, "manager": managers, "store": 1}[what])
        kind = choose(rng, {"engine": ENGINE_FAULTS, "manager": MANAGER_FAULTS, "store": STORE_FAULTS}[what])
        fault = Fault(rng.uniform(0.5, seconds), kind, rng.uniform(*rng.choice(DURATIONS)))
        faults.setdefault((what, number), []).append(fault)
    for of_one in faults.values():
        of_one.sort(key=lambda fault: fault.at)
    return faults


def firewall(engine, *rule):
    """A rule of the engine's host, as long as the block lasts."""
    def say(how):
        engine.run("sh", "-c", "PATH=/run/bin:$PATH exec iptables \"$@\"", "iptables", how, *rule)

    engine.disturbed = True
    say("-I")
    return lambda: say("-D")


class Three:
    """Three servers that are one store: what befalls it befalls their leader."""

    def __init__(self, ensemble):
        self.ensemble = ensemble
        self.scheme = ensemble.servers[0].scheme
        self.victim = None

    def start(self):
        if not self.victim:
            self.ensemble.start()
            return self
        self.victim.spawn()
        self.victim = None
        self.ensemble.wait_ready()
        return self

    def addresses(self):
        return [server.address for server in self.ensemble.servers]

    def freeze(self):
        self.victim = self.ensemble.leader()
        self.victim.freeze()

    def thaw(self):
        self.victim.thaw()
        self.victim = None
        self.ensemble.wait_ready()

    def kill(self):
        self.victim = self.ensemble.leader()
        self.victim.kill()

    def put(self, *entry):
        self.ensemble.leader().put(*entry)

    def kept(self, prefix):
        return self.ensemble.leader().kept(prefix)

    def stop(self):
        self.ensemble.stop()


class World:
    """Real engines, a store, and managers that are one another's replicas, each with a door of its own to the store."""

    def __init__(self, engines, store, prefix, folder, managers=2, flags=()):
        self.engines, self.store = engines, store
        self.prefix = prefix
        self.history = History()
        for engine in engines:
            store.put(prefix, engine.address, engine.address)
        addresses = store.addresses() if isinstance(store, Three) else [store.address]
        self.gates = [[Gate(address) for address in addresses] for _ in range(managers)]
        self.managers = [
            Member(folder, f"{store.scheme}://{','.join(gate.address for gate in gates)}/{prefix}", *flags)
            for gates in self.gates
        ]
        for manager in self.managers:
            manager.arguments[1:1] = ["--debug"]
            manager.environment.update(frugal_environment())
        for manager in self.managers:
            manager.absences = []  # [kind, begin, end] by the clock that is in its log

    def start(self):
        for manager in self.managers:
            manager.start()
        leader_among(self.managers)
        for manager in self.managers:
            manager.wait_healthy(len(self.engines))
        return self

    def close(self):
        """Every manager is stopped; what was wrong with one is raised at the end."""
        faults = []
        for manager in self.managers:
            try:
                manager.stop()
            except AssertionError as fault:
                faults.append(str(fault))
        for gate in itertools.chain(*self.gates):
            gate.close()
        assert not faults, "\n".join(faults)

    # --- faults: each begins one, and returns what ends it ---

    def break_engine(self, number, kind):
        engine = self.engines[number]
        if kind == "deaf":  # it hears nothing, and streams stay as they are
            return firewall(engine, "INPUT", "-p", "tcp", "--dport", "2375", "-j", "DROP")
        if kind == "mute":  # it does what it is told, and nobody hears of it
            return firewall(engine, "OUTPUT", "-p", "tcp", "--sport", "2375", "-j", "DROP")
        if kind == "reset":  # every connection breaks, none can be made, and what runs there runs on
            return firewall(engine, "INPUT", "-p", "tcp", "--dport", "2375", "-j", "REJECT", "--reject-with", "tcp-reset")
        getattr(engine, kind)()
        return {"kill": engine.start, "quit": engine.start, "off": engine.start, "freeze": engine.thaw, "cut": engine.mend}[kind]

    def break_manager(self, number, kind):
        manager, gates = self.managers[number], self.gates[number]
        if kind == "apart":
            for gate in gates:
                gate.shut()
            return lambda: [gate.reopen() for gate in gates]
        if kind == "freeze":
            manager.freeze()
            return manager.thaw
        if kind == "kill":
            manager.kill()
        else:
            manager.stop()
        return manager.start

    def break_store(self, _, kind):
        if kind == "freeze":
            self.store.freeze()
            return self.store.thaw
        if kind == "gone":  # all its servers
            self.store.stop()
        else:
            self.store.kill()
        return self.store.start

    @contextlib.contextmanager
    def broken(self, what, number, kind):
        """Whole again afterwards."""
        name = f"{what}-{number}"
        self.history.note(name, kind)
        absence = [kind, time.time(), math.inf]
        end = getattr(self, f"break_{what}")(number, kind)
        if what == "manager" and kind != "apart":
            self.managers[number].absences.append(absence)
        try:
            yield
        finally:
            self.history.note(name, f"end of {kind}")
            end()
            absence[2] = time.time()
            self.history.note(name, "whole again")

    def suffer(self, target, faults):
        """All faults of one, one after the other."""
        for fault in faults:
            time.sleep(max(0.0, self.history.begun + fault.at - time.monotonic()))
            with self.broken(*target, fault.kind):
                time.sleep(fault.seconds)


class Thread(threading.Thread):
    """One whose failure is its starter's."""

    def __init__(self, target, *arguments):
        super().__init__(daemon=True)
        self.target, self.arguments, self.failure = target, arguments, None
        self.start()

    def run(self):
        try:
            self.target(*self.arguments)
        except BaseException as failure:  # noqa: BLE001
            self.failure = failure

    def end(self):
        self.join()
        if self.failure:
            raise self.failure


@contextlib.contextmanager
def telling(world, plan=""):
    """Whatever fails brings the history along."""
    try:
        yield
    except Exception as failure:
        logs = "\n".join(f"{manager.address}: {manager.log_path}" for manager in world.managers)
        raise AssertionError(f"{failure}\n\n{plan}\n\n{world.history}\n\n{logs}") from failure


def trouble_and_work(world, rng, faults, seconds, clients):
    """What clients were told of their containers, when all faults are over."""
    until = threading.Event()
    world.history.begun = time.monotonic()
    workers = [Client(number, world, random.Random(rng.random())) for number in range(clients)]
    threads = [Thread(world.suffer, target, of) for target, of in faults.items()]
    working = [Thread(worker.work, until) for worker in workers]
    until.wait(seconds)
    for thread in threads:
        thread.join()
    until.set()
    for thread in [*working, *threads]:
        thread.end()
    return [box for worker in workers for box in worker.boxes]


def run(world, seed, seconds=20.0, clients=3):
    """One seed from the first fault to quiet; AssertionError with the history when something is not as it should be."""
    rng = random.Random(seed)
    faults = plan(rng, seconds, len(world.engines), len(world.managers))
    planned = "\n".join(f"{what}-{number}: {fault}" for (what, number), of in sorted(faults.items()) for fault in of)
    with telling(world, f"seed {seed}\n\n{planned}"):
        chaos_checks.remember(world)
        boxes = trouble_and_work(world, rng, faults, seconds, clients)
        world.history.note("all", "whole again; waiting for quiet")
        leader_among(world.managers, QUIET_SECONDS)
        for manager in world.managers:
            manager.wait_healthy(len(world.engines), QUIET_SECONDS)
        eventually(lambda: chaos_checks.check_all(world, boxes), QUIET_SECONDS, interval=0.5)
        world.history.note("all", "quiet; removing everything")
        chaos_checks.check_end(world, boxes, QUIET_SECONDS)
    return sum(len(of) for of in faults.values()), boxes
