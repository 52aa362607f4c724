"""Candidates behind an OpenAI-compatible server: what is sent, kept, refused and matched."""

from __future__ import annotations

import base64
import csv
import io
import json
from types import SimpleNamespace

import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")

import torch
from chat_server import Network, serving
from drawn import picture
from PIL import Image

from advisor.errors import UsageError
from advisor.evaluate import endpoint
from advisor.evaluate.endpoint import Endpoint, ServerError, data_url, endpoints
from advisor.evaluate.measuring import labels_named
from advisor.evaluate.options import RunOptions
from advisor.evaluate.responses import Response
from advisor.trial.images import open_encoded
from tests.evaluate.runs import read_run
from tests.trial.networks import llava

KEY = 'sk-very"secret\\0123456789'


@pytest.fixture(scope="session")
def chat(tmp_path_factory):
    """A tiny chat network whose answers depend on the picture, saved as a checkpoint."""
    torch.manual_seed(0)
    folder = llava(tmp_path_factory.mktemp("chat") / "llava")
    from transformers import AutoModelForImageTextToText

    network = AutoModelForImageTextToText.from_pretrained(folder)
    with torch.no_grad():
        for weight in network.parameters():
            if weight.dim() > 1:
                weight.mul_(5)
    network.save_pretrained(folder)
    return folder


@pytest.fixture
def questions(tmp_path):
    """Pictures with a question each, as JSON Lines."""
    lines = []
    for number in range(24):
        name = f"{number}.png"
        colour, shape = ("red", "green", "blue")[number % 3], ("circle", "triangle")[number % 2]
        (tmp_path / name).write_bytes(picture(colour, shape, at=4 + number))
        asked = ("what is in the picture ?", "what is red ?")[number // 2 % 2]
        lines.append({"file_name": name, "question": asked, "answer": "yes"})
    file = tmp_path / "questions.jsonl"
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return file


def answers(folder):
    """Return what each candidate of a run answered, by name."""
    run = read_run(folder)
    return {one.name: [each.text for each in run.responses(one)] for one in run.candidates}


@pytest.mark.slow
def test_what_a_server_answers_is_what_its_network_answers_here(said, chat, questions, tmp_path):
    with serving(Network(chat)) as server:
        made = said(
            questions, "--candidate", chat, "--candidate", f"served={server.address}#tiny",
            "--max-new-tokens", "8", "--run", tmp_path / "run", "--format", "json",
            "--price-per-token", "0.001,0.01",
        )  # fmt: skip
    assert made.code in (0, 1), made.err
    own, served = answers(tmp_path / "run").values()
    assert len(set(own)) > 5, "the answers depend on the pictures"
    equal = sum(one == other for one, other in zip(own, served, strict=True))
    assert equal >= 0.99 * len(own)
    assert len(server.pictures) == 24, "each was sent once"
    path, headers, body = server.requests[-1]
    assert path == "/v1/chat/completions"
    assert "Authorization" not in headers
    assert (body["model"], body["max_tokens"], body["temperature"]) == ("tiny", 8, 0)
    timing = made.json["timings"][1]
    assert timing["prompt_tokens"] > 24
    assert timing["completion_tokens"] >= 24
    assert made.json["timings"][0]["prompt_tokens"] is None
    assert made.json["settings"]["price_per_token"] == [0.001, 0.01]
    warned = made.json["results"][1]["warnings"]
    assert any("cut after 8 tokens" in one for one in warned)


@pytest.mark.slow
def test_a_server_that_dies_is_taken_up_where_it_was(said, chat, questions, tmp_path, monkeypatch):
    monkeypatch.setattr(endpoint, "TRIES", 1)
    network, run = Network(chat), tmp_path / "run"

    def asked(server):
        return said(questions, "--candidate", f"served={server.address}#tiny", "--batch-size", "4",
                    "--max-new-tokens", "4", "--run", run, "--format", "json")  # fmt: skip

    with serving(network) as server:

        def die(_body):
            server.dead |= len(server.pictures) > 10

        server.answers = die
        broken = asked(server)
        assert broken.code == 2
        assert "cannot be reached" in broken.err
        before, port = len(answers(run)["served"]), server.port
        assert 4 <= before < 24
    with serving(network, port) as server:
        assert asked(server).code in (0, 1)
        assert len(server.pictures) == 24 - before, "what is there is not sent again"
        whole = answers(run)["served"]
        assert len(whole) == 24
        server.requests.clear()
        assert asked(server).code in (0, 1)
        assert not server.pictures
        server.fingerprint = "fp_2"
        assert asked(server).code in (0, 1)
        assert len(server.pictures) == 24, "another network may answer there"
        assert answers(run)["served"] == whole


def test_a_key_goes_to_its_server_and_into_no_file(
    said, chat, questions, tmp_path, monkeypatch, capsys
):
    monkeypatch.setenv("MY_KEY", KEY)
    network = Network(chat)
    with serving(network) as server, serving(network) as other:

        def repeat(body):
            number = len(server.requests)
            if number == 3:
                refusal = {"error": {"message": f"no picture for {KEY}"}}
                return 400, {}, refusal
            return 200, {}, server.said(f"your key is {KEY}") if number > 1 else server.said("yes")

        server.answers, server.fingerprint = repeat, KEY
        made = said(
            questions, "--candidate", f"a={server.address}#tiny",
            "--candidate", f"b={other.address}#tiny", "--run", tmp_path / "run",
            "--key-from", f"127.0.0.1:{server.port}=MY_KEY", "--max-new-tokens", "2",
            "--output", f"html={tmp_path / 'page.html'}",
            "--output", f"csv={tmp_path / 'all.csv'}", "--format", "json",
        )  # fmt: skip
    assert made.code in (0, 1), made.err
    assert all(headers["Authorization"] == f"Bearer {KEY}" for _, headers, _ in server.requests)
    assert not any("Authorization" in headers for _, headers, _ in other.requests)
    texts = answers(tmp_path / "run")["a"]
    assert texts.count(None) == 1, "the picture that it refused"
    assert set(texts) - {None} == {"your key is [key]"}
    written = [file for file in tmp_path.rglob("*") if file.is_file()]
    assert {"page.html", "all.csv", "evaluation.sqlite"} <= {file.name for file in written}
    for text in (KEY, json.dumps(KEY)[1:-1]):
        assert text not in made.out + made.err
        for file in written:
            assert text.encode() not in file.read_bytes(), file
    assert "MY_KEY" in made.json["settings"]["command"], "the name of the variable is no secret"


@pytest.mark.parametrize("status", [302, 307])
def test_no_redirect_is_followed(said, questions, tmp_path, monkeypatch, status):
    monkeypatch.setenv("MY_KEY", KEY)
    with serving() as server, serving() as other:
        server.answers = lambda _body: (status, {"Location": f"{other.address}/elsewhere"}, b"")
        found = said(questions, "--candidate", f"{server.address}#tiny", "--key-from", "MY_KEY")
        assert not other.requests
        assert len(server.requests) == 1
        assert not server.pictures, "no picture leaves before the server has answered"
    assert found.code == 2
    assert "redirects to `127.0.0.1`, and advisor follows no redirect" in found.err


@pytest.mark.slow
def test_images_leave_this_machine_only_where_somebody_agreed(
    said, chat, questions, tmp_path, monkeypatch
):
    monkeypatch.setattr(endpoint, "_is_loopback", lambda _host: False)
    with serving(Network(chat)) as server:
        asked = (questions, "--candidate", f"{server.address}#tiny", "--max-new-tokens", "2")
        refused = said(*asked)
        assert refused.code == 2
        assert "is not encrypted, so others could read the images" in refused.err
        unsure = said(*asked, "--allow-http")
        assert unsure.code == 2
        assert f"24 images would be sent to `127.0.0.1:{server.port}`" in unsure.err
        assert "--upload" in unsure.err
        offline = said(*asked, "--allow-http", "--upload", "--offline")
        assert offline.code == 2
        assert not server.requests, "nothing was sent, not even a greeting"
        agreed = said(*asked, "--allow-http", "--upload")
        assert agreed.code in (0, 1), agreed.err
        assert "24 images would be sent to" in agreed.err, "and for where is said first"
        assert len(server.pictures) == 24


@pytest.fixture
def pets(tmp_path):
    """Nine pictures in folders by class."""
    for number, name in enumerate(("cat", "dog", "barn_owl") * 3):
        folder = tmp_path / "pets" / name
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{number}.png").write_bytes(picture("red", "circle", at=number))
    return tmp_path / "pets"


def test_labels_are_named_in_words_and_what_names_none_is_wrong_and_counted(said, pets, tmp_path):
    worded = {"cat": ["Cat.", " **cat**\n", "CAT"], "barn_owl": ["Barn Owl", "barn_owl", "owl"],
              "dog": ["dog", "a hound", "<think>cat</think> dog"]}  # fmt: skip
    names = [name for name in sorted(worded) for _ in range(3)]  # as folders are read

    def answer(body):
        content = body["messages"][0]["content"]
        if len(content) == 1:
            return 200, {}, server.said("yes")
        assert content[1]["text"].startswith(
            "Which of these fits this picture: barn owl; cat; dog?"
        )
        of = by_picture[content[0]["image_url"]["url"]]
        return 200, {}, server.said(worded[names[of]][of % 3])

    files = [sorted((pets / name).iterdir()) for name in sorted(worded)]
    urls = [f"data:image/png;base64,{base64.b64encode(one.read_bytes()).decode()}"
            for some in files for one in some]  # fmt: skip
    by_picture = {url: number for number, url in enumerate(urls)}
    with serving() as server:
        server.answers = answer
        found = said(pets, "--candidate", f"x={server.address}#m", "--format", "json",
                     "--output", f"csv={tmp_path / 'all.csv'}")  # fmt: skip
    (result,) = found.json["results"]
    assert result["scored_by"] == "text"
    assert result["metrics"]["accuracy"]["value"] == pytest.approx(7 / 9)
    assert result["failures"] == 2
    assert any(
        "`x` returned no known label 2 times" in one for one in found.json["verdict"]["warnings"]
    )
    rows = list(csv.DictReader(io.StringIO((tmp_path / "all.csv").read_text())))
    assert [row["predicted"] for row in rows].count("") == 2


def test_labels_that_case_alone_tells_apart_are_matched_as_they_are_written():
    given = [Response(0, "a", text=text) for text in ("us", "US", "Us", "it.")]
    found = list(labels_named(given, ("US", "us", "it"), "a photo of {}"))
    assert [one.scores for one in found] == [(0, 1, 0), (1, 0, 0), (1, 1, 0), (0, 0, 1)]
    (wrapped,) = labels_named(
        [Response(0, "a", text="A photo of it")], ("US", "it"), "a photo of {}"
    )
    assert wrapped.scores == (0, 1)


def test_a_server_that_is_busy_is_asked_again(said, questions):
    with serving() as server:
        left = iter([429, 503, 200, 500] + [200] * 40)

        def busy(_body):
            status = next(left)
            return status, {"Retry-After": "0"}, server.said("yes") if status == 200 else {}

        server.answers = busy
        found = said(questions, "--candidate", f"x={server.address}#m", "--batch-size", "2")
    assert found.code in (0, 1), found.err
    assert len(server.pictures) == 25


@pytest.mark.slow
def test_what_a_server_does_not_take_is_left_out(said, questions):
    with serving() as server:

        def picky(body):
            for name, better in (("max_tokens", "max_completion_tokens"), ("temperature", "1")):
                if name in body:
                    said = f"Unsupported parameter: '{name}'. Use '{better}' instead."
                    return 400, {}, {"error": {"message": said}}
            return 200, {}, server.said("yes")

        server.answers = picky
        found = said(questions, "--candidate", f"x={server.address}#m", "--format", "json")
    assert found.code in (0, 1), found.err
    assert found.json["results"][0]["failures"] == 0
    assert len(server.pictures) == 24, "it is learnt before the first picture"
    assert "max_completion_tokens" in server.requests[-1][2]


@pytest.mark.parametrize(
    ("status", "answer", "words"),
    [
        (301, b"", "and advisor follows no redirect"),
        (303, b"", "and advisor follows no redirect"),
        (308, b"", "and advisor follows no redirect"),
        (401, {"error": {"message": "bad key"}}, "requires an API key: bad key"),
        (404, {"error": "model not found"}, "has no model `m`"),
        (200, b"<html>", "is not JSON"),
        (200, {"choices": []}, "is not a chat completion"),
        (200, {"choices": [{"message": 3}]}, "is not a chat completion"),
        (200, b"[" * 100_000, "is not JSON"),
        (418, {"detail": [1]}, "returned HTTP status 418"),
    ],
)
def test_a_server_that_cannot_answer_is_said_in_a_sentence(status, answer, words):
    with serving() as server:
        server.answers = lambda _body: (status, {}, answer)
        with pytest.raises(ServerError) as refused:
            Endpoint(f"{server.address}#m").complete([], 5)
        assert words in refused.value.message
        assert len(server.requests) == 1


def test_a_server_that_stays_busy_is_asked_six_times_with_a_pause_between_two():
    pauses = []
    with serving() as server:
        server.answers = lambda _body: (503, {"Retry-After": "0"}, {})
        asked = Endpoint(f"{server.address}#m")
        asked.stopped = SimpleNamespace(wait=pauses.append)
        with pytest.raises(ServerError, match="status 503"):
            asked.complete([], 5)
        assert len(server.requests) == 6
    assert pauses == [0.0] * 5


def test_a_server_that_is_gone_is_said_before_anything_runs(said, questions):
    with serving() as server:
        pass
    found = said(questions, "--candidate", f"x={server.address}#m")
    assert found.code == 2
    assert "cannot be reached: Connection refused" in found.err


@pytest.mark.parametrize(
    ("checkpoint", "options", "words"),
    [
        ("https://host/v1", {}, "does not name a model"),
        ("https://#m", {}, "does not name a model"),
        ("https://host:port/v1#m", {}, "is not a server address"),
        ("https://me:secret@host/v1#m", {}, "contains a password or a query, which advisor would"),
        ("https://host/v1?key=secret#m", {}, "contains a password or a query, which advisor would"),
        ("http://host/v1#m", {}, "is not encrypted, so others could read the images"),
        ("https://host/v1#m", {"key_from": ["UNSET_HERE"]}, "is not set"),
        ("https://host/v1#m", {"key_from": ["sk-123"]}, "not the key itself"),
        ("https://host/v1#m", {"key_from": ["other=HOME"]}, "names a host that no candidate uses"),
        ("demo:clip", {"key_from": ["HOME"]}, "names a host that no candidate uses"),
    ],
)
def test_what_cannot_be_asked_is_refused_before_anything_is_sent(checkpoint, options, words):
    with pytest.raises(UsageError) as refused:
        endpoints([checkpoint], RunOptions(**options))
    assert words in refused.value.message
    assert "secret" not in refused.value.message
    assert "sk-123" not in refused.value.message


@pytest.mark.parametrize("prices", ["1", "1,-1", "nan,1", "1,inf", "a,b", "1,2,3"])
def test_prices_of_tokens_are_two_numbers(prices):
    with pytest.raises(UsageError, match="--price-per-token` needs two prices, not"):
        RunOptions(token_price=prices).prices()
    assert RunOptions(token_price="0,2e-6").prices() == {"price_per_token": (0.0, 2e-6)}


def test_a_key_of_two_hosts_names_its_own(monkeypatch):
    monkeypatch.setenv("MY_KEY", KEY)
    two = ("https://one.example/v1#m", "https://two.example:8443/v1#m")
    with pytest.raises(UsageError, match="names a host that no candidate uses"):
        endpoints(two, RunOptions(key_from=["MY_KEY"]))
    found = endpoints(two, RunOptions(key_from=["two.example:8443=MY_KEY"]))
    assert [one.key for one in found.values()] == ["", KEY]


def test_a_task_without_an_answer_in_words_is_refused(said, shapes, pets, tmp_path):
    table = tmp_path / "several.jsonl"
    files = [str(file.relative_to(tmp_path)) for file in sorted(pets.rglob("*.png"))]
    rows = [
        {"file_name": file, "labels": ["a", "b"] if n % 2 else ["b"]}
        for n, file in enumerate(files)
    ]
    table.write_text("".join(json.dumps(row) + "\n" for row in rows))
    with serving() as server:
        found = said(table, "--candidate", f"x={server.address}#m")
        assert (found.code, "one of several labels" in found.err) == (2, True)
        searched = said(
            shapes(4), "--task", "similar-images", "--candidate", f"x={server.address}#m"
        )
        assert searched.code == 2
        assert not server.requests


def test_a_file_goes_as_it_is_unless_servers_would_see_another_picture():
    shown = Image.open(io.BytesIO(picture("red", "circle")))

    def sent(image=shown, format="PNG", **more):
        file = io.BytesIO()
        image.save(file, format, **more)
        url = data_url(file.getvalue(), open_encoded(file.getvalue(), "x"))
        head, _, data = url.partition(",")
        return head, base64.b64decode(data), file.getvalue()

    for format, media in (("PNG", "png"), ("JPEG", "jpeg"), ("WEBP", "webp")):
        head, data, file = sent(format=format)
        assert (head, data) == (f"data:image/{media};base64", file)
    turned = Image.Exif()
    turned[0x0112] = 6
    for more in ({"format": "BMP"}, {"format": "TIFF"}, {"format": "JPEG", "exif": turned},
                 {"image": shown.convert("RGBA").resize((9, 9)).rotate(45)},
                 {"image": shown.convert("P")}):  # fmt: skip
        head, data, file = sent(**more)
        assert head == "data:image/png;base64"
        upright = open_encoded(file, "x").pixels
        assert Image.open(io.BytesIO(data)).tobytes() == upright.tobytes()


def test_an_answer_without_end_is_refused():
    with serving() as server:
        server.answers = lambda _body: (200, {}, b" " * 5_000_000)
        one = Endpoint(f"{server.address}#m")
        with pytest.raises(ServerError, match="is not JSON"):
            one.complete([], 5)
