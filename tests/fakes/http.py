"""HTTP, as little as an engine needs."""

import asyncio
import json
import re
import urllib.parse


class Capture:
    """Stands in for a connection, and keeps what is written."""

    def __init__(self):
        self.data = bytearray()

    def write(self, data):
        self.data += data

    async def drain(self):
        pass


class Request:
    """What the engine was asked."""

    def __init__(self, method, target, headers, body):
        self.method = method
        self.target = target
        self.headers = headers  # [(name, value)] as they came
        self.body = body
        url = urllib.parse.urlsplit(target)
        self.version, self.path = split_version(url.path)
        self.query = dict(urllib.parse.parse_qsl(url.query, keep_blank_values=True))

    def header(self, name, default=None):
        return next((value for key, value in self.headers if key.lower() == name.lower()), default)

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def filters(self):
        """The query's filters as {name: [value]}; both forms that clients send."""
        filters = json.loads(self.query.get("filters") or "{}")
        return {name: list(values) for name, values in filters.items()}

    def __repr__(self):
        return f"<{self.method} {self.target}>"


def split_version(path):
    """("1.41" or None, the rest)"""
    match = re.match(r"/v(\d+\.\d+)(/.*)", path)
    return match.groups() if match else (None, path)


def encode(body):
    if isinstance(body, bytes):
        return body
    if isinstance(body, str):
        return body.encode()
    return json.dumps(body).encode() + b"\n"


REASONS = {101: "UPGRADED", 200: "OK", 201: "Created", 204: "No Content", 304: "Not Modified", 400: "Bad Request",
           404: "Not Found", 409: "Conflict", 500: "Internal Server Error"}


async def send(writer, request, status, headers, body):
    lines = [f"HTTP/1.1 {status} {REASONS.get(status, 'Status')}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    if status not in (204, 304):
        lines.append(f"Content-Length: {len(body)}")
    writer.write("\r\n".join(lines).encode() + b"\r\n\r\n")
    if request.method != "HEAD" and status not in (204, 304):
        writer.write(body)
    await writer.drain()


async def read_chunked(reader):
    parts = []
    while True:
        size = int((await reader.readuntil(b"\r\n")).split(b";")[0], 16)
        if size == 0:
            break
        parts.append(await reader.readexactly(size))
        await reader.readexactly(2)
    while (await reader.readuntil(b"\r\n")).strip():
        pass
    return b"".join(parts)


async def read_request(reader):
    """The next request; None at the end of the connection."""
    try:
        raw = await reader.readuntil(b"\r\n\r\n")
    except (asyncio.IncompleteReadError, ConnectionError):
        return None
    lines = raw.decode("latin-1").split("\r\n")
    method, target, _ = lines[0].split(" ", 2)
    headers = [tuple(part.strip() for part in line.split(":", 1)) for line in lines[1:] if line]
    request = Request(method, target, headers, b"")
    if "chunked" in (request.header("Transfer-Encoding") or "").lower():
        request.body = await read_chunked(reader)
    else:
        request.body = await reader.readexactly(int(request.header("Content-Length") or 0))
    return request


class ApiError(Exception):
    def __init__(self, status, message):
        super().__init__(message)
        self.status = status
        self.message = message
