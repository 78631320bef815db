"""A host of its own for a server: a network namespace and a cable that can be pulled."""

import itertools
import os
import subprocess

from harness.wait import eventually


def ip(*words, enter=()):
    subprocess.run([*enter, "ip", *words], check=True, stdin=subprocess.DEVNULL)


class Host:
    """Its address is `ip`; `enter` comes before a command that shall run there."""

    def __init__(self):
        self.process = subprocess.Popen(["unshare", "--net", "--", "sleep", "infinity"])
        self.namespace = f"/proc/{self.process.pid}/ns/net"
        self.enter = ["nsenter", f"--net={self.namespace}", "--"]
        try:
            eventually(lambda: os.readlink(self.namespace) != os.readlink("/proc/self/ns/net"))
            self._connect()
        except BaseException:
            self.close()
            raise

    def _add_cable(self):
        """The first number whose name is free is ours, together with the addresses that follow from it."""
        for number in itertools.count(os.getpid()):
            self.cable = f"swt{number % 16384}"
            net = f"10.214.{number % 16384 // 64}"
            self.ip, self.gateway = (f"{net}.{number % 64 * 4 + last}" for last in (2, 1))
            self.hardware = f"02:73:{number % 16384 // 256:02x}:{number % 256:02x}:00:01"
            made = subprocess.run(
                ["ip", "link", "add", self.cable, "type", "veth",
                 "peer", "name", "eth0", "address", self.hardware, "netns", str(self.process.pid)],
                capture_output=True, text=True,
            )
            if made.returncode == 0:
                return
            assert "File exists" in made.stderr, made.stderr

    def _connect(self):
        self._add_cable()
        ip("addr", "add", f"{self.gateway}/30", "dev", self.cable)
        ip("link", "set", self.cable, "up")
        # Else the kernel would soon say "no route to host": behind a real router there is only silence.
        ip("neighbour", "replace", self.ip, "lladdr", self.hardware, "dev", self.cable, "nud", "permanent")
        ip("link", "set", "lo", "up", enter=self.enter)
        ip("addr", "add", f"{self.ip}/30", "dev", "eth0", enter=self.enter)
        self.mend()

    def cut(self):
        ip("link", "set", "eth0", "down", enter=self.enter)

    def mend(self):
        ip("link", "set", "eth0", "up", enter=self.enter)


    def bytes(self):
        """What has gone through the cable so far, in both directions together."""
        def read(name):
            with open(f"/sys/class/net/{self.cable}/statistics/{name}") as file:
                return int(file.read())

        return read("tx_bytes") + read("rx_bytes")

    def close(self):
        """Its end of the cable, and so the cable, goes with the last process."""
        self.process.kill()
        self.process.wait()
