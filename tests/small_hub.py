"""A small Hub on loopback: its API and its files, as much of them as huggingface_hub asks for."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

COMMIT = "0123456789abcdef0123456789abcdef01234567"


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        hub = self.server.hub
        path = self.path.partition("?")[0]
        if path.startswith("/api/") and not path.startswith("/api/models/"):
            self.reply(404, {})  # the library asks once a day who uses it
            return
        id = path.removeprefix("/api/models/")
        hub.asked.append(id)
        if hub.refusals:
            self.reply(*hub.refusals.pop(0))
        elif "/resolve/" in path:
            self.file(*path[1:].split(f"/resolve/{COMMIT}/"))
        elif id not in hub.answers:
            self.reply(404, {"X-Error-Code": "RepoNotFound"})
        elif isinstance(hub.answers[id], tuple):
            self.reply(*hub.answers[id])
        else:
            self.reply(200, {}, hub.answers[id])

    do_HEAD = do_GET  # noqa: N815 - the server's name for it

    def file(self, id, name):
        body = self.server.hub.files.get((id, name))
        headers = {"X-Repo-Commit": COMMIT}
        if isinstance(body, tuple):
            self.reply(*body)
        elif body is None:
            self.reply(404, {**headers, "X-Error-Code": "EntryNotFound"})
        else:
            self.reply(200, {**headers, "ETag": f'"{len(body)}-{name}"'}, body)

    def reply(self, status, headers, body=None):
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(data)

    def log_message(self, *arguments):
        pass


class Hub:
    """What it answers by id, its files by path, what it was asked for, what it refuses first."""

    def __init__(self):
        self.answers = {}
        self.asked = []
        self.files = {}
        self.refusals = []
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
        self.server.hub = self
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True)
        self.thread.start()

    @property
    def address(self):
        return f"http://127.0.0.1:{self.server.server_port}"

    def close(self):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


def asked_on_loopback(monkeypatch, tmp_path):
    """Yield a small Hub that the environment names, with a cache of its own."""
    pytest.importorskip("huggingface_hub")
    small = Hub()
    monkeypatch.setenv("HF_ENDPOINT", small.address)
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    for name in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "HF_TOKEN", "HF_HUB_CACHE"):
        monkeypatch.delenv(name, raising=False)
    yield small
    small.close()
