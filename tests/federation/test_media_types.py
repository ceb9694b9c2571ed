"""Which Content-Types are read as what."""

import pytest

from node.federation.media_types import is_activity_type, is_discovery_type

PROFILE = "https://www.w3.org/ns/activitystreams"


@pytest.mark.parametrize(
    "content_type",
    [
        "application/activity+json",
        "Application/Activity+JSON",
        "application/activity+json; charset=utf-8",
        'application/activity+json;charset="UTF-8"',
        f'application/ld+json; profile="{PROFILE}"',
        f'application/ld+json;profile="https://example.org/ns {PROFILE}" ; charset=utf-8',
    ],
)
def test_an_activity_may_come_as(content_type: str) -> None:
    assert is_activity_type(content_type)


@pytest.mark.parametrize(
    "content_type",
    [
        None,
        "",
        "text/plain",
        "text/html",
        "image/png",
        "application/json",
        "application/ld+json",
        'application/ld+json; profile="https://example.org/ns"',
        f'application/ld+json; profile="{PROFILE}x"',
        f'application/ld+json; profile="x"; profile="{PROFILE}"',
        "application/activity+json; charset=latin-1",
        "application/activity+json, text/html",
        "application/activity+json; charset",
        "application/activity+json;",
        "application/activity+jsonx",
    ],
)
def test_an_activity_may_not_come_as(content_type: str | None) -> None:
    assert not is_activity_type(content_type)


@pytest.mark.parametrize("content_type", ["application/jrd+json", "application/json; charset=utf-8"])
def test_a_webfinger_answer_may_come_as(content_type: str) -> None:
    assert is_discovery_type(content_type)


@pytest.mark.parametrize(
    "content_type", [None, "text/html", "application/activity+json", "application/json; charset=x"]
)
def test_a_webfinger_answer_may_not_come_as(content_type: str | None) -> None:
    assert not is_discovery_type(content_type)
