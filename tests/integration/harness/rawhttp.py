"""HTTP over a bare socket, with every byte under the test's control."""

import json
import socket

TIMEOUT = 30.0


class Head:
    """Start line and headers of a message, in the order and spelling they came in."""

    def __init__(self, raw):
        self.raw = raw
        lines = raw.decode("latin-1").split("\r\n")
        self.start_line = lines[0]
        self.headers = [tuple(part.strip() for part in line.split(":", 1)) for line in lines[1:] if line]

    @property
    def status(self):
        return int(self.start_line.split(" ")[1])

    def all(self, name):
        return [value for key, value in self.headers if key.lower() == name.lower()]

    def get(self, name, default=None):
        values = self.all(name)
        return values[0] if values else default

    def has_body(self, method):
        return method != "HEAD" and self.status >= 200 and self.status not in (204, 304)


class Response:
    def __init__(self, head, body, trailers=None):
        self.head = head
        self.status = head.status
        self.body = body
        self.trailers = trailers

    @property
    def text(self):
        return self.body.decode("utf-8")

    @property
    def json(self):
        return json.loads(self.body)


class Connection:
    """One connection to "host:port", or to a unix socket when the address starts with a slash."""

    def __init__(self, address, timeout=TIMEOUT):
        if address.startswith("/"):
            self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            self.socket.settimeout(timeout)
            self.socket.connect(address)
        else:
            host, port = address.rsplit(":", 1)
            self.socket = socket.create_connection((host, int(port)), timeout)
        self.buffer = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data if isinstance(data, bytes) else data.encode("latin-1"))

    def send_request(self, method, target, headers=(), body=None):
        """Send a well-formed request; a body gets its length, a Host is added when there is none."""
        headers = list(headers)
        names = {name.lower() for name, _ in headers}
        if "host" not in names:
            headers.insert(0, ("Host", "swarm"))
        if body is not None and not names & {"content-length", "transfer-encoding"}:
            headers.append(("Content-Length", str(len(body))))
        lines = [f"{method} {target} HTTP/1.1"] + [f"{name}: {value}" for name, value in headers]
        self.send("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + (body or b""))

    def half_close(self):
        """We have nothing more to say; the other side may still speak."""
        self.socket.shutdown(socket.SHUT_WR)

    def receive(self):
        """Whatever comes next; b"" at the end of the stream."""
        if self.buffer:
            data, self.buffer = self.buffer, b""
            return data
        return self.socket.recv(65536)

    def _fill(self):
        data = self.socket.recv(65536)
        if not data:
            raise ConnectionError(f"the stream ended, last came {self.buffer[-200:]!r}")
        self.buffer += data

    def read_until(self, mark):
        while mark not in self.buffer:
            self._fill()
        data, self.buffer = self.buffer.split(mark, 1)
        return data

    def read_exactly(self, count):
        while len(self.buffer) < count:
            self._fill()
        data, self.buffer = self.buffer[:count], self.buffer[count:]
        return data

    def read_to_end(self):
        parts = []
        while True:
            data = self.receive()
            if not data:
                return b"".join(parts)
            parts.append(data)

    def read_head(self):
        return Head(self.read_until(b"\r\n\r\n"))

    def read_chunk(self):
        """One chunk; b"" is the last one, whose trailers are left unread."""
        size = int(self.read_until(b"\r\n").split(b";")[0], 16)
        if size == 0:
            return b""
        data = self.read_exactly(size)
        assert self.read_exactly(2) == b"\r\n", "a chunk does not end with CRLF"
        return data

    def _read_trailers(self):
        lines = []
        while line := self.read_until(b"\r\n"):
            lines.append(line.decode("latin-1"))
        return lines

    def read_body(self, head, method="GET"):
        """(body, trailers)"""
        if not head.has_body(method):
            return b"", None
        if "chunked" in head.get("Transfer-Encoding", "").lower():
            parts = []
            while chunk := self.read_chunk():
                parts.append(chunk)
            return b"".join(parts), self._read_trailers()
        length = head.get("Content-Length")
        return (self.read_to_end() if length is None else self.read_exactly(int(length))), None

    def read_response(self, method="GET"):
        head = self.read_head()
        while head.status == 100:
            head = self.read_head()
        body, trailers = self.read_body(head, method)
        return Response(head, body, trailers)

    def request(self, method, target, headers=(), body=None):
        self.send_request(method, target, headers, body)
        return self.read_response(method)

    def upgrade(self, target, body=b"", method="POST"):
        """Ask for a raw stream as the docker command does; the head of the answer."""
        headers = [("Connection", "Upgrade"), ("Upgrade", "tcp"), ("Content-Type", "application/json")]
        self.send_request(method, target, headers, body)
        return self.read_head()

    def read_frame(self):
        """(stream, data) of a container without a terminal; (None, b"") at the end."""
        try:
            head = self.read_exactly(8)
        except ConnectionError:
            assert not self.buffer, f"the stream ended inside a frame: {self.buffer!r}"
            return None, b""
        return head[0], self.read_exactly(int.from_bytes(head[4:], "big"))

    def read_frames(self):
        """Everything to the end: (stdout, stderr)"""
        parts = {1: [], 2: []}
        while True:
            stream, data = self.read_frame()
            if stream is None:
                return b"".join(parts[1]), b"".join(parts[2])
            parts[stream].append(data)


def request(address, method, target, headers=(), body=None, timeout=TIMEOUT):
    """One request on a connection of its own.  A body that is no bytes is sent as JSON."""
    headers = list(headers)
    if body is not None and not isinstance(body, bytes):
        body = json.dumps(body).encode()
        headers.append(("Content-Type", "application/json"))
    with Connection(address, timeout) as connection:
        return connection.request(method, target, [*headers, ("Connection", "close")], body)


def get(address, target, **options):
    return request(address, "GET", target, **options)
