"""The programs of other runtimes, run as they are written.

The client of servers runs against a server of our own that holds each request. ONNX Runtime and
transformers.js need an exported network: ADVISOR_OPTIMUM names an environment that has
`optimum-onnx[onnxruntime]`, which pins transformers below 4.58, ADVISOR_OPENVINO one that has
`optimum-intel[openvino]`, ADVISOR_TRANSFORMERS_JS a folder of node modules with
`@huggingface/transformers`. What is not there is skipped.
"""

import base64
import http.server
import io
import json
import os
import re
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest

pytest.importorskip("PIL")

from PIL import Image  # noqa: TID253 - the client has no other package
from printed_programs import lines_of, run_program

from advisor.cli.main import run as run_command
from advisor.decide.programs import snippet
from advisor.rulebase.store import load_rules
from tests.browser import CHROMIUM, SITE, needs_browser

RULEBASE = load_rules()
CHAT = "Qwen/Qwen3-VL-4B-Instruct"
OPTIMUM = os.environ.get("ADVISOR_OPTIMUM")
OPENVINO = os.environ.get("ADVISOR_OPENVINO")
MODULES = os.environ.get("ADVISOR_TRANSFORMERS_JS")


class Handler(http.server.BaseHTTPRequestHandler):
    """Says how large the image of a request is, and what was asked; some requests it refuses."""

    def do_GET(self):
        self.answer({"data": []})

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.asked.append((self.path, self.headers["Authorization"], body))
        if self.server.dies_after is not None and len(self.server.asked) > self.server.dies_after:
            self.close_connection = True
            self.connection.close()
            return
        image, text = body["messages"][0]["content"]
        data = base64.b64decode(image["image_url"]["url"].partition("base64,")[2])
        size = Image.open(io.BytesIO(data)).size
        if size == (7, 7):
            self.answer({"error": "the image is too small"}, 400)
            return
        written = f" {size[0]}x{size[1]} {text['text']} "
        if self.server.thought is not None:
            written = self.server.thought + written
        message = {"role": "assistant", "content": written}
        self.answer({"choices": [{"message": message, "finish_reason": self.server.finish}]})

    def answer(self, document, code=200):
        data = json.dumps(document).encode()
        self.send_response(code)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_):
        pass


@pytest.fixture
def server(monkeypatch):
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as found:
        found.asked, found.thought, found.finish, found.dies_after = [], None, "stop", None
        threading.Thread(target=found.serve_forever, daemon=True).start()
        monkeypatch.setenv("OPENAI_BASE_URL", f"http://127.0.0.1:{found.server_port}/v1")
        yield found
        found.shutdown()


@pytest.fixture
def photos(tmp_path, monkeypatch):
    """A folder of twelve files, a broken image and one that the server refuses among them."""
    folder = tmp_path / "photos"
    folder.mkdir()
    for number in range(9):
        Image.new("RGB", (20 + number, 30), (20 * number, 60, 90)).save(folder / f"{number}.png")
    Image.new("L", (40, 41), 90).save(folder / "grey.jpg")
    Image.new("RGB", (7, 7)).save(folder / "small.png")
    (folder / "broken.png").write_bytes(b"no image")
    monkeypatch.chdir(tmp_path)
    return folder


def client(task="vqa", id=CHAT, runtime="vllm", **how):
    return snippet(RULEBASE.checkpoint(id), task, RULEBASE, runtime=runtime, whole=True, **how)


@pytest.mark.parametrize("runtime", ["vllm", "llama-cpp", "ollama"])
def test_a_client_asks_a_server_about_each_image(server, photos, runtime):
    run_program(client(runtime=runtime), "photos", "--question", "what?", "--output", "out.jsonl")
    told = {Path(line["image"]).name: line for line in lines_of("out.jsonl")}
    assert len(told) == 12
    assert told["3.png"]["answer"] == "23x30 what?"
    assert told["grey.jpg"]["answer"] == "40x41 what?"
    assert "too small" in told["small.png"]["error"]
    assert "UnidentifiedImageError" in told["broken.png"]["error"]
    path, secret, body = server.asked[0]
    assert (path, secret) == ("/v1/chat/completions", "Bearer none")
    assert (body["model"], body["temperature"], body["max_tokens"]) == (CHAT, 0, 512)


def test_a_server_that_dies_loses_no_image_and_resume_ends_in_the_same_bytes(server, photos):
    code = client()
    run_program(code, "photos", "--question", "what?", "--output", "whole.jsonl")
    server.asked.clear()
    server.dies_after = 5
    words = ("photos", "--question", "what?", "--batch-size", "2", "--output", "out.jsonl")
    with pytest.raises(SystemExit, match="does not answer: start it, then go on with --resume"):
        run_program(code, *words)
    kept = Path("out.jsonl").read_bytes()
    whole = Path("whole.jsonl").read_bytes()
    assert kept
    assert whole.startswith(kept)
    assert kept != whole
    server.dies_after = None
    run_program(code, *words, "--resume")
    assert Path("out.jsonl").read_bytes() == whole


def test_a_client_without_a_server_opens_no_image(photos, monkeypatch):
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    with pytest.raises(SystemExit, match="/v1 does not answer"):
        run_program(client(), "photos", "--output", "out.jsonl")
    assert not Path("out.jsonl").exists()


def test_a_thought_is_cut_off_and_one_that_is_too_long_is_marked(server, photos):
    code = client(id="Qwen/Qwen3.5-9B")
    server.thought = "<think>hm</think>"
    run_program(code, "photos", "--question", "what?", "--limit", "2", "--output", "out.jsonl")
    assert [line["answer"] for line in lines_of("out.jsonl")] == ["20x30 what?", "21x30 what?"]
    body = server.asked[0][2]
    assert body["chat_template_kwargs"] == {"enable_thinking": True}
    assert "temperature" not in body
    server.finish = "length"
    run_program(code, "photos", "--question", "what?", "--limit", "1", "--output", "cut.jsonl")
    assert "longer than the budget" in lines_of("cut.jsonl")[0]["error"]
    fast = client(id="Qwen/Qwen3.5-9B", thinking=False)
    run_program(fast, "photos", "--question", "what?", "--limit", "1", "--output", "fast.jsonl")
    assert server.asked[-1][2]["chat_template_kwargs"] == {"enable_thinking": False}


# -- exported networks -----------------------------------------------------------------------------

EXPORTED = {
    "clip": ("openai/clip-vit-base-patch32", "zero-shot-classification"),
    "siglip": ("google/siglip2-base-patch16-256", "zero-shot-classification"),
    "captioner": ("nlpconnect/vit-gpt2-image-captioning", "captioning"),
}
PAIRED = [
    ("clip", EXPORTED["clip"][0], "image-text-matching"),
    ("siglip", EXPORTED["siglip"][0], "image-text-matching"),
]
LABELS = ("--labels", "a photo of cat,a red dog,a car")
SEARCHED = [
    ("clip", "image-search"), ("siglip", "image-search"), ("clip", "similar-images"),
    ("siglip", "embeddings"),
]  # fmt: skip
needs_optimum = pytest.mark.skipif(
    OPTIMUM is None, reason="optimum-onnx pins transformers: ADVISOR_OPTIMUM names an environment"
)


def program(capsys, id, task, runtime, network):
    """What `advisor code` writes, for a folder in place of its checkpoint."""
    capsys.readouterr()
    assert run_command(["code", id, "--task", task, "--runtime", runtime]) == 0
    text = capsys.readouterr().out
    return text.replace(f'name = "{id}"', f"name = {str(network)!r}")


@pytest.fixture(scope="session")
def networks(tmp_path_factory):
    """Tiny networks by kind, as transformers 4 saves them in the environment of the exporter."""
    folder = tmp_path_factory.mktemp("exported")
    script = Path(__file__).with_name("networks_to_export.py")
    command = [f"{OPTIMUM}/bin/python", str(script), str(folder)]
    subprocess.run(command, check=True, capture_output=True)
    return folder


def exported(head, id, network):
    """Run the printed command that exports a network, in the working folder."""
    line = next(line for line in head.splitlines() if "optimum-cli export" in line)
    words = line.partition("optimum-cli ")[2].replace(id, str(network), 1).split()
    environment = os.environ | {"HF_HUB_OFFLINE": "1"}
    command = [f"{OPTIMUM}/bin/optimum-cli", *words]
    subprocess.run(command, check=True, capture_output=True, env=environment)


def close(one, two):
    """True where both say the same, numbers within what the issue allows: 1e-3."""
    if isinstance(one, dict):
        return one.keys() == two.keys() and all(close(one[key], two[key]) for key in one)
    return one == pytest.approx(two, abs=1e-3) if isinstance(one, float) else one == two


@needs_optimum
@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "id", "task"), [*((kind, *both) for kind, both in EXPORTED.items()), *PAIRED]
)
def test_onnx_runtime_says_what_torch_says(kind, id, task, networks, photos, capsys):
    """Also where it was cut and goes on."""
    pytest.importorskip("torch")
    (photos / "small.png").unlink()
    network = networks / kind
    given = {"zero-shot-classification": LABELS, "image-text-matching": ("--text", "a red dog")}
    words = given.get(task, ())
    code = program(capsys, id, task, "onnx", network)
    exported(code, id, network)
    Path("program.py").write_text(code, encoding="utf-8")
    python = f"{OPTIMUM}/bin/python" if task == "captioning" else sys.executable
    if task != "captioning":
        pytest.importorskip("onnxruntime")
        assert "torch" not in code.partition("# pip install")[0]
    command = [python, "program.py", "photos", *words, "--output"]
    subprocess.run([*command, "onnx.jsonl"], check=True, capture_output=True)
    torch = program(capsys, id, task, "transformers", network)
    run_program(torch, "photos", *words, "--output", "torch.jsonl")
    ours, theirs = lines_of("onnx.jsonl"), lines_of("torch.jsonl")
    assert len(ours) == 11
    assert all(map(close, ours, theirs)), (ours, theirs)
    results = [{**line, "image": ""} for line in ours]
    assert len({json.dumps(line) for line in results}) > 2
    whole = Path("onnx.jsonl").read_bytes()
    Path("cut.jsonl").write_bytes(whole[: len(whole) * 2 // 5])
    subprocess.run([*command, "cut.jsonl", "--resume"], check=True, capture_output=True)
    assert [line["image"] for line in lines_of("cut.jsonl")] == [line["image"] for line in ours]
    assert all(map(close, lines_of("cut.jsonl"), ours))


@needs_optimum
@pytest.mark.slow
@pytest.mark.skipif(OPENVINO is None, reason="ADVISOR_OPENVINO names no environment")
@pytest.mark.parametrize("kind", ["clip", "siglip"])
def test_openvino_says_what_torch_says(kind, networks, photos, capsys):
    pytest.importorskip("torch")
    (photos / "small.png").unlink()
    id, task = EXPORTED[kind]
    network = networks / kind
    Path("program.py").write_text(program(capsys, id, task, "openvino", network), encoding="utf-8")
    command = [f"{OPENVINO}/bin/python", "program.py", "photos", *LABELS, "--output", "ours.jsonl"]
    environment = os.environ | {"HF_HUB_OFFLINE": "1"}
    subprocess.run(command, check=True, capture_output=True, env=environment)
    torch = program(capsys, id, task, "transformers", network)
    run_program(torch, "photos", *LABELS, "--output", "torch.jsonl")
    ours, theirs = lines_of("ours.jsonl"), lines_of("torch.jsonl")
    assert [Path(line["image"]).name for line in ours if "error" in line] == ["broken.png"]
    assert len(ours) == 11
    assert all(map(close, ours, theirs)), (ours, theirs)


@needs_optimum
@pytest.mark.slow
@pytest.mark.parametrize(("kind", "task"), SEARCHED)
def test_an_index_of_onnx_runtime_is_asked_as_that_of_torch(kind, task, networks, photos, capsys):
    """By an image, and by words where it takes them."""
    pytest.importorskip("onnxruntime")
    pytest.importorskip("torch")
    (photos / "small.png").unlink()
    id, network = EXPORTED[kind][0], networks / kind
    code = program(capsys, id, task, "onnx", network)
    exported(code, id, network)
    torch = program(capsys, id, task, "transformers", network)
    by_words = ["a red dog"] if task == "image-search" else []
    nearest = {}
    for text, index in ((code, "onnx"), (torch, "torch")):
        run_program(text, "index", "photos", "--index", index)
        capsys.readouterr()
        for asked in ("photos/3.png", *by_words):
            run_program(text, "query", asked, "--best", "4", "--index", index)
            printed = capsys.readouterr().out.splitlines()
            nearest[index, asked] = [json.loads(line) for line in printed]
    for asked in ("photos/3.png", *by_words):
        pairs = zip(nearest["onnx", asked], nearest["torch", asked], strict=True)
        assert all(close(*pair) for pair in pairs), nearest
    assert nearest["onnx", "photos/3.png"][0]["image"] == "photos/3.png"


@pytest.fixture
def served(tmp_path):
    """The address of the working folder, served as the page says."""
    handler = type(
        "Quiet", (http.server.SimpleHTTPRequestHandler,), {"log_message": lambda *_: None}
    )
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as found:
        threading.Thread(target=found.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{found.server_port}"
        found.shutdown()


PAGES = [
    *((kind, *both) for kind, both in EXPORTED.items()),
    ("clip", EXPORTED["clip"][0], "image-search"),
    ("siglip", EXPORTED["siglip"][0], "image-search"),
]


@needs_optimum
@needs_browser()
@pytest.mark.slow
@pytest.mark.skipif(MODULES is None, reason="ADVISOR_TRANSFORMERS_JS names no folder of modules")
@pytest.mark.parametrize(("kind", "id", "task"), PAGES)
def test_the_page_says_what_torch_says_and_asks_no_other_host(
    kind, id, task, networks, photos, served, capsys
):
    """On images of the network's own size; libraries resize differently."""
    pytest.importorskip("torch")
    shutil.rmtree(photos)
    photos.mkdir()
    for number in range(3):
        Image.effect_noise((32, 32), 50 + 40 * number).convert("RGB").save(photos / f"{number}.png")
    network = networks / kind
    assert run_command(["code", id, "--task", task, "--device", "browser"]) == 0
    page = capsys.readouterr().out
    exported(page.partition("-->")[0].replace("&gt;", ">"), id, network)
    layout = Path("models/1") / id
    (layout / "onnx").mkdir()
    for file in layout.glob("*.onnx"):
        file.rename(layout / "onnx" / file.name)
    Path("index.html").write_text(page, encoding="utf-8")
    Path("node_modules").symlink_to(MODULES)
    driver = Path(__file__).with_name("runtime_page.mjs")
    asks = {"captioning": "", "image-search": "a red dog"}
    typed = asks.get(task, LABELS[1].replace(",", "\n"))
    files = ",".join(str(file) for file in sorted(photos.iterdir()))
    command = ["node", str(driver), str(SITE), CHROMIUM, f"{served}/index.html", files, typed]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=300)
    seen = json.loads(done.stdout)
    assert seen["origins"] == [served]
    torch = program(capsys, id, task, "transformers", network)
    if task == "image-search":
        run_program(torch, "index", "photos")
        capsys.readouterr()
        run_program(torch, "query", typed)
        nearest = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        cosines = {Path(each["image"]).name: each["cosine"] for each in nearest}
        shown = re.findall(r"^(-?[\d.]+)  (.*)$", seen["text"], re.MULTILINE)
        assert close({file: float(cosine) for cosine, file in shown}, cosines), (seen, cosines)
        return
    run_program(torch, "photos", *(LABELS if typed else ()), "--output", "torch.jsonl")
    if not typed:
        wanted = [
            f"{Path(line['image']).name}: {line['caption']}" for line in lines_of("torch.jsonl")
        ]
        assert seen["text"].splitlines() == wanted
        return
    shown = re.findall(r"^([\d.]+)  (.*)$", seen["text"], re.MULTILINE)
    for line, start in zip(lines_of("torch.jsonl"), range(0, 9, 3), strict=True):
        scores = {label: float(score) for score, label in shown[start : start + 3]}
        assert close(scores, line["labels"]), (scores, line)
