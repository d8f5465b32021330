#!/usr/bin/env python3
"""Asks the broker for its API versions, as the tool of this name does; ends with 0 when it answers."""

import socket
import struct
import sys

host, _, port = sys.argv[sys.argv.index("--bootstrap-server") + 1].rpartition(":")
API_VERSIONS, VERSION, CORRELATION, NO_ERROR = 18, 0, 1, 0
request = struct.pack(">hhih", API_VERSIONS, VERSION, CORRELATION, -1)
with socket.create_connection((host, int(port)), timeout=5) as connection:
    connection.sendall(struct.pack(">i", len(request)) + request)
    size, correlation, error = struct.unpack(">iih", connection.recv(10, socket.MSG_WAITALL))
sys.exit((correlation, error) != (CORRELATION, NO_ERROR))
