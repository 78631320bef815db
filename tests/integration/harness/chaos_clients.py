"""Clients of a pool that fails, and what each of them was told."""

import http.client
import time

from harness import rawhttp

TIMEOUT = 90
BOXES = 6  # of one client at a time
POLICIES = {None: 3, "on-node-failure": 5, "on-node-failure:at-most-once": 2}


class Box:
    """A container that one client has asked for: what may be true of it."""

    def __init__(self, token, name, policy, always):
        self.token, self.policy, self.always = token, policy, always
        self.names = {name}
        self.counts = {0}
        self.id = None
        self.running = False  # it was started, and told so
        self.unknown = False  # a request ended without an answer: nothing is asked of it any more

    @property
    def name(self):
        name, = self.names
        return name

    def __str__(self):
        return f"{self.token} ({'/'.join(sorted(self.names))}, {self.policy}, {self.counts})"

    def body(self):
        labels = {"chaos": self.token}
        if self.policy:
            labels["com.docker.swarm.reschedule-policies"] = f'["{self.policy}"]'
        return {
            "Image": "busybox",
            "Cmd": ["sleep", "100000"],
            "StopSignal": "SIGKILL",
            "Labels": labels,
            "HostConfig": {"NetworkMode": "none", "RestartPolicy": {"Name": "always" if self.always else "no"}},
        }


class Client:
    """Names are its own, so that it knows what it may expect."""

    def __init__(self, number, world, rng):
        self.number, self.world, self.rng = number, world, rng
        self.boxes = []
        self.free_names = []
        self.made = 0

    def work(self, until):
        while not until.is_set():
            self.step()
            time.sleep(self.rng.uniform(0.05, 0.5))

    def usable(self):
        return [box for box in self.boxes if not box.unknown and box.counts == {1}]

    def step(self):
        boxes = self.usable()
        does = self.rng.choice(["create", "create", "start", "rename", "remove", "inspect"])
        if does == "create" and len(boxes) < BOXES:
            self.create()
        elif boxes:
            box = self.rng.choice(boxes)
            getattr(self, "remove" if does == "create" else does)(box)

    def ask(self, method, target, body=None):
        """The status; None: nothing was asked, 0: nobody knows what became of it."""
        manager = self.rng.choice(self.world.managers)
        try:
            answer = rawhttp.request(manager.address, method, target, body=body, timeout=TIMEOUT)
        except ConnectionRefusedError:
            return None, None
        except (OSError, ValueError, http.client.HTTPException) as failure:
            self.note(f"{method} {target}: {failure!r}")
            return 0, None
        said = "" if answer.status < 400 else f" {answer.text.strip()[:200]}"
        self.note(f"{method} {target} by :{manager.address.rsplit(':', 1)[1]}: {answer.status}{said}")
        return answer.status, answer

    def note(self, what):
        self.world.history.note(f"client-{self.number}", what)

    def new_name(self):
        if self.free_names and self.rng.random() < 0.5:
            return self.free_names.pop()
        self.made += 1
        return f"c{self.number}-{self.made}"

    def create(self):
        policies, weights = zip(*POLICIES.items())
        box = Box(f"{self.number}.{len(self.boxes)}", self.new_name(), self.rng.choices(policies, weights)[0],
                  self.rng.random() < 0.5)
        starts = self.rng.random() < 0.7
        status, answer = self.ask("POST", f"/containers/create?name={box.name}", box.body())
        if status is None:
            return
        self.boxes.append(box)
        if status == 201:
            box.counts, box.id = {1}, answer.json["Id"]
            self.note(f"{box.name} is {box.token}: {box.id[:12]}, {box.policy}{', always' if box.always else ''}")
            if starts:
                self.start(box)
        elif status == 0 or status >= 500:
            box.counts, box.unknown = {0, 1}, True

    def start(self, box):
        status, _ = self.ask("POST", f"/containers/{box.name}/start")
        if status in (204, 304):
            box.running = True
        elif status is not None:
            box.running = box.running or None

    def rename(self, box):
        name = self.new_name()
        old = box.name
        status, _ = self.ask("POST", f"/containers/{old}/rename?name={name}")
        if status == 204:
            box.names = {name}
            self.free_names.append(old)
        elif status == 0 or (status or 0) >= 500:
            box.names, box.unknown = {old, name}, True

    def remove(self, box):
        status, _ = self.ask("DELETE", f"/containers/{box.name}?force=1")
        if status == 204:
            box.counts = {0}
            self.free_names.append(box.name)
        elif status == 0 or (status or 0) >= 500:
            box.counts, box.unknown = {0, 1}, True

    def inspect(self, box):
        status, answer = self.ask("GET", f"/containers/{box.name}/json")
        if status == 200:
            token = answer.json["Config"]["Labels"].get("chaos")
            assert token == box.token, f"{box} is asked for, and {token} is told of"
