"""What can be done to a request."""

import asyncio

from fakes.http import Capture, encode, send


class Action:
    """One way to treat a request; run() returns True when the connection can be used again."""

    async def run(self, engine, request, writer):
        raise NotImplementedError


class Hang(Action):
    """Take the request and never answer."""

    async def run(self, engine, request, writer):
        await asyncio.Event().wait()


class Close(Action):
    """End the connection without a word."""

    async def run(self, engine, request, writer):
        return False


class Reset(Action):
    """End the connection with a reset."""

    async def run(self, engine, request, writer):
        writer.transport.abort()
        return False


class Reply(Action):
    """A fixed answer; a body that is neither bytes nor text is sent as JSON."""

    def __init__(self, status=200, body=b"", headers=None):
        self.status = status
        self.body = encode(body)
        self.headers = {"Content-Type": "application/json", **(headers or {})}

    async def run(self, engine, request, writer):
        await send(writer, request, self.status, self.headers, self.body)
        return True


class Raw(Action):
    """These bytes and no others, then the end of the connection unless it is to stay open."""

    def __init__(self, data, keep_open=False):
        self.data = data
        self.keep_open = keep_open

    async def run(self, engine, request, writer):
        writer.write(self.data)
        await writer.drain()
        if self.keep_open:
            await asyncio.Event().wait()
        return False


class Altered(Action):
    """Let the engine answer, then do something to the bytes of its answer."""

    async def run(self, engine, request, writer):
        capture = Capture()
        await engine.answer(request, capture)
        await self.pass_on(bytes(capture.data), writer)
        return False

    async def pass_on(self, data, writer):
        raise NotImplementedError


class Cut(Altered):
    """The connection ends after so many bytes of the answer."""

    def __init__(self, after):
        self.after = after

    async def pass_on(self, data, writer):
        writer.write(data[: self.after])
        await writer.drain()


class Drip(Altered):
    """The answer comes a few bytes at a time."""

    def __init__(self, size=1, pause_seconds=0.01):
        self.size = size
        self.pause_seconds = pause_seconds

    async def pass_on(self, data, writer):
        for start in range(0, len(data), self.size):
            writer.write(data[start : start + self.size])
            await writer.drain()
            await asyncio.sleep(self.pause_seconds)


class Delay(Action):
    """The engine answers, but only after a while."""

    def __init__(self, seconds):
        self.seconds = seconds

    async def run(self, engine, request, writer):
        await asyncio.sleep(self.seconds)
        return await engine.answer(request, writer)


class Huge(Action):
    """A body without end, or of this size: blanks before a JSON document that is never closed."""

    def __init__(self, size=None):
        self.size = size

    async def run(self, engine, request, writer):
        length = f"Content-Length: {self.size}\r\n" if self.size else ""
        writer.write(f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n{length}\r\n".encode())
        sent, block = 0, b" " * 65536
        while self.size is None or sent < self.size:
            part = block if self.size is None else block[: self.size - sent]
            writer.write(part)
            await writer.drain()
            sent += len(part)
        return False


class Endless(Action):
    """These bytes once, then these again and again, as fast as the peer takes them; count bounds it."""

    def __init__(self, first, again, count=None):
        self.first = first
        self.again = again
        self.count = count

    async def run(self, engine, request, writer):
        writer.write(self.first)
        sent = 0
        while self.count is None or sent < self.count:
            writer.write(self.again)
            await writer.drain()
            sent += 1
        await asyncio.Event().wait()
