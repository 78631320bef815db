"""A browser without a window, told by tests/integration/clients/browse.js what to open and what to say of it."""

import json
import shutil
import subprocess

import pytest

from harness.clients import MODULES, SCRIPTS, module

PROGRAMS = ["chromium-headless-shell", "chromium"]


class Browser:
    def __init__(self):
        program = next(filter(None, map(shutil.which, PROGRAMS)), None)
        if not program or not module("playwright-core"):
            pytest.skip("no browser, or nothing that drives it, could be had: tools/setup check says why")
        self.child = subprocess.Popen(
            [shutil.which("node"), SCRIPTS / "browse.js", MODULES / "playwright-core", program],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def do(self, deed, **order):
        self.child.stdin.write(json.dumps({"deed": deed, **order}) + "\n")
        self.child.stdin.flush()
        line = self.child.stdout.readline()
        assert line, "the browser has ended"
        answer = json.loads(line)
        assert "failed" not in answer, answer["failed"]
        return answer.get("is")

    def close(self):
        self.child.stdin.close()
        try:
            self.child.wait(30)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait()
        self.child.stdout.close()
