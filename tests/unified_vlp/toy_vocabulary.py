"""Words for the ids of the fixture, which stand for none."""

SPECIAL = {0: "[PAD]", 1: "[CLS]", 2: "[SEP]", 3: "[MASK]", 4: "[UNK]"}


def toy_words(count=120):
    """A word for each id of the fixture: `w74` is word 74; one goes on from another."""
    words = [SPECIAL.get(place, f"w{place}") for place in range(count)]
    words[5], words[6] = "'", "##s"
    return words


def as_text(ids):
    """The words of the fixture's ids, up to the first [SEP] or [PAD]."""
    words = toy_words()
    found = []
    for place in ids:
        if place in (0, 2):
            break
        found.append(words[place])
    return " ".join(found)
