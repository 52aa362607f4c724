"""The programs of other runtimes, run as they are written.

The client of servers runs against a server of our own that holds each request. The others need what
an environment variable names, and are skipped without it:

- ADVISOR_OPTIMUM, an environment of `optimum-onnx[onnxruntime]`, which pins transformers below
  4.58: ONNX Runtime and transformers.js need an exported network
- ADVISOR_TRANSFORMERS_JS, a folder of node modules with `@huggingface/transformers`
- ADVISOR_PLAYWRIGHT, a Python that has playwright and its browser, for the test beside a page
- ADVISOR_OPENVINO and ADVISOR_MLX, environments that have `optimum-intel[openvino]`, and `mlx-vlm`
  with `mlx[cpu]` where there is no Mac
- ADVISOR_LLAMA_CPP, the sources of llama.cpp, with the server built of them in build/bin: those in
  vendor/llama.cpp of the source distribution of `llama-cpp-python` will do (`cmake -B build`,
  `cmake --build build --target llama-server`)

Numbers are compared on images of the network's own size. How far they are apart on others, which
libraries resize each in its way, is printed.
"""

import base64
import contextlib
import http.server
import io
import json
import os
import re
import shlex
import subprocess
import sys
import threading
import time
import urllib.request
from pathlib import Path

import pytest

pytest.importorskip("PIL")

from PIL import Image  # noqa: TID253 - the client has no other heavy package
from printed_programs import lines_of, run_program, tiny_chat

from advisor.cli.main import run as run_command
from advisor.decide.programs import program_for, snippet
from advisor.rulebase.store import load_rules
from tests.browser import CHROMIUM, SITE, needs_browser
from tests.trial.conftest import built

RULEBASE = load_rules()
CHAT = "Qwen/Qwen3-VL-4B-Instruct"
OPTIMUM = os.environ.get("ADVISOR_OPTIMUM")
OPENVINO = os.environ.get("ADVISOR_OPENVINO")
MODULES = os.environ.get("ADVISOR_TRANSFORMERS_JS")
PLAYWRIGHT = os.environ.get("ADVISOR_PLAYWRIGHT")
MLX = os.environ.get("ADVISOR_MLX")
LLAMA = os.environ.get("ADVISOR_LLAMA_CPP")


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


@pytest.mark.slow
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


@pytest.mark.slow
def test_a_server_that_dies_loses_no_image_and_resume_ends_in_the_same_bytes(server, photos):
    code = client()
    run_program(code, "photos", "--question", "what?", "--output", "whole.jsonl")
    server.asked.clear()
    server.dies_after = 5
    words = ("photos", "--question", "what?", "--batch-size", "2", "--output", "out.jsonl")
    with pytest.raises(SystemExit, match="start the server, then --resume"):
        run_program(code, *words)
    kept = Path("out.jsonl").read_bytes()
    whole = Path("whole.jsonl").read_bytes()
    assert kept
    assert whole.startswith(kept)
    assert kept != whole
    server.dies_after = None
    run_program(code, *words, "--resume")
    assert Path("out.jsonl").read_bytes() == whole


def test_a_client_without_a_server_writes_no_line(photos, monkeypatch):
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    with pytest.raises(
        SystemExit, match=r"/v1/chat/completions .*: start the server, then --resume"
    ):
        run_program(client(), "photos", "--output", "out.jsonl")
    assert lines_of("out.jsonl") == []


@pytest.mark.slow
def test_a_text_that_the_server_cuts_is_marked(server, photos):
    words = ("photos", "--question", "what?", "--limit", "1", "--output")
    run_program(client(), *words, "whole.jsonl")
    server.finish = "length"
    run_program(client(), *words, "cut.jsonl")
    (whole,), (cut,) = lines_of("whole.jsonl"), lines_of("cut.jsonl")
    assert cut == whole | {"cut": True}


@pytest.mark.slow
def test_a_thought_is_cut_off_and_what_is_cut_is_marked(server, photos):
    code = client(id="Qwen/Qwen3.5-9B")
    server.thought = "<think>hm</think>"
    run_program(code, "photos", "--question", "what?", "--limit", "2", "--output", "out.jsonl")
    assert [line["answer"] for line in lines_of("out.jsonl")] == ["20x30 what?", "21x30 what?"]
    body = server.asked[0][2]
    assert body["chat_template_kwargs"] == {"enable_thinking": True}
    assert "temperature" not in body
    server.finish = "length"
    words = ("photos", "--question", "what?", "--limit", "1", "--output")
    run_program(code, *words, "cut.jsonl")
    assert lines_of("cut.jsonl") == [
        {"image": "photos/0.png", "question": "what?", "answer": "20x30 what?", "cut": True}
    ]
    server.thought = "<think>hm"
    run_program(code, *words, "thought.jsonl")
    (cut,) = lines_of("thought.jsonl")
    assert (cut["answer"], cut["cut"]) == ("", True)
    fast = client(id="Qwen/Qwen3.5-9B", thinking=False)
    run_program(fast, "photos", "--question", "what?", "--limit", "1", "--output", "fast.jsonl")
    assert server.asked[-1][2]["chat_template_kwargs"] == {"enable_thinking": False}


@contextlib.contextmanager
def llama_server(line, folder):
    """Serve the files of llama.cpp in a folder by a printed command, at its address."""
    port = re.search(r"--port (\d+)", line)[1]
    command = [f"{LLAMA}/build/bin/llama-server", *line.split()[1:]]
    with (folder / "server.log").open("w") as log:
        process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log)
    try:
        ready = f"http://127.0.0.1:{port}/health"
        while True:
            assert process.poll() is None, (folder / "server.log").read_text()[-2000:]
            with contextlib.suppress(OSError), urllib.request.urlopen(ready, timeout=5):
                break
            time.sleep(0.1)
        yield process
    finally:
        process.kill()
        process.wait()


@pytest.mark.slow
@pytest.mark.long
@pytest.mark.skipif(LLAMA is None, reason="ADVISOR_LLAMA_CPP names no sources with a server built")
def test_a_server_of_llama_cpp_answers_and_may_be_started_again(photos, tmp_path, capsys):
    """It is built from its sources, and the printed command starts it."""
    pytest.importorskip("torch")
    (photos / "small.png").unlink()
    tiny_chat(tmp_path / "checkpoint", LLAMA)
    assert run_command(["code", CHAT, "--task", "vqa", "--runtime", "llama.cpp"]) == 0
    code = capsys.readouterr().out
    line = re.search(r"llama-server .*", code)[0]
    code = re.sub(r'("--max-tokens", .*default=)\d+', r"\g<1>8", code)
    words = ("photos", "--question", "what?", "--batch-size", "2", "--output")
    with llama_server(line, tmp_path) as process:
        run_program(code, *words, "whole.jsonl")
        run_program(code, *words, "out.jsonl", "--limit", "4")
        process.kill()
        process.wait()
        with pytest.raises(SystemExit, match="start the server, then --resume"):
            run_program(code, *words, "out.jsonl", "--resume")
    with llama_server(line, tmp_path):
        run_program(code, *words, "out.jsonl", "--resume")
    written = lines_of("whole.jsonl")
    assert [Path(each["image"]).name for each in written if "error" in each] == ["broken.png"]
    assert len({each.get("answer") for each in written}) > 5
    assert lines_of("out.jsonl") == written


@pytest.mark.slow
@pytest.mark.long
@pytest.mark.skipif(MLX is None, reason="ADVISOR_MLX names no environment")
def test_mlx_answers_and_goes_on_to_the_same_bytes(photos, tmp_path, capsys):
    pytest.importorskip("torch")
    (photos / "small.png").unlink()
    tiny_chat(tmp_path / "checkpoint")
    code = program(capsys, CHAT, "vqa", "mlx", tmp_path / "checkpoint")
    Path("program.py").write_text(
        re.sub(r'("--max-tokens", .*default=)\d+', r"\g<1>8", code), "utf-8"
    )
    command = [f"{MLX}/bin/python", "program.py", "photos", "--question", "what?", "--output"]
    subprocess.run([*command, "whole.jsonl"], check=True, capture_output=True)
    subprocess.run([*command, "cut.jsonl", "--limit", "4"], check=True, capture_output=True)
    subprocess.run([*command, "cut.jsonl", "--resume"], check=True, capture_output=True)
    written = lines_of("whole.jsonl")
    assert [Path(each["image"]).name for each in written if "error" in each] == ["broken.png"]
    assert len({each.get("answer") for each in written}) > 5
    assert Path("cut.jsonl").read_bytes() == Path("whole.jsonl").read_bytes()


# -- exported networks -----------------------------------------------------------------------------

EXPORTED = {
    "clip": ("openai/clip-vit-base-patch32", "zero-shot-classification"),
    "siglip": ("google/siglip2-base-patch16-256", "zero-shot-classification"),
    "captioner": ("nlpconnect/vit-gpt2-image-captioning", "captioning"),
    "reader": ("microsoft/trocr-base-printed", "ocr-line"),
}
WRITE = ("captioner", "reader")
DINO = "facebook/dinov2-base"
PAIRED = [
    ("clip", EXPORTED["clip"][0], "image-text-matching"),
    ("siglip", EXPORTED["siglip"][0], "image-text-matching"),
]
LABELS = ("--labels", "a photo of cat,a red dog,a car")
SEARCHED = [
    ("clip", "image-search"), ("siglip", "image-search"), ("clip", "similar-images"),
    ("siglip", "embeddings"), ("dinov2", "similar-images"),
]  # fmt: skip
needs_optimum = pytest.mark.skipif(
    OPTIMUM is None, reason="optimum-onnx pins transformers: ADVISOR_OPTIMUM names an environment"
)


def sample(cases, kind):
    """Cases of which the first of a kind runs in CI, and the others in its long run alone."""
    first = next(case for case in cases if case[0] == kind)
    marks = {case: () if case == first else pytest.mark.long for case in cases}
    return [pytest.param(*case, marks=marks[case]) for case in cases]


def program(capsys, id, task, runtime, network):
    """What `advisor code` writes, for a folder in place of its checkpoint."""
    capsys.readouterr()
    assert run_command(["code", id, "--task", task, "--runtime", runtime]) == 0
    text = capsys.readouterr().out
    return text.replace(f'name = "{id}"', f"name = {str(network)!r}")


@pytest.fixture(scope="session")
def networks(cache):
    """Tiny networks by kind, as transformers 4 saves them in the environment of the exporter."""

    def write(_, folder):
        script = Path(__file__).with_name("networks_to_export.py")
        command = [f"{OPTIMUM}/bin/python", str(script), str(folder)]
        subprocess.run(command, check=True, capture_output=True)

    return built(cache / "exported" / "networks", write)


def exported(head, id, network):
    """Run the printed commands that export a network and lay it out, in the working folder."""
    environment = os.environ | {"HF_HUB_OFFLINE": "1"}
    for line in head.splitlines():
        words = shlex.split(line.lstrip("# ")) if re.match(r"#?\s+uvx", line) else []
        command = words
        if "optimum-cli" in words:
            begin = words.index("optimum-cli")
            named = [str(network) if word == id else word for word in words[begin + 1 :]]
            command = [f"{OPTIMUM}/bin/optimum-cli", *named]
        elif "python" in words:
            command = [f"{OPTIMUM}/bin/python", *words[words.index("python") + 1 :]]
        if command:
            subprocess.run(command, check=True, capture_output=True, env=environment)


OWN, OTHER = (32, 32), (47, 39)
"""Sizes of images: that of the tiny networks, and one that has to be resized."""


@pytest.fixture
def sized(photos):
    """Twelve files: eight images of the network's own size, three of another, a broken one."""
    (photos / "small.png").unlink()
    for number in range(9):
        size = OWN if number < 7 else OTHER
        image = Image.effect_noise(size, 50 + 20 * number).convert("RGB")
        name = f"{number}.png" if size == OWN else f"other-{number}.png"
        (photos / f"{number}.png").unlink()
        image.save(photos / name)
    Image.effect_noise(OWN, 60).save(photos / "grey.jpg")
    Image.effect_noise(OTHER, 60).save(photos / "other-grey.jpg")
    return photos


def apart(one, two):
    """The greatest distance of numbers that stand at the same place; 1 for texts that differ."""
    if isinstance(one, dict):
        assert one.keys() == two.keys()
        return max(apart(one[key], two[key]) for key in one)
    return abs(one - two) if isinstance(one, float) else float(one != two)


def hold(ours, theirs, capsys):
    """Assert that images of the network's own size have equal results, by the name of each.

    Within 1e-3 of the greatest value, which none of them has above 1. For other images the distance
    is printed.
    """
    assert ours.keys() == theirs.keys()
    distances = {name: apart(ours[name], theirs[name]) for name in ours}
    others = {name: distances.pop(name) for name in ours if name.startswith("other")}
    assert distances
    assert max(distances.values()) <= 1e-3, (ours, theirs)
    with capsys.disabled():
        print(f"\n  apart: {max(distances.values()):.1e}, resized {max(others.values()):.1e}")  # noqa: T201


def by_name(lines):
    """Return the results of lines by the name of the image, without its place."""
    return {Path(line["image"]).name: line | {"image": ""} for line in lines}


@needs_optimum
@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "id", "task"),
    sample([*((kind, *both) for kind, both in EXPORTED.items()), *PAIRED], "clip"),
)
def test_onnx_runtime_says_what_torch_says(kind, id, task, networks, sized, capsys):
    """Also where it was cut and goes on."""
    pytest.importorskip("torch")
    network = networks / kind
    given = {"zero-shot-classification": LABELS, "image-text-matching": ("--text", "a red dog")}
    words = given.get(task, ())
    code = program(capsys, id, task, "onnx", network)
    exported(code, id, network)
    Path("program.py").write_text(code, encoding="utf-8")
    python = f"{OPTIMUM}/bin/python" if kind in WRITE else sys.executable
    if kind not in WRITE:
        pytest.importorskip("onnxruntime")
        assert "torch" not in code.partition("# pip install")[0]
    command = [python, "program.py", "photos", *words, "--output"]
    subprocess.run([*command, "onnx.jsonl"], check=True, capture_output=True)
    torch = program(capsys, id, task, "transformers", network)
    run_program(torch, "photos", *words, "--output", "torch.jsonl")
    ours, theirs = lines_of("onnx.jsonl"), lines_of("torch.jsonl")
    assert len(ours) == 12
    hold(by_name(ours), by_name(theirs), capsys)
    assert len({json.dumps(line) for line in by_name(ours).values()}) > 2
    whole = Path("onnx.jsonl").read_bytes()
    Path("cut.jsonl").write_bytes(whole[: len(whole) * 2 // 5])
    subprocess.run([*command, "cut.jsonl", "--resume"], check=True, capture_output=True)
    assert [line["image"] for line in lines_of("cut.jsonl")] == [line["image"] for line in ours]
    hold(by_name(lines_of("cut.jsonl")), by_name(ours), capsys)


@needs_optimum
@pytest.mark.slow
@pytest.mark.long
@pytest.mark.skipif(OPENVINO is None, reason="ADVISOR_OPENVINO names no environment")
@pytest.mark.parametrize("kind", ["clip", "siglip"])
def test_openvino_says_what_torch_says(kind, networks, sized, capsys):
    """Also on a processor that would rather compute in bfloat16."""
    pytest.importorskip("torch")
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
    assert len(ours) == 12
    hold(by_name(ours), by_name(theirs), capsys)


@needs_optimum
@pytest.mark.slow
@pytest.mark.long
@pytest.mark.parametrize(("kind", "task"), SEARCHED)
def test_an_index_of_onnx_runtime_is_asked_as_that_of_torch(kind, task, networks, sized, capsys):
    """By an image, and by words where it takes them."""
    pytest.importorskip("onnxruntime")
    pytest.importorskip("torch")
    id, network = EXPORTED.get(kind, (DINO,))[0], networks / kind
    code = program(capsys, id, task, "onnx", network)
    exported(code, id, network)
    torch = program(capsys, id, task, "transformers", network)
    by_words = ["a red dog"] if task == "image-search" else []
    nearest = {}
    for text, index in ((code, "onnx"), (torch, "torch")):
        run_program(text, "index", "photos", "--index", index)
        capsys.readouterr()
        for asked in ("photos/3.png", *by_words):
            run_program(text, "query", asked, "--best", "11", "--index", index)
            printed = capsys.readouterr().out.splitlines()
            nearest[index, asked] = [json.loads(line) for line in printed]
    for asked in ("photos/3.png", *by_words):
        hold(by_name(nearest["onnx", asked]), by_name(nearest["torch", asked]), capsys)
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
    ("clip", EXPORTED["clip"][0], "similar-images"),
    ("siglip", EXPORTED["siglip"][0], "embeddings"),
    ("dinov2", DINO, "similar-images"),
]
ONNX = [
    *((kind, *both) for kind, both in EXPORTED.items()),
    *PAIRED,
    *((kind, EXPORTED.get(kind, (DINO,))[0], task) for kind, task in SEARCHED),
]


def test_each_program_of_exported_networks_is_compared_with_torch():
    tested = {
        (program_for(RULEBASE.checkpoint(id), task, RULEBASE.programs, runtime=runtime).id, runtime)
        for runtime, cases in (("onnx", ONNX), ("transformers-js", PAGES))
        for _, id, task in cases
    }
    written = {(each.id, name) for each in RULEBASE.programs for name in each.runtimes}
    assert tested == {pair for pair in written if pair[1] in ("onnx", "transformers-js")}


ASKED = {
    "image-search": "a red dog",
    "similar-images": "photos/3.png",
    "embeddings": "photos/3.png",
}
"""What is searched for by pages that keep an index."""


@needs_optimum
@needs_browser()
@pytest.mark.slow
@pytest.mark.skipif(MODULES is None, reason="ADVISOR_TRANSFORMERS_JS names no folder of modules")
@pytest.mark.parametrize(("kind", "id", "task"), sample(PAGES, "captioner"))
def test_the_page_says_what_torch_says_and_asks_no_other_host(
    kind, id, task, networks, sized, served, capsys
):
    pytest.importorskip("torch")
    for name in ("broken.png", "grey.jpg"):
        (sized / name).unlink()
    network = networks / kind
    assert run_command(["code", id, "--task", task, "--device", "browser"]) == 0
    page = capsys.readouterr().out
    exported(page.partition("-->")[0].replace("&gt;", ">"), id, network)
    Path("index.html").write_text(page, encoding="utf-8")
    Path("node_modules").symlink_to(MODULES)
    driver = Path(__file__).with_name("runtime_page.mjs")
    typed = "" if kind in WRITE else ASKED.get(task, LABELS[1].replace(",", "\n"))
    files = ",".join(str(file) for file in sorted(sized.iterdir()))
    command = ["node", str(driver), str(SITE), CHROMIUM, f"{served}/index.html", files, typed]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=300)
    seen = json.loads(done.stdout)
    assert seen["origins"] == [served]
    if PLAYWRIGHT:
        words = ["code", id, "--task", task, "--device", "browser", "--project", "project"]
        assert run_command(words) == 0
        Path("test_page.py").write_bytes(Path("project/test_page.py").read_bytes())
        command = [PLAYWRIGHT, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_page.py"]
        environment = os.environ | {"PYTHONPATH": ""}
        tested = subprocess.run(
            command, capture_output=True, text=True, check=False, env=environment
        )
        assert tested.returncode == 0, tested.stdout
    torch = program(capsys, id, task, "transformers", network)
    if task in ASKED:
        run_program(torch, "index", "photos")
        capsys.readouterr()
        run_program(torch, "query", typed)
        nearest = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        cosines = {Path(each["image"]).name: each["cosine"] for each in nearest}
        shown = re.findall(r"^(-?[\d.]+)  (.*)$", seen["text"], re.MULTILINE)
        hold({file: float(cosine) for cosine, file in shown}, cosines, capsys)
        return
    run_program(torch, "photos", *(LABELS if typed else ()), "--output", "torch.jsonl")
    wanted = {Path(line["image"]).name: line for line in lines_of("torch.jsonl")}
    if not typed:
        shown = dict(line.split(": ", 1) for line in seen["text"].splitlines())
        texts = {name: line.get("caption", line.get("text")) for name, line in wanted.items()}
        hold(shown, texts, capsys)
        return
    blocks = re.split(r"^(?!\d\.\d{4}  )(.+)\n", seen["text"] + "\n", flags=re.MULTILINE)[1:]
    scores = {
        name: {label: float(score) for score, label in re.findall(r"([\d.]+)  (.*)\n", lines)}
        for name, lines in zip(blocks[::2], blocks[1::2], strict=True)
    }
    hold(scores, {name: line["labels"] for name, line in wanted.items()}, capsys)
