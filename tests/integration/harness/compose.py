"""Every Compose of this machine: the one in the path, and those that tools/setup unpacked beside it."""

import os
import shutil
import subprocess

from harness.docker import Docker
from harness.lab import TOP

TIMEOUT = 180


def commands():
    unpacked = sorted((TOP / "build-stores").glob("compose-*/usr/libexec/docker/cli-plugins/docker-compose"))
    found = [shutil.which("docker-compose"), *map(str, unpacked)]
    return list(dict.fromkeys(os.path.realpath(path) for path in found if path))


class Project:
    """A Compose file in a folder of its own; compose("up", "-d") runs the command on it."""

    def __init__(self, command, address, folder, name, text):
        self.command = command
        self.name = name
        self.file = folder / "docker-compose.yml"
        self.file.write_text(text)
        self.docker = Docker(address)

    def run(self, *arguments, check=True):
        done = subprocess.run(
            [self.command, "-f", self.file, "-p", self.name, *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=TIMEOUT,
            env=self.docker.environment,
        )
        assert done.returncode == 0 or not check, f"compose {arguments}: {done.stdout}{done.stderr}"
        return done

    def __call__(self, *arguments):
        return self.run(*arguments).stdout

    def close(self):
        self.run("down", "-v", "-t", "0", check=False)
        self.docker.close()
