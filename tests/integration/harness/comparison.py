"""An engine and a manager of that one engine, asked the same."""

import json
import re
import urllib.parse

from harness.rawhttp import Connection
from harness.wait import eventually

KEYS = {"containers": "Id", "images": "Id", "networks": "Id", "volumes": "Name"}


class Asker:
    """One address, asked in one version of the API.  An answer is (status, what is listed, or the message)."""

    def __init__(self, address, version, node):
        self.connection = Connection(address)
        self.version = version
        self.prefix = f"{node}/"

    def close(self):
        self.connection.close()

    def ask(self, noun, target):
        response = self.connection.request("GET", f"/v{self.version}{target}")
        if response.status != 200:
            return response.status, self.message(response)
        if noun == "events":
            events = [json.loads(line) for line in response.text.splitlines()]
            return 200, [f"{event['Type']} {event['Action']} {event['Actor']['ID']}" for event in events]
        listed = response.json["Volumes"] or [] if noun == "volumes" else response.json
        names = [one[KEYS[noun]].removeprefix(self.prefix) for one in listed]
        return 200, names if noun in ("containers", "images") else sorted(names)

    @staticmethod
    def message(response):
        """Several values come in any order."""
        text = response.json["message"].strip()
        return re.sub(r"\[(\w+(?: \w+)+)\]", lambda match: f"[{' '.join(sorted(match.group(1).split()))}]", text)


class Pruning:
    """Objects of one noun, made again whenever they are gone."""

    LISTS = {"containers": ("/containers/json?all=1", "/containers/create?name="),
             "networks": ("/networks", "/networks/create"), "volumes": ("/volumes", "/volumes/create")}

    def __init__(self, engine, manager, noun):
        self.engine = engine
        self.manager = manager
        self.noun = noun
        self.list, self.create = self.LISTS[noun]

    def _names(self, client):
        response = client.request("GET", self.list)
        assert response.status == 200, response.text
        listed = response.json["Volumes"] or [] if self.noun == "volumes" else response.json
        names = {one["Names"][0] if "Names" in one else one["Name"] for one in listed}
        return {name.rsplit("/", 1)[-1] for name in names} & {"pruned-1", "pruned-2"}

    def _make(self, name, labels):
        body = {"Name": name, "Labels": labels, "Image": "busybox"}
        target = self.create + (name if self.noun == "containers" else "")
        answer = self.engine.request("POST", target, body=body)
        assert answer.status == 201, answer.text

    def make(self):
        """What is missing, until the manager knows it."""
        there = self._names(self.engine)
        for name, labels in {"pruned-1": {"tier": "front"}, "pruned-2": {}}.items():
            if name not in there:
                self._make(name, labels)
        eventually(lambda: len(self._names(self.manager)) == 2)

    def ask(self, client, version, filters):
        """(was it refused, what is left); None where an engine fails, and hangs up."""
        self.make()
        target = f"/v{version}/{self.noun}/prune?filters={urllib.parse.quote(filters)}"
        try:
            refused = client.request("POST", target, body=b"").status >= 400
        except ConnectionError:
            refused = None
        return refused, sorted(self._names(self.engine))


def compare_prunes(engine, manager, noun, prunes):
    """[(filters, what the engine did, what the manager did)]"""
    pruning = Pruning(engine, manager, noun)
    version = engine.get("/version")["ApiVersion"]
    return [(filters, *(pruning.ask(one, version, filters) for one in (engine, manager))) for filters in prunes]


def compare(engine, manager, questions):
    """[(noun, target, the engine's answer, the manager's answer)]"""
    version = engine.get("/version")["ApiVersion"]
    askers = [Asker(one.address, version, engine.name) for one in (engine, manager)]
    try:
        return [(*question, *(asker.ask(*question) for asker in askers)) for question in questions]
    finally:
        for asker in askers:
            asker.close()
