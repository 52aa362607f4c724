"""A hub on loopback, as much of it as huggingface_hub asks for."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

COMMIT = "89abcdef0123456789abcdef0123456789abcdef"


class Hub(BaseHTTPRequestHandler):
    """One repository that works (weights wait `pause` seconds a chunk), one gated, none else."""

    source: Path
    pause = 0.0

    def log_message(self, *arguments: Any) -> None:
        pass

    def _files(self) -> dict[str, Path]:
        return {path.name: path for path in sorted(self.source.iterdir())}

    def _send(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command == "HEAD":
            return
        pause = self.pause if self.path.endswith(".safetensors") else 0.0
        step = max(1, len(body) // 50 if pause else len(body))
        try:
            for start in range(0, len(body), step):
                self.wfile.write(body[start : start + step])
                time.sleep(pause)
        except OSError:
            self.close_connection = True  # the client has gone away

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        if "someone/gated" in path:
            self._send(403, X_Error_Code="GatedRepo", X_Error_Message="gated")
        elif "someone/broken" in path:
            self._send(500)
        elif "/revision/v9" in path:
            self._send(404, X_Error_Code="RevisionNotFound")
        elif "someone/there" not in path:
            self._send(404, X_Error_Code="RepoNotFound")
        elif path.startswith("/api/models/"):
            self._api(path)
        else:
            file = self._files().get(path.rpartition("/")[2])
            if file is None:
                self._send(404, X_Error_Code="EntryNotFound", X_Repo_Commit=COMMIT)
                return
            etag = f'"{len(file.read_bytes())}-{file.name}"'
            self._send(200, file.read_bytes(), ETag=etag, X_Repo_Commit=COMMIT)

    def _api(self, path: str) -> None:
        files = [
            {"type": "file", "path": name, "rfilename": name, "size": file.stat().st_size,
             "oid": "0" * 40, "blobId": "0" * 40}
            for name, file in self._files().items()
        ]  # fmt: skip
        if "/tree/" in path:
            body: Any = files
        else:
            body = {"id": "someone/there", "modelId": "someone/there", "sha": COMMIT,
                    "siblings": files, "tags": [], "private": False}  # fmt: skip
        self._send(200, json.dumps(body).encode(), Content_Type="application/json")


@contextmanager
def serving(folder: Path, pause: float = 0.0) -> Iterator[str]:
    """Serve a folder as `someone/there` and yield the address."""
    handler = type("Handler", (Hub,), {"source": folder, "pause": pause})
    service = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=service.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{service.server_port}"
    finally:
        service.shutdown()
        service.server_close()
        thread.join()
