"""Real Docker engines, each in namespaces of its own (tools/lab)."""

import json
import os
import pathlib
import subprocess
import urllib.parse
import zlib

from harness import rawhttp
from harness.docker import Docker

TOP = pathlib.Path(__file__).resolve().parents[3]
TOOL = TOP / "tools" / "lab"


class Engine:
    """One engine of a lab."""

    def __init__(self, lab, name, ip):
        self.lab = lab
        self.name = name
        self.ip = ip
        self.address = f"{ip}:2375"
        self.disturbed = False
        self.docker = Docker(self.address)

    def request(self, method, target, **options):
        return rawhttp.request(self.address, method, target, **options)

    def get(self, target):
        response = self.request("GET", target)
        assert response.status == 200, response.text
        return response.json

    def _lab(self, action):
        self.disturbed = True
        self.lab.run(action, self.lab.name, self.name)

    def kill(self):
        """The engine dies, its host stays: connections are refused."""
        self._lab("kill")

    def quit(self):
        """The engine is stopped as it should be, and ends its containers first."""
        self._lab("quit")

    def off(self):
        """The host loses its power: silence."""
        self._lab("off")

    def start(self):
        """Back after kill, quit or off."""
        self._lab("start")

    def restart(self):
        self._lab("restart")

    def freeze(self):
        self._lab("stop")

    def thaw(self):
        self._lab("cont")

    def cut(self):
        """Pull the network cable."""
        self._lab("cut")

    def mend(self):
        self._lab("mend")

    def run(self, *command):
        """Run a command on the host of this engine; return what it printed."""
        return self.lab.run("exec", self.lab.name, self.name, *command)

    def containers(self):
        """{name: list entry} of everything on this engine."""
        return {c["Names"][0].lstrip("/"): c for c in self.get("/containers/json?all=1")}

    def _delete_all(self, entries, path, key, query=""):
        for entry in entries:
            response = self.request("DELETE", f"{path}/{urllib.parse.quote(entry[key])}{query}")
            assert response.status in (200, 204, 404), response.text

    def clean(self):
        """As new: no containers, networks and volumes, and of the images only busybox:latest."""
        self._delete_all(self.get("/containers/json?all=1"), "/containers", "Id", "?force=1&v=1")
        custom = urllib.parse.quote(json.dumps({"type": ["custom"]}))
        self._delete_all(self.get(f"/networks?filters={custom}"), "/networks", "Id")
        self._delete_all(self.get("/volumes")["Volumes"] or [], "/volumes", "Name", "?force=1")
        for image in self.get("/images/json"):
            tags = [tag for tag in image["RepoTags"] or [] if tag != "<none>:<none>"]
            for tag in tags:
                if tag != "busybox:latest":
                    self._delete_all([{"tag": tag}], "/images", "tag", "?force=1")
            if not tags:
                self._delete_all([image], "/images", "Id", "?force=1")


class Lab:
    def __init__(self, name, count, *options):
        self.name = name
        self.run("up", name, str(count), *options, timeout=300)
        try:
            self.run("image", name)
            self.engines = [Engine(self, *line.split("\t")[:2]) for line in self.run("list", name).splitlines()]
        except BaseException:
            self.down()
            raise

    def run(self, *arguments, timeout=150, check=True):
        done = subprocess.run(
            [TOOL, *arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=timeout
        )
        assert done.returncode == 0 or not check, f"lab {arguments}: {done.stderr}"
        return done.stdout

    def repair(self):
        """Undo what a test did to its engines, whatever it was."""
        for engine in self.engines:
            if engine.disturbed:
                self._repair_one(engine)
                engine.disturbed = False

    def _repair_one(self, engine):
        if self.state_of(engine) != "off":
            self.run("mend", self.name, engine.name)
            self.run("cont", self.name, engine.name, check=False)  # there may be no process left
        if self.state_of(engine) != "up":
            self.run("start", self.name, engine.name)

    def state_of(self, engine):
        lines = [line.split("\t") for line in self.run("list", self.name).splitlines()]
        return next(state for name, _, _, state in lines if name == engine.name)

    def down(self):
        self.run("down", self.name)


def name_for_this_tree():
    """Two checkouts can test at once, and a run removes what a killed one of its own left."""
    return os.environ.get("SWARM_TEST_LAB") or f"test-{zlib.crc32(str(TOP).encode()):08x}"


def holder(engines, name):
    """The engine that has the container of this name."""
    found = [engine for engine in engines if name in engine.containers()]
    assert len(found) == 1, f"{name} is on {[engine.name for engine in found]}"
    return found[0]
