"""Decision diagrams, held against functions that are listed profile by profile."""

from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from advisor.engine.diagram import EMPTY, Diagram

LABELS = st.sampled_from(["one", "other", None])


@st.composite
def functions(draw, number=1):
    """Draw the choices of 1 to 4 levels, and functions from profiles to labels or to nothing."""
    sizes = draw(st.lists(st.integers(1, 3), min_size=1, max_size=4))
    choices = [[(place,) for place in range(size)] for size in sizes]
    profiles = list(product(*choices))
    listed = [
        dict(
            zip(
                profiles,
                draw(st.lists(LABELS, min_size=len(profiles), max_size=len(profiles))),
                strict=True,
            )
        )
        for _ in range(number)
    ]
    return choices, *listed


@st.composite
def parts(draw, choices):
    """Draw choices to keep, of some levels; perhaps none of a level."""
    levels = draw(st.lists(st.sampled_from(range(len(choices))), unique=True))
    return {level: draw(st.lists(st.sampled_from(choices[level]), unique=True)) for level in levels}


def made(diagram, listed):
    """Return a listed function as a node."""

    def grow(start):
        level = len(start)
        if level == diagram.bottom:
            label = listed[start]
            return EMPTY if label is None else diagram.terminal(label)
        return diagram.node(level, tuple(grow((*start, c)) for c in diagram.choices[level]))

    return grow(())


def inside(profile, allowed):
    return all(profile[level] in kept for level, kept in allowed.items())


def labelled(listed, allowed):
    """Return the profiles that have a label within `allowed`, with it."""
    return {
        profile: label
        for profile, label in listed.items()
        if label is not None and inside(profile, allowed)
    }


def tally(labels):
    labels = list(labels)
    return {label: labels.count(label) for label in set(labels)}


@given(functions(), st.data())
def test_what_is_possible_and_how_often_is_what_a_list_says(function, data):
    choices, listed = function
    allowed = data.draw(parts(choices))
    diagram = Diagram(choices)
    node = made(diagram, listed)
    left = labelled(listed, allowed)
    labels, possible = diagram.reachable(node, allowed)
    assert labels == set(left.values())
    assert possible == [{profile[level] for profile in left} for level in range(len(choices))]
    assert diagram.counts(node, allowed) == tally(left.values())
    assert diagram.total(node, allowed) == len(left)
    assert (diagram.first(node, allowed) is not None) == bool(left)
    assert diagram.labels(node) == set(labelled(listed, {}).values())
    assert diagram.total(node) == len(labelled(listed, {}))


@given(functions(), st.data())
def test_the_first_and_the_nearest_profile_are_those_of_a_list(function, data):
    choices, listed = function
    allowed = data.draw(parts(choices))
    prices = {
        (level, choice): data.draw(st.integers(0, 3))
        for level, of_level in enumerate(choices)
        for choice in of_level
    }

    def price(profile):
        return sum(prices[pair] for pair in enumerate(profile))

    diagram = Diagram(choices)
    node = made(diagram, listed)
    left = labelled(listed, allowed)
    first = diagram.first(node, allowed)
    assert first == (next(([*p], label) for p, label in left.items()) if left else None)
    wanted = [profile for profile, label in left.items() if label == "one"]
    found = diagram.nearest(
        node, lambda level, choice: prices[level, choice], lambda label: label == "one", allowed
    )
    expected = min(wanted, key=price, default=None)
    assert found == (None if expected is None else (price(expected), [*expected]))


@given(functions(2), st.data())
def test_functions_of_functions_are_those_of_their_lists(function, data):
    choices, one, other = function
    allowed = data.draw(parts(choices))
    level = data.draw(st.sampled_from(range(len(choices))))
    diagram = Diagram(choices)
    first, second = made(diagram, one), made(diagram, other)
    together = diagram.combine(first, second, lambda a, b: f"{a} {b}" if a else b)
    assert together == made(
        diagram, {p: f"{one[p]} {other[p]}" if one[p] else other[p] for p in one}
    )
    assert diagram.within(first, allowed) == made(
        diagram, {p: label if inside(p, allowed) else None for p, label in one.items()}
    )
    assert diagram.without(first, allowed) == made(
        diagram, {p: None if inside(p, allowed) else label for p, label in one.items()}
    )
    for choice, node in zip(choices[level], diagram.cofactors(first, level), strict=True):
        fixed = {p: one[(*p[:level], choice, *p[level + 1 :])] for p in one}
        assert node == made(diagram, fixed)
    assert level not in diagram.support(diagram.cofactors(first, level)[0])


@given(functions(), st.data())
def test_projecting_takes_the_first_label_over_the_choices_of_a_level(function, data):
    choices, listed = function
    level = data.draw(st.sampled_from(range(len(choices))))
    diagram = Diagram(choices)
    first = {}
    for profile in listed:
        same = [listed[(*profile[:level], c, *profile[level + 1 :])] for c in choices[level]]
        first[profile] = next((label for label in same if label is not None), None)
    node = diagram.project(made(diagram, listed), {level}, lambda a, b: b if a is None else a)
    assert node == made(diagram, first)


@given(functions())
def test_a_function_depends_on_the_levels_that_change_it_and_no_others(function):
    choices, listed = function
    diagram = Diagram(choices)
    node = made(diagram, listed)
    changing = {
        level
        for level in range(len(choices))
        for profile, label in listed.items()
        for choice in choices[level]
        if listed[(*profile[:level], choice, *profile[level + 1 :])] != label
    }
    assert diagram.support(node) == changing
    other = Diagram(choices)
    assert other.read(diagram, node, str.upper) == made(
        other, {p: label and label.upper() for p, label in listed.items()}
    )


@given(functions(), st.data())
def test_choices_count_what_they_weigh(function, data):
    choices, listed = function
    weights = [[data.draw(st.integers(0, 3)) for _ in of_level] for of_level in choices]
    diagram = Diagram(choices, dict(enumerate(weights)))
    node = made(diagram, listed)
    weighed = {}
    for profile, label in labelled(listed, {}).items():
        weight = 1
        for level, (place,) in enumerate(profile):
            weight *= weights[level][place]
        weighed[label] = weighed.get(label, 0) + weight
    assert {label: n for label, n in diagram.counts(node).items() if n} == {
        label: n for label, n in weighed.items() if n
    }
    assert diagram.total(node) == sum(weighed.values())
