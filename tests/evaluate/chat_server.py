"""An OpenAI-compatible server on loopback: chat completions of a tiny network, by transformers."""

import base64
import io
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import torch
import transformers as t
from PIL import Image


class Network:
    """A chat network as its makers run it: none of our code is in its way."""

    def __init__(self, folder: Path) -> None:
        self.processor = t.AutoProcessor.from_pretrained(folder)
        self.network = t.AutoModelForImageTextToText.from_pretrained(folder).eval()
        self.one_at_a_time = threading.Lock()

    def __call__(self, content: list[dict[str, Any]], limit: int) -> tuple[str, int, int]:
        """Return what it writes after a message, and the tokens read and written."""
        turn = []
        for part in content:
            if part["type"] == "text":
                turn.append(part)
            else:
                head, _, data = part["image_url"]["url"].partition(",")
                assert head in ("data:image/png;base64", "data:image/jpeg;base64"), head
                picture = Image.open(io.BytesIO(base64.b64decode(data, validate=True)))
                turn.append({"type": "image", "image": picture.convert("RGB")})
        inputs = self.processor.apply_chat_template(
            [{"role": "user", "content": turn}],
            add_generation_prompt=True,
            tokenize=True,
            return_dict=True,
            return_tensors="pt",
        )
        read = inputs["input_ids"].shape[1]
        with self.one_at_a_time, torch.inference_mode():
            (ids,) = self.network.generate(**inputs, max_new_tokens=limit, do_sample=False)
        written = ids[read:]
        text = self.processor.tokenizer.decode(written, skip_special_tokens=True)
        return text, read, len(written)


class Served:
    """A server: its address, the requests that it got (path, headers, body), and what it does.

    `answers` may replace it: it gets the body, and returns a status, headers and an answer.
    """

    def __init__(self, network: Callable[..., tuple[str, int, int]] | None) -> None:
        self.network, self.fingerprint, self.model = network, "fp_1", "tiny"
        self.requests: list[tuple[str, dict[str, str], dict[str, Any]]] = []
        self.answers: Callable[[dict[str, Any]], tuple[int, dict[str, str], Any] | None] = (
            lambda _body: None
        )
        self.address, self.port, self.dead = "", 0, False

    @property
    def pictures(self) -> list[str]:
        """The pictures that were sent, as data URLs."""
        return [
            part["image_url"]["url"]
            for _, _, body in self.requests
            for part in body["messages"][0]["content"]
            if part["type"] == "image_url"
        ]

    def completion(self, body: dict[str, Any]) -> tuple[int, dict[str, str], Any]:
        """Return a chat completion."""
        content = body["messages"][0]["content"]
        has_picture = any(part["type"] == "image_url" for part in content)
        assert self.network is not None
        told = self.network(content, body["max_tokens"]) if has_picture else ("yes", 4, 1)
        return 200, {}, self.said(*told, cut=told[2] == body["max_tokens"])

    def said(self, text: str, read: int = 7, written: int = 2, *, cut: bool = False) -> Any:
        """Return the document that says a text."""
        return {
            "id": "chatcmpl-1",
            "object": "chat.completion",
            "model": self.model,
            "system_fingerprint": self.fingerprint,
            "choices": [
                {
                    "index": 0,
                    "message": {"role": "assistant", "content": text},
                    "finish_reason": "length" if cut else "stop",
                }
            ],
            "usage": {"prompt_tokens": read, "completion_tokens": written},
        }


@contextmanager
def serving(
    network: Callable[..., tuple[str, int, int]] | None = None, port: int = 0
) -> Iterator[Served]:
    """Yield a server on loopback, which is gone at the end."""
    served = Served(network)

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: Any) -> None:
            pass

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            served.requests.append((self.path, dict(self.headers), body))
            if served.dead:
                self.close_connection = True
                return
            status, headers, answer = served.answers(body) or served.completion(body)
            text = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def do_GET(self) -> None:
            served.requests.append((self.path, dict(self.headers), {"messages": [{"content": []}]}))
            self.send_response(404)
            self.end_headers()

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    served.port = server.server_port
    served.address = f"http://127.0.0.1:{server.server_port}/v1"
    try:
        yield served
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
