"""A web server for tests: `upstream.py ADDRESS PORT NAME`.

/          the name and, in JSON, the request's headers
/login     sets the cookie `session` to what the query says
/events    a stream of events, one every 100 ms
/download  64 MiB, slowly
/reset     closes the connection without an answer
/hang      takes the request and never answers
/ws        a WebSocket that sends back what it gets
"""

import base64
import hashlib
import json
import socket
import struct
import sys
import threading
import time

ADDRESS, PORT, NAME = sys.argv[1], int(sys.argv[2]), sys.argv[3]


def head(status, fields):
    lines = [f"HTTP/1.1 {status}", "Connection: close"]
    lines += [f"{name}: {value}" for name, value in fields.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def answer(connection, text, fields=None):
    body = text.encode()
    fields = {"Content-Type": "text/html; charset=utf-8", "Content-Length": len(body), **(fields or {})}
    connection.sendall(head("200 OK", fields) + body)


def echo_frames(connection, headers):
    key = headers["sec-websocket-key"] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
    accept = base64.b64encode(hashlib.sha1(key.encode()).digest()).decode()
    fields = {"Upgrade": "websocket", "Sec-WebSocket-Accept": accept}
    connection.sendall(head("101 Switching Protocols", fields).replace(b"Connection: close", b"Connection: Upgrade"))
    while frame := connection.recv(1 << 16):
        # Masked text of fewer than 126 bytes, sent back without a mask.
        length, mask = frame[1] & 0x7F, frame[2:6]
        text = bytes(byte ^ mask[i % 4] for i, byte in enumerate(frame[6 : 6 + length]))
        connection.sendall(bytes([0x81, length]) + text)


def serve(connection):
    request = b""
    while b"\r\n\r\n" not in request:
        if not (more := connection.recv(1 << 16)):
            return
        request += more
    lines = request.split(b"\r\n\r\n")[0].decode().split("\r\n")
    path, _, query = lines[0].split(" ")[1].partition("?")
    headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines[1:])}
    if path == "/login":
        answer(connection, "logged in", {"Set-Cookie": f"session={query}; Path=/; Max-Age=600"})
    elif path == "/events":
        connection.sendall(head("200 OK", {"Content-Type": "text/event-stream"}))
        for number in range(600):
            connection.sendall(f"data: {number}\n\n".encode())
            time.sleep(0.1)
    elif path == "/download":
        connection.sendall(head("200 OK", {"Content-Length": 64 << 20}))
        for _ in range(64):
            connection.sendall(b"x" * (1 << 20))
            time.sleep(0.12)
    elif path == "/reset":
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    elif path == "/hang":
        time.sleep(600)
    elif path == "/ws":
        echo_frames(connection, headers)
    else:
        cookie = headers.get("cookie", "no cookie")
        page = f"<title>{NAME}</title><h1>{NAME}</h1><p id=cookie>{cookie}</p>"
        answer(connection, f"{page}\n<pre>{json.dumps(headers)}</pre>\n")


def serve_and_close(connection):
    with connection:
        try:
            serve(connection)
        except OSError:
            pass


family = socket.AF_INET6 if ":" in ADDRESS else socket.AF_INET
with socket.socket(family) as listener:
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((ADDRESS, PORT))
    listener.listen(64)
    while True:
        accepted, _ = listener.accept()
        threading.Thread(target=serve_and_close, args=(accepted,), daemon=True).start()
