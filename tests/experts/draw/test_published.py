"""The published vectors of other verifiable draws (reference: RFC 3797, Rivest, and others)."""

import pytest

from tests.experts.draw import published

RIVEST = [
    ("3546311556112163624615351222", 876, [740, 180, 264, 789, 238]),
    ("1", 1000, [97, 89, 163]),
    ("0", 1000, [905, 573, 160]),
    ("snowman: ☃", 1000, [634, 56, 46]),
    ("\U0001f600", 1000, [596, 415, 303, 11, 141]),
    ("seed", 1000, [315, 474, 734, 604, 864, 614, 48, 673, 71, 992]),
]


def test_the_example_of_rfc_3797_is_picked_to_the_last() -> None:
    key = "9319./2.5.8.10.12./9.18.26.34.41.45./"
    told = [17, 7, 2, 16, 25, 23, 8, 24, 19, 13, 22, 5, 18, 9, 1, 4]
    assert published.rfc3797(key, 25, 16) == told
    assert published.rfc3797_digest(key, 0).hex() == "990dd0a5692a029a98b5e01aa28f3459"
    assert published.rfc3797_digest(key, 15).hex() == "3269e6ce559abd57e2ba6aab495eb9bd"


def test_the_real_nominating_committee_of_2022_is_picked_again() -> None:
    key = (
        "7.8.11.18.28.40.48./15.16.21.31.36.65./8.12.13.17.21.26.35.42./1.5.10.13.14.16.21.25.27./"
    )
    told = [171, 245, 68, 190, 70, 126, 110, 128, 138, 173]
    assert published.rfc3797(key, 267, 10) == told


@pytest.mark.parametrize(("seed", "total", "told"), RIVEST)
def test_rivests_sampler_of_2011_gives_its_published_samples(
    seed: str, total: int, told: list[int]
) -> None:
    assert published.rivest(seed, total, len(told)) == told


def test_consistent_sampling_gives_its_published_samples_and_ticket() -> None:
    told = [73, 51, 17, 58, 38, 42, 39, 20, 11, 67]
    assert published.consistent(41, range(100), 10) == told
    first = [published.consistent_ticket(41, n)[:11] for n in told[:3]]
    assert first == ["0.000508333", "0.003446232", "0.004419823"]
    names = [f"{letter}-{n}" for letter in "AB" for n in (1, 2, 3)]
    assert published.consistent(314159, names, 4) == ["B-2", "B-3", "A-3", "A-2"]
    ticket = published.consistent_ticket("01382438112797316654", "AB-130")
    assert ticket == (
        "0.26299714122838008416507544297546663599715395525154425586041245287750224561854"
    )


def test_thomsons_selection_by_one_time_codes_gives_its_published_colours() -> None:
    codes = published.one_time_codes(b"totally not a bikeshed", 10)
    assert codes[10].hex() == "950ea08d8d5fd3ae415b9967aba7a48aba39ca62a4d98f2e7fe25cb1b8f8c488"
    assert codes[9].hex() == "5346f2efb5397a6788fc1f1d9c05c6d3f2abe9b7d16d8592a3695b6dbe9f2456"
    labels = [
        "aqua", "bisque", "blue", "cornflowerblue", "darkgoldenrod", "darkgray", "lavenderblush",
        "lightpink", "mediumvioletred",
    ]  # fmt: skip
    lotteries = "1.2.3.4.5.6./" * 3
    first = {name: key.hex()[:8] for key, name in published.elegy(lotteries, codes[9], labels)}
    told = ["lavenderblush", "blue", "darkgoldenrod", "mediumvioletred", "bisque", "lightpink"]
    assert list(first)[:6] == told
    assert [first[name] for name in told[:3]] == ["002ed527", "03f710be", "08bab813"]
    second = published.elegy(lotteries, codes[8], labels)
    assert [name for _, name in second[:3]] == ["aqua", "darkgray", "cornflowerblue"]
    assert second[0][0].hex().startswith("00d1c59a9f1b581060a9e732e91")
