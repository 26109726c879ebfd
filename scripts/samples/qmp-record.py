#!/usr/bin/env python3
"""qmp-record.py SOCKET OUT PLAN: talks QMP over a unix socket and keeps what was said.

OUT.conversation.jsonl  every line of both sides, as it went over the socket; what we say has "execute"
OUT.replies.json        array of { "t_us", "reply" } of the polled command; t_us is Unix time when the reply was read

PLAN is a JSON array (or a file with one) of steps, in order:
  { "execute": ..., "arguments": ... }        one command; errors are kept, too
  { "sleep_ms": n }                           keeps events that come meanwhile
  { "poll": command, "every_ms": n, "until": [status, ...], "at_most": n }
"""
import json
import os
import socket
import sys
import time


class Monitor:
    def __init__(self, path, transcript):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(path)
        self.transcript = transcript
        self.buffer = b""
        self.line(None)
        self.call("qmp_capabilities")

    def line(self, deadline):
        """One message, or None when the deadline passes."""
        while b"\n" not in self.buffer:
            left = None if deadline is None else deadline - time.monotonic()
            if left is not None and left <= 0:
                return None
            self.socket.settimeout(left)
            try:
                data = self.socket.recv(65536)
            except TimeoutError:
                return None
            if not data:
                raise EOFError("the monitor closed the connection")
            self.buffer += data
        line, self.buffer = self.buffer.split(b"\n", 1)
        self.transcript.write(line + b"\n")
        return json.loads(line)

    def call(self, execute, arguments=None):
        command = {"execute": execute} if arguments is None else {"execute": execute, "arguments": arguments}
        text = json.dumps(command).encode() + b"\n"
        self.transcript.write(text)
        self.socket.sendall(text)
        while True:
            message = self.line(None)
            if "event" not in message:
                return message

    def wait(self, seconds):
        deadline = time.monotonic() + seconds
        while self.line(deadline) is not None:
            pass


def run(monitor, plan, replies):
    for step in plan:
        if "sleep_ms" in step:
            monitor.wait(step["sleep_ms"] / 1000)
        elif "poll" in step:
            for _ in range(step["at_most"]):
                reply = monitor.call(step["poll"])
                replies.append({"t_us": time.time_ns() // 1000, "reply": reply})
                if reply.get("return", {}).get("status") in step["until"]:
                    break
                monitor.wait(step["every_ms"] / 1000)
        else:
            monitor.call(step["execute"], step.get("arguments"))


if __name__ == "__main__":
    path, out, text = sys.argv[1:]
    if os.path.exists(text):
        with open(text, encoding="utf-8") as file:
            text = file.read()
    replies = []
    with open(f"{out}.conversation.jsonl", "wb") as transcript:
        try:
            run(Monitor(path, transcript), json.loads(text), replies)
        except (EOFError, ConnectionResetError):
            print(f"{path}: closed early", file=sys.stderr)
    if replies:
        with open(f"{out}.replies.json", "w", encoding="utf-8") as file:
            rows = ",\n".join(json.dumps(row) for row in replies)
            file.write(f"[\n{rows}\n]\n")
