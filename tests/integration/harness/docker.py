"""The real docker command, with and without a terminal."""

import fcntl
import os
import pty
import re
import select
import shutil
import signal
import struct
import subprocess
import tempfile
import termios
import time

from harness.wait import DEADLINE

TIMEOUT = 60


def commands():
    """Every docker command of this machine: the one in the path first, the distribution's after it."""
    found = [os.environ.get("SWARM_TEST_DOCKER") or shutil.which("docker"), "/usr/bin/docker"]
    real = [os.path.realpath(path) for path in found if path and os.path.exists(path)]
    return list(dict.fromkeys(real))


class Terminal:
    """A process on a terminal of its own."""

    def __init__(self, arguments, environment, rows=24, columns=80):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            try:
                os.execvpe(arguments[0], arguments, environment)
            finally:
                os._exit(127)
        self.seen = ""
        self.status = None
        self.resize(rows, columns)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def resize(self, rows, columns):
        """Change the window.  The docker command begins to listen for this some time after its start, and the
        kernel does not repeat itself; so the signal is always sent, and a test resizes until it is seen."""
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        os.kill(self.pid, signal.SIGWINCH)

    def send(self, text):
        os.write(self.fd, text.encode())

    def size_inside(self):
        """What a shell on the other side thinks of its window: "rows columns", or that it has none yet."""
        self.send("stty size\n")
        return self.expect(r"(\d+ \d+|stty: standard input)\r").group(1)

    def detach(self, keys="\x10\x11"):
        """Press the keys (Ctrl-P Ctrl-Q) until the command has ended; return its status.

        The docker command knows them only when it reads them one by one, as fingers press them.
        """
        deadline = time.monotonic() + DEADLINE
        while self.status is None:
            assert time.monotonic() < deadline, f"it does not detach; last came {self.seen[-500:]!r}"
            for key in keys:
                self._press(key)
        return self.status

    def _press(self, key):
        try:
            self.send(key)
        except OSError:  # it has ended in between
            pass
        if not self._read(0.1):
            self._reap()

    def _reap(self):
        self.status = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])

    def _read(self, timeout):
        """False at the end of the output."""
        if not select.select([self.fd], [], [], timeout)[0]:
            return True
        try:
            data = os.read(self.fd, 65536)
        except OSError:  # the other side of a terminal closed: EIO
            data = b""
        self.seen += data.decode("utf-8", "replace")
        return bool(data)

    def expect(self, pattern, timeout=DEADLINE):
        """Read until the output that no expect has consumed matches; return the match."""
        deadline = time.monotonic() + timeout
        while True:
            match = re.search(pattern, self.seen)
            if match:
                self.seen = self.seen[match.end():]
                return match
            left = deadline - time.monotonic()
            if left <= 0 or not self._read(left):
                raise AssertionError(f"{pattern!r} did not come, but {self.seen!r}")

    def wait(self, timeout=DEADLINE):
        """Read to the end; return the exit status (negative: the signal)."""
        deadline = time.monotonic() + timeout
        while self.status is None:
            left = deadline - time.monotonic()
            if left <= 0:
                raise AssertionError(f"it does not end; last came {self.seen[-500:]!r}")
            if not self._read(min(left, 0.2)):
                self._reap()
        return self.status

    def close(self):
        if self.status is None:
            os.kill(self.pid, signal.SIGKILL)
            self._reap()
        os.close(self.fd)


class Docker:
    """docker -H tcp://address, in a surrounding without anybody's settings."""

    def __init__(self, address, command=None, settings=None):
        self.address = address
        self.settings = settings or {}  # more environment variables
        self.command = command or commands()[0]
        self.home = tempfile.TemporaryDirectory(prefix="swarm-docker-")

    def close(self):
        self.home.cleanup()

    @property
    def environment(self):
        host = self.address if "://" in self.address else f"tcp://{self.address}"
        return {
            "PATH": os.environ["PATH"],
            "HOME": self.home.name,
            "DOCKER_CONFIG": self.home.name,
            "DOCKER_HOST": host,
            "DOCKER_CLI_HINTS": "false",
            "TERM": "xterm",
            "LANG": "C.UTF-8",
            **self.settings,
        }

    def run(self, *arguments, input=None, timeout=TIMEOUT, check=True, text=True):
        """Run to the end; the CompletedProcess has stdout and stderr.  Failing is an assertion unless check=False."""
        done = subprocess.run(
            [self.command, *map(str, arguments)],
            input=input,
            stdin=subprocess.DEVNULL if input is None else None,
            capture_output=True,
            text=text,
            timeout=timeout,
            env=self.environment,
        )
        if check:
            assert done.returncode == 0, f"docker {arguments}: {done.returncode}: {done.stderr!r}"
        return done

    def __call__(self, *arguments, **options):
        """What the command printed, without the last line break."""
        return self.run(*arguments, **options).stdout.rstrip("\n")

    def listed(self, *options, **more):
        """{name: state} of docker ps -a with these options, newest first; names without their node."""
        lines = self("ps", "-a", *options, "--format", "{{.Names}} {{.State}}", **more).splitlines()
        return {name.rsplit("/", 1)[-1]: state for name, state in (line.split() for line in lines)}

    def fails(self, *arguments, **options):
        """Run what must fail; return what it says on stderr."""
        done = self.run(*arguments, check=False, **options)
        assert done.returncode != 0, f"docker {arguments} succeeded: {done.stdout!r}"
        return done.stderr

    def start(self, *arguments, **options):
        """A Popen with pipes, for what goes on until it is told to end."""
        options = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options}
        return subprocess.Popen([self.command, *map(str, arguments)], env=self.environment, text=True, **options)

    def terminal(self, *arguments, rows=24, columns=80):
        return Terminal([self.command, *map(str, arguments)], self.environment, rows, columns)
