"""What the fixtures do not show of writing: rules of the search, one at a time."""

# ruff: noqa: TID253  (its tests are skipped where these are missing)
import json
from pathlib import Path

import torch
from transformers import BertTokenizer

from advisor.unified_vlp import UnifiedVLPForCaptioning, UnifiedVLPProcessor, UnifiedVLPRegionReader


def test_no_more_words_than_asked_for(fixture):
    network = fixture.network(UnifiedVLPForCaptioning)
    whole = network.generate(**fixture.picture())
    assert network.generate(**fixture.picture(), max_new_tokens=7).tolist() == [
        row[:7] for row in whole.tolist()
    ]


def test_steps_with_a_cache_equal_the_whole_at_once(fixture):
    """Words read one by one have the states of the sequence-to-sequence mask."""
    network = fixture.network(UnifiedVLPForCaptioning)
    ids = network.generate(**fixture.picture())
    row = ids[:1, :6].tolist()
    from advisor.unified_vlp.processor import SEQUENCE, arrange

    arranged = arrange([row[0][:-1]], SEQUENCE, fixture.config, padded=False)
    arranged.ids[0, -1] = fixture.config.mask_token_id
    picture = {name: value[:1] for name, value in fixture.picture().items()}
    with torch.no_grad():
        output = network(
            arranged.ids,
            arranged.segments,
            arranged.seen,
            torch.tensor([[arranged.ids.shape[1] - 1]]),
            **picture,
        )
    assert int(output.logits[0, 0].argmax()) == row[0][-1]


def test_text_is_joined_as_the_original_does(fixture):
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "man", "'", "s", "hat", "##s", "."]
    tokenizer = BertTokenizer(vocab={w: n for n, w in enumerate(words)}, do_lower_case=False)
    processor = UnifiedVLPProcessor(UnifiedVLPRegionReader.of(fixture.config), tokenizer)
    assert processor.decode([5, 6, 7, 8, 9, 10, 11, 3, 5]) == "a man ' s hats ."
    assert processor.decode([5, 0, 6]) == "a"
    assert processor.decode([10, 5]) == "##s a"
    assert processor.batch_decode(torch.tensor([[3, 5], [6, 3]])) == ["", "man"]


def test_the_tokenizer_gives_the_pieces_of_the_original():
    stored = json.loads(Path(__file__).with_name("original-tokens.json").read_text("utf-8"))
    known = {
        piece: place
        for pieces, ids in zip(stored["tokens"], stored["ids"], strict=True)
        for piece, place in zip(pieces, ids, strict=True)
    }
    places = {place: piece for piece, place in known.items()}
    vocabulary = {places.get(n, f"[unused{n}]"): n for n in range(max(places) + 1)}
    for token in ("[PAD]", "[CLS]", "[SEP]", "[MASK]"):
        vocabulary.setdefault(token, len(vocabulary))
    tokenizer = BertTokenizer(vocab=vocabulary, do_lower_case=False)
    for text, ids in zip(stored["texts"], stored["ids"], strict=True):
        assert tokenizer(text, add_special_tokens=False)["input_ids"] == ids
