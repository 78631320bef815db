"""What is asked of an engine and of a manager of that one engine, whose answers must be the same.

A question is (noun, target); scene is what harness/scene.py has made, and gives names and ids.
"""

import itertools
import json
import urllib.parse

# Broken off, not of the right type, or empty: for every noun, in place of {"label":["tier"]}.
FORMS = (
    '', '{}', 'null', '[]', '[1]', '""', '"label"', '1', 'true', '{', '{"label"}', "{'label':['tier']}",
    '{"label":["tier"]} x', '{"label":["tier"]}', '{"label":{"tier":true}}', '{"label":{"tier":false}}',
    '{"label":{"nobody":false}}', '{"label":{"tier":true,"nobody":false}}', '{"label":{}}', '{"label":[]}',
    '{"label":null}', '{"label":"tier"}', '{"label":1}', '{"label":true}', '{"label":[1]}', '{"label":[null]}',
    '{"label":[true]}', '{"label":[["tier"]]}', '{"label":{"tier":1}}', '{"label":{"tier":null}}',
    '{"label":{"tier":"true"}}', '{"label":{"tier":{}}}', '{"label":[""]}', '{"label":["=a"]}', '{"label":["tier="]}',
    '{"label":["tier=front"],"label":["tier=back"]}', '{"label":{"tier":true},"label":["lang"]}',
    '{"label":{"tier":true},"name":["a"]}', '{"name":["a"],"label":{"tier":true}}',
    '{"LABEL":["tier"]}', '{"label ":["tier"]}', '{"":["tier"]}', '{"colour":["red"]}', '{"colour":{"red":false}}',
    '{"colour":{}}', '{"colour":[]}', '{"colour":null}', '{"label!":["tier"]}',
    '{"label!":["tier=front"]}', '{"label":["tier"],"label!":["lang"]}', '{"node":[]}',
)

# What shall be deleted; most of it must not be.
PRUNES = (
    '', '{}', 'null', '[]', '{', '{"label":{"nobody":false}}', '{"label":{"nobody":true}}', '{"label":["nobody"]}',
    '{"label":{"tier":false}}', '{"label":["tier=front"]}', '{"label":[]}', '{"label":{}}', '{"label":null}',
    '{"label":[1]}', '{"label":[null]}', '{"label":"tier"}', '{"label":["tier"]} x', '{"label!":["tier"]}',
    '{"label!":{"tier":false}}', '{"label":["nobody"],"label":["tier"]}', '{"colour":["red"]}',
    '{"colour":{"red":false}}', '{"colour":[]}', '{"until":["2020-01-01"]}', '{"until":{"2020-01-01":false}}',
    '{"until":["x"]}', '{"until":[]}', '{"until":["1h","2h"]}', '{"all":["true"]}', '{"all":{"true":false}}',
    '{"all":["x"]}', '{"all":["true","false"]}', '{"dangling":["true"]}',
)

# Of numbers and switches.
WORDS = ("", "0", "1", "2", "-1", "x", "1.5", " 1", "1 ", "+1", "0x1", "1e3", "99999999999999999999", "true", "True",
         "TRUE", "t", "T", "false", "no", "none", "yes", "F")

BOOLEANS = ("true", "false", "1", "0", "True", "t", "yes", "")


def containers(scene):
    network, image = scene.networks["front"], scene.images["derived:1"]
    one = scene.containers["published"]
    return {
        "ancestor": ["derived:1", "busybox", "busybox:latest", "derived", image, image[:19], image[7:19], 
                     "docker.io/library/busybox", "library/busybox", "nobody:1", "moved", "", "BUSYBOX", "[",
                     scene.images["old"], "sha256:", "swarm"],
        "before": ["published", one, one[:12], "/published", "nobody", ""],
        "since": ["published", one, one[:6], "nobody", ""],
        "exited": ["0", "3", "7", "-1", "x", "", "03", " 3", "137"],
        "expose": ["80", "80/tcp", "80/udp", "7001", "7002-7009", "53/udp", "8080", "x", "", "80/x", "99999", "9-7"],
        "publish": ["8080", "8080/tcp", "8080/udp", "9000-9100/udp", "80", "x", "", "8080/x", "0", "8081-8079"],
        "health": ["healthy", "unhealthy", "none", "starting", "fine", "", "Healthy"],
        "id": [one, one[:12], one[:1], one[1:9], "^" + one[:4], one[-6:], "zz", "", "[", ".", one.upper()],
        "is-task": [*BOOLEANS],
        "isolation": ["default", "hyperv", ""],
        "label": ["tier", "tier=front", "tier=", "ti", "nobody", "lang=c", "=", "tier=front=x", "", "empty", "empty=",
                  "Tier"],
        "name": ["published", "^/oldest$", "^oldest$", "/oldest", "est$", "[", "", "ended-.", "OLDEST", "^ended", "$",
                 "/", "^/", "old|new", "(?i)OLDEST", "ended*", "\\d"],
        "network": ["front", "fro", "bridge", network, network[:12], network[:1], "none", "host", "nobody", "", "Front"],
        "status": ["running", "paused", "exited", "created", "dead", "removing", "restarting", "asleep", "", "Running"],
        "volume": ["data", "/var/data", "/var", "/mnt", scene.bound, "/anonymous", "nobody", "", "dat",
                   scene.anonymous],
    }


def images(scene):
    one = scene.images["derived:1"]
    dates = ["2020-01-01", "2020-01-01T00:00:00", "2020-01-01T00:00", "2020-01-01T00:00:00Z", "2020-01-01Z",
             "2020-01-01T00:00:00.5", "2020-01-01T00:00:00+02:00", "1577836800", "1577836800.5", "1h", "0h", "-1h",
             "10000h", "2099-01-01", "2099", "x", "", "1d", "01-01-2020"]
    return {
        "before": ["derived:1", "derived", one, one[7:19], "nobody", "", "sha256:000000000000", "BUSYBOX"],
        "since": ["busybox", "derived:1", one[7:19], "nobody", ""],
        "dangling": [*BOOLEANS],
        "label": ["tier", "tier=front", "nobody", "tier=", "", "lang"],
        "reference": ["busybox", "busybox:latest", "busy*", "*", "*:*", "*/*", "derived:1", "derived:*", "derive?",
                      "nobody", "", "[", "docker.io/library/busybox", "library/busybox", "far.away/team/*",
                      "far.away/*/*", "far.away/team/tool:1", "*/team/tool", one, "busybox@sha256:*", "BUSYBOX", "**"],
        "until": dates,
    }


def networks(scene):
    one = scene.networks["front"]
    return {
        "dangling": [*BOOLEANS],
        "driver": ["bridge", "host", "null", "overlay", "", "bri"],
        "id": [one, one[:12], one[:1], one[1:9], "^" + one[:3], "zz", "", "["],
        "label": ["tier", "tier=front", "nobody", ""],
        "name": ["front", "fro", "^front$", "bridge", "", "[", "nobody", "FRONT", "o", "ront$"],
        "scope": ["local", "swarm", "global", "x", ""],
        "type": ["custom", "builtin", "x", "", "Custom"],
    }


def volumes(scene):
    return {
        "dangling": [*BOOLEANS],
        "driver": ["local", "", "x", "loc"],
        "label": ["tier", "tier=front", "nobody", ""],
        "name": ["data", "dat", "^data$", "", "[", "nobody", "DATA", "ata", scene.anonymous, scene.anonymous[:6], "."],
    }


def events(scene):
    one, network = scene.containers["ended-3"], scene.networks["front"]
    return {
        "container": ["ended-3", one, one[:8], "/ended-3", "ended", "nobody", ""],
        "event": ["start", "die", "create", "health_status", "health_status: healthy", "health_status: unhealthy", "x",
                  "", "star", "exec_create", "pause", "tag"],
        "image": ["busybox", "busybox:latest", "derived", "derived:1", "nobody", "docker.io/library/busybox", "busy"],
        "label": ["tier", "tier=front", "nobody", ""],
        "network": ["front", network, network[:6], "fro", "bridge", "nobody"],
        "type": ["container", "image", "network", "volume", "daemon", "x", "", "Container"],
        "volume": ["data", "dat", "nobody"],
        "scope": ["local", "swarm", "x"],
        "daemon": ["x", ""],
        "plugin": ["x"], "service": ["x"], "secret": ["x"], "config": ["x"],
        "colour": ["red"],
    }


LISTS = {
    "containers": (containers, "/containers/json", ("", "all=1")),
    "images": (images, "/images/json", ("", "all=1")),
    "networks": (networks, "/networks", ("",)),
    "volumes": (volumes, "/volumes", ("",)),
}

# Several values of one filter: alternatives, or all of them.
TWICE = (
    ("containers", {"label": ["tier", "lang"]}), ("containers", {"label": ["tier=front", "tier=back"]}),
    ("containers", {"name": ["oldest", "newest"]}), ("containers", {"status": ["exited", "created"]}),
    ("containers", {"exited": ["0", "3"]}),
    ("containers", {"since": ["oldest", "newest"]}),
    ("containers", {"ancestor": ["derived:1", "nobody"]}), ("containers", {"network": ["front", "none"]}),
    ("containers", {"volume": ["data", "/mnt"]}), ("containers", {"publish": ["8080", "9053/udp"]}),
    ("containers", {"is-task": ["true", "false"]}), ("containers", {"health": ["healthy", "none"]}),
    ("containers", {"since": ["published", "nobody"]}), ("containers", {"status": ["running", "asleep"]}),
    ("images", {"reference": ["busybox", "derived:*"]}), ("images", {"label": ["tier", "lang"]}),
    ("images", {"dangling": ["true", "false"]}), ("images", {"dangling": ["true", "x"]}),
    ("images", {"before": ["busybox", "derived:1"]}), ("images", {"since": ["busybox", "derived:1"]}),
    ("images", {"until": ["2020-01-01", "0h"]}),
    ("networks", {"type": ["custom", "builtin"]}), ("networks", {"driver": ["bridge", "host"]}),
    ("networks", {"name": ["front", "back"]}), ("networks", {"scope": ["local", "swarm"]}),
    ("networks", {"label": ["tier", "lang"]}), ("networks", {"dangling": ["true", "false"]}),
    ("networks", {"dangling": ["true", "true"]}), ("volumes", {"dangling": ["true", "false"]}),
    ("volumes", {"name": ["data", "lone"]}), ("volumes", {"label": ["tier", "lang"]}),
    ("volumes", {"driver": ["local", "x"]}),
    ("events", {"type": ["container", "image"]}), ("events", {"label": ["tier", "lang"]}),
    ("events", {"event": ["start", "die"]}), ("events", {"container": ["ended-3", "ended-0"]}),
)


def target(path, filters, query=""):
    text = filters if isinstance(filters, str) else json.dumps(filters)
    parts = [query, "filters=" + urllib.parse.quote(text)]
    return f"{path}?" + "&".join(part for part in parts if part)


def pairs(values):
    """Each filter with each other, of both the first two values."""
    for (one, left), (other, right) in itertools.combinations(values.items(), 2):
        for number in range(2):
            yield {one: [left[number % len(left)]], other: [right[(number + 1) % len(right)]]}


def of_lists(scene):
    for noun, (values_of, path, queries) in LISTS.items():
        values = values_of(scene)
        for query in queries:
            for key, words in values.items():
                for word in words:
                    yield noun, target(path, {key: [word]}, query)
        for filters in pairs(values):
            yield noun, target(path, filters, queries[-1])
        for filters in FORMS:
            yield noun, target(path, filters, queries[-1])
        yield noun, path


def of_events(scene):
    path, query = "/events", f"since={scene.since}&until={scene.until}"
    values = events(scene)
    for key, words in values.items():
        for word in words:
            yield "events", target(path, {key: [word]}, query)
    for filters in pairs(values):
        yield "events", target(path, filters, query)
    for filters in FORMS:
        yield "events", target(path, filters, query)
    for word in ("x", "1d", "2020-13-01"):
        yield "events", f"/events?until={word}"
    for word in ("x", "2020-01-01", "2020-01-01T00:00", "1h", "-1h"):
        yield "events", f"/events?since={word}&until={scene.until}"
    yield "events", f"/events?since={scene.until}&until={scene.since}"


def of_words(scene):
    for noun, name in (("containers", "all"), ("containers", "limit"), ("images", "all")):
        for word in WORDS:
            yield noun, f"{LISTS[noun][1]}?{name}={urllib.parse.quote(word)}"
    for noun, name in (("containers", "size"), ("images", "shared-size")):
        for word in ("x", "1"):
            yield noun, f"{LISTS[noun][1]}?{name}={word}"
    for name, word in itertools.product(("before", "since"), ("published", "nobody", "")):
        yield "containers", f"/containers/json?{name}={word}"
    yield "images", "/images/json?filter=busybox"
    yield "images", "/images/json?filter=nobody"
    for query in ("all=1&limit=1", "limit=3", "limit=100", "limit=1&all=0"):
        yield "containers", f"/containers/json?{query}"


def all_of_them(scene):
    yield from of_lists(scene)
    yield from of_words(scene)
    paths = {noun: path for noun, (_, path, _) in LISTS.items()}
    for noun, filters in TWICE:
        if noun == "events":
            yield noun, target("/events", filters, f"since={scene.since}&until={scene.until}")
        else:
            yield noun, target(paths[noun], filters, "all=1")
    yield from of_events(scene)
