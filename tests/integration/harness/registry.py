"""A registry with a password, on the bridge between the engines."""

import base64
import shutil
import subprocess
import tempfile

from harness import rawhttp
from harness.lab import TOP
from harness.manager import free_port
from harness.wait import eventually

USER, PASSWORD = "alice", "secret"
HASH = "$2b$05$abcdefghijklmnopqrstuuOQiyCxlgf/oeuTqixKmWdcYUh4Hjl0a"  # bcrypt of the password

CONFIG = """\
version: 0.1
log: {{level: warn}}
storage: {{filesystem: {{rootdirectory: {folder}/data}}}}
http: {{addr: "{address}"}}
auth: {{htpasswd: {{realm: test, path: {folder}/users}}}}
"""


def command():
    """None when this machine has no registry."""
    unpacked = TOP / "build-stores" / "usr" / "bin" / "docker-registry"
    return str(unpacked) if unpacked.exists() else shutil.which("docker-registry")


class Registry:
    def __init__(self, bridge_ip):
        self.address = f"{bridge_ip}:{free_port()}"
        self.folder = tempfile.TemporaryDirectory(prefix="swarm-registry-")
        self._write("users", f"{USER}:{HASH}\n")
        config = self._write("config.yml", CONFIG.format(folder=self.folder.name, address=self.address))
        with open(f"{self.folder.name}/log", "wb") as log:
            self.process = subprocess.Popen(
                [command(), "serve", config], stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT
            )
        eventually(self._asks_for_password, what="the registry answers")

    def _write(self, name, text):
        path = f"{self.folder.name}/{name}"
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def _asks_for_password(self):
        return rawhttp.get(self.address, "/v2/").status == 401

    def login(self, docker):
        docker("login", "-u", USER, "-p", PASSWORD, self.address)

    def auth(self):
        """This registry's entry in somebody's configuration."""
        return {"auth": base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()}

    def close(self):
        self.process.kill()
        self.process.wait()
        self.folder.cleanup()
