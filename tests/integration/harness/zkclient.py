"""As much of ZooKeeper's wire protocol as a test needs to look and to meddle."""

import socket
import struct

EPHEMERAL = 1


class ZooKeeperError(LookupError):
    def __init__(self, code):
        super().__init__(f"ZooKeeper error {code}")
        self.code = code


class ZooKeeperClient:
    OPEN_ACL = struct.pack(">ii", 1, 31) + struct.pack(">i", 5) + b"world" + struct.pack(">i", 6) + b"anyone"

    def __init__(self, ip, port, session_ms=10000):
        self.socket = socket.create_connection((ip, port), 10)
        self.xid = 0
        self._send(struct.pack(">iqiq", 0, 0, session_ms, 0) + self._bytes(b"\0" * 16))
        self._receive()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    @staticmethod
    def _bytes(data):
        return struct.pack(">i", len(data)) + data

    def _send(self, payload):
        self.socket.sendall(self._bytes(payload))

    def _exactly(self, count):
        data = b""
        while len(data) < count:
            part = self.socket.recv(count - len(data))
            if not part:
                raise ConnectionError("ZooKeeper closed the connection")
            data += part
        return data

    def _receive(self):
        return self._exactly(struct.unpack(">i", self._exactly(4))[0])

    def _call(self, operation, body):
        self.xid += 1
        self._send(struct.pack(">ii", self.xid, operation) + body)
        reply = self._receive()
        _, _, error = struct.unpack(">iqi", reply[:16])
        if error:
            raise ZooKeeperError(error)
        return reply[16:]

    @staticmethod
    def _stat(data):
        names = "czxid mzxid ctime mtime version cversion aversion ephemeralOwner dataLength numChildren pzxid"
        return dict(zip(names.split(), struct.unpack(">qqqqiiiqiiq", data)))

    def create(self, path, value=b"", flags=0):
        body = self._bytes(path.encode()) + self._bytes(value) + self.OPEN_ACL + struct.pack(">i", flags)
        self._call(1, body)

    def delete(self, path):
        self._call(2, self._bytes(path.encode()) + struct.pack(">i", -1))

    def get(self, path):
        """(data, stat)"""
        reply = self._call(4, self._bytes(path.encode()) + b"\0")
        length = struct.unpack(">i", reply[:4])[0]
        length = max(length, 0)
        return reply[4:4 + length], self._stat(reply[4 + length:])

    def set(self, path, value):
        self._call(5, self._bytes(path.encode()) + self._bytes(value) + struct.pack(">i", -1))

    def acl(self, path):
        """[(permissions, scheme, id)]"""
        reply, found = self._call(6, self._bytes(path.encode())), []
        count, at = struct.unpack(">i", reply[:4])[0], 4
        for _ in range(count):
            permissions = struct.unpack(">i", reply[at:at + 4])[0]
            at, words = at + 4, []
            for _ in range(2):
                length = struct.unpack(">i", reply[at:at + 4])[0]
                words.append(reply[at + 4:at + 4 + length].decode())
                at += 4 + length
            found.append((permissions, *words))
        return found

    def children(self, path):
        reply = self._call(8, self._bytes(path.encode()) + b"\0")
        count, at, found = struct.unpack(">i", reply[:4])[0], 4, []
        for _ in range(count):
            length = struct.unpack(">i", reply[at:at + 4])[0]
            found.append(reply[at + 4:at + 4 + length].decode())
            at += 4 + length
        return found
