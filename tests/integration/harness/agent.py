"""`swarm join`, the process that keeps one engine registered."""

import os
import pathlib
import signal
import subprocess

from harness.manager import SANITIZER, binary
from harness.wait import eventually

STOP_SECONDS = 15


class Agent:
    def __init__(self, folder, url, address, *flags, heartbeat="1s", ttl="4s", env=None):
        self.address = address
        self.log_path = pathlib.Path(folder) / f"agent-{address.replace(':', '-')}.log"
        self.arguments = [
            binary(), "-l", "debug", "join", "--heartbeat", heartbeat, "--ttl", ttl, "--advertise", address,
            *map(str, flags), url,
        ]
        self.environment = {**os.environ, **(env or {})}
        self.process = None

    def start(self):
        """Until it has said something: from then on it minds signals."""
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(
                self.arguments, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=self.environment
            )
        eventually(lambda: self.log)
        return self

    @property
    def log(self):
        return self.log_path.read_text(errors="replace")

    @property
    def running(self):
        return self.process is not None and self.process.poll() is None

    def send(self, number):
        self.process.send_signal(number)

    def kill_when_registered(self):
        eventually(lambda: "Registered on the discovery service" in self.log)
        self.kill()
        self.log_path.unlink()

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.process = None

    def stop(self, number=signal.SIGTERM):
        """End it politely: status 0, and no word from a sanitizer."""
        if self.process is None:
            return
        self.send(number)
        try:
            status = self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.send(signal.SIGABRT)
            self.process.wait()
            raise AssertionError(f"the agent does not end:\n{self.log[-4000:]}") from None
        finally:
            self.process = None
        assert not SANITIZER.search(self.log), self.log[-8000:]
        assert status == 0, f"the agent ended with {status}:\n{self.log[-4000:]}"
