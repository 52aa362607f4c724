"""Members of classes that transformers had once and has no more."""

from advisor.catalogue.release import described_releases, members_of

NEWEST = described_releases()[-1]


def gone(name):
    """The public members that a class had in an earlier release and has no more."""
    now = members_of(NEWEST).of(name)
    before = set()
    for version in described_releases():
        old = members_of(version).of(name)
        before |= set(old.texts) if old else set()
    return sorted(
        one for one in before if one.isidentifier() and one[0] != "_" and not now.has(one)
    )
