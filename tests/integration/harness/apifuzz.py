"""Random requests to the Docker API, valid and not, as bytes; the same seed gives the same requests.

A Generator knows the methods and paths of the API and what clients put into queries and bodies.  It begins with
something that a client could send, and then spoils some of it: the path, the query, the body, the framing, the
bytes.  Plan says how these bytes are to be sent, because half of what goes wrong goes wrong between two segments.
"""

import copy
import json
import pathlib
import urllib.parse

API = pathlib.Path(__file__).resolve().parents[2] / "data" / "engine-api-1.56.txt"

VERSIONS = ["v1.24", "v1.41", "v1.44", "v1.52", "v1.55", "v1.56"]
WILD_VERSIONS = ["v1.1", "v0.0", "v9.99", "v1.", "v1.41.1", "v99999999999999999999.1", "v-1.4", "v"]
WILD_TEXTS = ["", "0", "-1", "1", "true", "True", "yes", "null", "99999999999999999999", "-9223372036854775808", "1e999",
              "1.5", "NaN", "0x10", "%", "%zz", "%00", "%ff%fe", "a%00b", "ü", "../../etc", "/", "//", "a/b/c", "*",
              "(((((", "[a-", "/(a+)+$/", "a" * 5000, "'\"<>", "\\", "{}", "[]", "1h30m", "2024-01-02T03:04:05Z",
              "1700000000.123456789", "constraint:node==x", "@sha256:zz", "[::1]:80", "\u2028", "+", "&", "=", "#", ";"]
QUERY_KEYS = ["all", "size", "limit", "filters", "name", "since", "until", "t", "signal", "force", "v", "link", "path",
              "stdout", "stderr", "stdin", "stream", "follow", "tail", "timestamps", "one-shot", "h", "w", "ps_args",
              "condition", "fromImage", "fromSrc", "tag", "repo", "platform", "container", "q", "dockerfile", "remote",
              "buildargs", "noprune", "digests", "shared-size", "verbose", "scope", "detachKeys", "logs",
              "noOverwriteDirNonDir", "copyUIDGID", "before", "manifests", "type"]
FILTER_KEYS = ["id", "name", "label", "status", "exited", "ancestor", "before", "since", "volume", "network", "publish",
               "expose", "health", "isolation", "is-task", "node", "event", "type", "container", "image", "scope",
               "driver", "dangling", "reference", "until", "daemon", "label!", "nonsense"]
FILTER_VALUES = ["web", "/web", "fake-0/web", "running", "exited", "bogus", "0", "-1", "a=b", "=", "80", "80/tcp",
                 "1-99999", "70000/udp", "healthy", "true", "/(a+)+$/", "(", "*", "", "ü", "busybox", "fake-*",
                 "local", "custom", "10m", "x" * 3000]
FIELD_VALUES = [None, True, False, 0, -1, 1, 1.5, 1e300, 2**63, -(2**63), 2**64, 2**80, "", "x", "80/tcp", "a" * 20000,
                [], {}, [None], [[]], {"": None}, ["constraint:node==fake-0"], ["affinity:container==web"],
                ["constraint:node==/(/"], ["constraint:"], ["affinity:x!=~*"], {"80/tcp": [{"HostPort": "80"}]},
                {"80/tcp": None}, {"nonsense": [None]}, {"80/tcp": [{"HostPort": "99999999"}]}, {"a": "b"},
                {"com.docker.swarm.constraints": '["node==fake-1"]'}, {"com.docker.swarm.constraints": "[["},
                {"com.docker.swarm.affinities": '"x"'}, {"com.docker.swarm.id": "zz"}, "container:web", "container:"]
HEADER_LINES = ["X-Registry-Auth: e30=", "X-Registry-Auth: \xff\xfe", "Expect: 100-continue", "Expect: x",
                "Connection: close", "Connection: Upgrade\r\nUpgrade: tcp", "Connection: Upgrade\r\nUpgrade: h2c",
                "Connection: keep-alive, TE", "TE: trailers", "Content-Type: text/html", "Accept: application/x-ndjson",
                "Transfer-Encoding: chunked", "Transfer-Encoding: gzip", "Content-Length: 3", "Content-Length: -1",
                "Content-Length: 99999999999999999999", "Content-Length: 10\r\nContent-Length: 11", "Host: other",
                " folded: x", "No-Colon", "A: " + "b" * 9000, "X-Nul: a\x00b", "Bad Name: x", "Trailer: X"]


def api_rows():
    """[(method, path)] of the whole Engine API, and two that are ours."""
    lines = [line.split() for line in API.read_text().splitlines() if line and not line.startswith("#")]
    return [tuple(line) for line in lines] + [("GET", "/containers/ps"), ("GET", "/metrics")]


def target_is_clear(line):
    """A request line that nobody can read in two ways."""
    return line.count(" ") == 2 and line.isprintable() and line.isascii()


class Plan:
    """What is sent, how, and how the connection ends."""

    def __init__(self, methods, data, pieces, ending):
        self.methods = methods  # of the requests, because a HEAD's answer is shorter; empty: not known
        self.data = data
        self.pieces = pieces  # [(bytes, seconds to wait before)]
        self.ending = ending  # "read", "close", "half-close", "reset"

    def __repr__(self):
        return f"{self.ending} after {len(self.pieces)} pieces: {self.data[:600]!r}"


class Generator:
    def __init__(self, random):
        self.random = random
        self.rows = api_rows()

    def chance(self, probability):
        return self.random.random() < probability

    def one_of(self, *choices):
        return self.random.choice(choices)

    #
    # The head
    #

    def name(self):
        known = ["web", "db", "fake-0/web", "/web", "busybox", "bridge", "fake-1/bridge", "data", f"n{self.random.randrange(50)}"]
        return self.random.choice(known if self.chance(0.8) else WILD_TEXTS)

    def path(self, pattern):
        parts = []
        for part in pattern.split("/"):
            if part.startswith("{"):
                part = urllib.parse.quote(self.name(), safe="/%") if self.chance(0.95) else self.name()
            parts.append(part)
        return "/".join(parts)

    def filters(self):
        kind = self.random.randrange(10)
        names = self.random.sample(FILTER_KEYS, self.random.randrange(4))
        values = {name: self.random.sample(FILTER_VALUES, self.random.randrange(3)) for name in names}
        if kind < 4:
            return json.dumps(values)
        if kind < 8:
            return json.dumps({name: {value: self.chance(0.8) for value in some} for name, some in values.items()})
        if kind == 8:
            return self.spoil_text(json.dumps(values))
        return self.one_of("[" * 3000, '{"a":' * 3000, '{"name":5}', '{"name":{"a":"b"}}', '{"name":[5]}', "null", '"x"')

    def query(self):
        pairs = []
        for _ in range(self.random.choice([0, 0, 1, 1, 2, 5])):
            key = self.random.choice(QUERY_KEYS) if self.chance(0.9) else self.random.choice(WILD_TEXTS)
            value = self.filters() if key == "filters" else self.random.choice(WILD_TEXTS + [self.name()])
            pairs.append((key, value))
        if self.chance(0.9):
            return urllib.parse.urlencode(pairs)
        return "&".join(f"{key}={value}" for key, value in pairs)

    def target(self, pattern):
        version = ""
        if self.chance(0.7):
            version = "/" + self.random.choice(VERSIONS if self.chance(0.9) else WILD_VERSIONS)
        query = self.query()
        target = version + self.path(pattern) + ("?" + query if query else "")
        if self.chance(0.02):
            target = self.one_of("*", "http://x" + target, "x:80", "//", "", "?" + query, target + "#x", "/" * 2000)
        # what cannot stand in a request line is mostly sent as a client would have to
        return target if self.chance(0.1) else urllib.parse.quote(target, safe="/%?&=#:+*[]@!$'(),;~{}\"<>\\|^`")

    #
    # Bodies
    #

    def spoil_text(self, text):
        cut = self.random.randrange(len(text) + 1)
        return self.one_of(text[:cut], text[:cut] + "\x00" + text[cut:], text + text, text[:cut] + "}" + text[cut:])

    def create_document(self):
        return {
            "Image": self.one_of("busybox", "busybox", "busybox:latest", "missing/image", "", "@@", "a" * 300),
            "Env": ["A=1"] + self.random.sample(["constraint:node==fake-*", "affinity:container==web", "affinity:image==~x",
                                                 "constraint:", "affinity:=", "constraint:a!=/[/"], self.random.randrange(2)),
            "Labels": {"tier": "front"},
            "ExposedPorts": {"80/tcp": {}},
            "HostConfig": {"Memory": self.one_of(0, 4 << 20, 1 << 62), "NanoCpus": self.one_of(0, 10**9),
                           "PortBindings": {"80/tcp": [{"HostPort": self.one_of("", "80", "8080")}]} if self.chance(0.2) else {},
                           "NetworkMode": self.one_of("default", "host", "container:web", "fake-0/bridge"),
                           "Links": [], "VolumesFrom": []},
            "NetworkingConfig": {"EndpointsConfig": {}},
        }

    def spoil_document(self, document):
        """Another value somewhere in it."""
        keys = ["Image", "Env", "Labels", "Cmd", "ExposedPorts", "HostConfig", "NetworkingConfig", "Volumes", "Name",
                "Healthcheck", "New"]
        inner = ["Memory", "NanoCpus", "CpuShares", "PortBindings", "NetworkMode", "Links", "VolumesFrom", "Binds",
                 "IpcMode", "PidMode", "Mounts", "MemoryReservation", "CpuQuota", "CpuPeriod"]
        host = document.get("HostConfig")
        if isinstance(host, dict) and self.chance(0.6):
            host[self.random.choice(inner)] = copy.deepcopy(self.random.choice(FIELD_VALUES))
        else:
            document[self.random.choice(keys)] = copy.deepcopy(self.random.choice(FIELD_VALUES))

    def document(self, pattern):
        if pattern == "/networks/create":
            return {"Name": self.name(), "Driver": self.one_of("bridge", "overlay", "", 5), "Labels": {}}
        if pattern == "/volumes/create":
            return {"Name": self.name(), "Driver": "local", "Labels": self.random.choice(FIELD_VALUES)}
        if "connect" in pattern:
            return {"Container": self.name(), "Force": self.random.choice(FIELD_VALUES)}
        if pattern.endswith("/exec"):
            return {"Cmd": ["true"], "AttachStdout": True}
        if pattern == "/auth":
            return {"username": "a", "password": "b"}
        return self.create_document()

    def body(self, pattern):
        document = self.document(pattern)
        for _ in range(self.random.choice([0, 0, 1, 3])):
            self.spoil_document(document)
        data = json.dumps(document).encode()
        kind = self.random.randrange(24)
        if kind == 0:
            return self.spoil_text(data.decode()).encode()
        if kind == 1:
            return b"[" * self.one_of(10, 5000, 200000)
        if kind == 2:
            return b'{"a":' * 5000 + b"1" + b"}" * 5000
        if kind == 3:
            return data.replace(b"busybox", b"\xff\xfe\x80").replace(b"front", b"\\u0000\\ud800")
        if kind == 4:
            return data[:-1] + b',"Pad":"' + b"p" * self.one_of(70000, 2000000) + b'"}'
        if kind == 5:
            return self.random.randbytes(self.random.randrange(3000))
        if kind == 6:
            return b""
        return data

    #
    # The bytes
    #

    def chunked(self, body):
        parts = []
        while body:
            size = self.random.randrange(1, max(2, len(body) // 2 + 2))
            extension = b";x=y" if self.chance(0.1) else b""
            parts.append(b"%x%s\r\n%s\r\n" % (min(size, len(body)), extension, body[:size]))
            body = body[size:]
        parts.append(b"0\r\n" + (b"X-T: 1\r\n" if self.chance(0.2) else b"") + b"\r\n")
        return b"".join(parts)

    def request(self):
        """(method, bytes, whether it is clear where it ends)"""
        method, pattern = self.random.choice(self.rows if self.chance(0.6) else [
            row for row in self.rows if row[1].startswith(("/containers", "/events", "/exec"))])
        if self.chance(0.05):
            method = self.one_of("GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH", "BREW", "CONNECT", "get")
        lines = [f"{method} {self.target(pattern)} HTTP/1.{self.one_of(1, 1, 1, 1, 1, 1, 1, 0)}", "Host: swarm"]
        body = self.body(pattern) if method in ("POST", "PUT") or self.chance(0.03) else b""
        chunked = body and self.chance(0.2)
        clear = target_is_clear(lines[0])
        if self.chance(0.15):
            lines.append(self.random.choice(HEADER_LINES))
            clear = False
        if chunked:
            lines.append("Transfer-Encoding: chunked")
        elif body or method == "POST":
            lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
        head = "\r\n".join(lines).encode("utf-8", "surrogatepass") + b"\r\n\r\n"
        return method, head + (self.chunked(body) if chunked else body), clear

    def spoil_bytes(self, data):
        data = bytearray(data)
        for _ in range(self.random.choice([1, 1, 3])):
            at = self.random.randrange(min(len(data), 600))
            kind = self.random.randrange(4)
            if kind == 0:
                data[at] ^= 1 << self.random.randrange(8)
            elif kind == 1:
                del data[at : at + self.random.randrange(1, 20)]
            elif kind == 2:
                data[at:at] = self.one_of(b"\r\n", b"\n", b"\r", b"\x00", b" ", b"\t", b":", b"\r\n\r\n", b"\xff" * 30)
            else:
                del data[at:]
            data = data or bytearray(b"G")
        return bytes(data)

    def pieces(self, data):
        kind = self.random.randrange(12)
        if kind < 7:
            return [(data, 0)]
        if kind < 10:
            marks = sorted(self.random.randrange(len(data) + 1) for _ in range(self.random.randrange(1, 4)))
            return [(data[a:b], 0.002) for a, b in zip([0, *marks], [*marks, len(data)])]
        few, rest = data[:60], data[60:]
        return [(few[i : i + 3], 0.001) for i in range(0, len(few), 3)] + [(rest, 0)]

    def plan(self):
        methods, data, clear = [], b"", True
        for _ in range(self.random.choice([1, 1, 1, 1, 2, 4])):
            method, more, more_clear = self.request()
            methods, data, clear = [*methods, method], data + more, clear and more_clear
        if self.chance(0.12):
            data, clear = self.spoil_bytes(data), False
        ending = self.random.choices(["read", "close", "half-close", "reset"], [75, 10, 10, 5])[0]
        return Plan(methods if clear else [], data, self.pieces(data), ending)
