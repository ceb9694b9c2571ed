"""The page for people at `/`: what it tells, and that nothing on it can do anything."""

import asyncio
import re
from html.parser import HTMLParser

import pytest

from protocol.vocabulary import OrganisationKind, Tier
from tests.cast import Clock
from tests.federation.serving import Served
from tests.federation.test_documents import offer

HOSTILE = "<script>alert(1)</script> & \"quoted\" 'it' {{ 7 * 7 }}"


class Tags(HTMLParser):
    """The tags and the texts of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


async def page_of(asker: Served) -> str:
    answer = await asker.get("/")
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    return answer.body.decode()


async def test_it_tells_who_this_is_and_how_to_become_a_peer(asker: Served) -> None:
    text = await page_of(asker)

    assert "<h1>Asker</h1>" in text
    assert "krets peer add https://asker.example" in text
    assert asker.node.author.proof_key.public.fingerprint in text
    actor = (await asker.get("/actor")).document
    assert actor["recoveryFingerprint"] in text
    assert "920125298" in text


async def test_it_shows_what_is_public_and_nothing_narrower(asker: Served) -> None:
    await asyncio.to_thread(offer, asker, tier=Tier.PUBLIC, name="Office chair for all")
    await asyncio.to_thread(offer, asker, tier=Tier.PARTNERS, name="Office chair for partners")
    await asyncio.to_thread(offer, asker, tier=Tier.OWN, name="Office chair for us")

    text = await page_of(asker)

    assert "Office chair for all" in text
    assert "for partners" not in text
    assert "for us" not in text


async def test_without_offers_it_says_so(asker: Served) -> None:
    assert "Nothing is offered to everybody right now" in await page_of(asker)


async def test_what_people_wrote_is_text_and_nothing_else(asker: Served) -> None:
    name = f"Office chair {HOSTILE}"
    await asyncio.to_thread(offer, asker, tier=Tier.PUBLIC, name=name)

    text = await page_of(asker)

    page = Tags(text)
    assert name in page.texts
    assert {"script", "iframe", "object", "form"}.isdisjoint(tag for tag, _ in page.tags)
    assert not any(name.startswith("on") or name == "style" for _, attributes in page.tags for name in attributes)


async def test_it_carries_a_policy_under_which_nothing_runs(asker: Served) -> None:
    answer = await asker.get("/")

    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "no-referrer"


async def test_it_can_be_read_with_a_screen_reader_and_by_keyboard(asker: Served) -> None:
    await asyncio.to_thread(offer, asker, tier=Tier.PUBLIC)

    page = Tags(await page_of(asker))

    tags = [tag for tag, _ in page.tags]
    assert ("html", {"lang": "en"}) in page.tags
    assert [tag for tag in tags if re.fullmatch("h[1-6]", tag)] == ["h1", "h2", "h2"]
    assert {"main", "header", "footer"} <= set(tags)
    assert all("scope" in attributes for tag, attributes in page.tags if tag == "th")
    targets = {attributes["href"] for tag, attributes in page.tags if tag == "a"}
    ids = {attributes.get("id") for _, attributes in page.tags}
    assert all(target[1:] in ids for target in targets if target is not None and target.startswith("#"))


async def test_its_style_sheet_is_its_own(asker: Served) -> None:
    page = Tags(await page_of(asker))
    (style,) = [attributes["href"] for tag, attributes in page.tags if attributes.get("rel") == "stylesheet"]
    assert style is not None

    answer = await asker.get(style)

    assert answer.headers["Content-Type"] == "text/css; charset=utf-8"
    assert b"url(" not in answer.body


async def test_an_offer_that_has_closed_is_not_shown(asker: Served, clock: Clock) -> None:
    await asyncio.to_thread(offer, asker, tier=Tier.PUBLIC, name="Office chair until Friday")
    await asyncio.to_thread(
        asker.node.write,
        lambda connection: connection.execute("UPDATE proposals SET closes_at = '2026-11-27T00:00:00Z'").rowcount,
    )
    assert "2026-11-27" in await page_of(asker)

    clock.forward(days=5)

    assert "until Friday" not in await page_of(asker)


@pytest.mark.parametrize("kind", list(OrganisationKind))
def test_every_kind_of_organisation_is_introduced(kind: OrganisationKind) -> None:
    from node.web.home import INTRODUCTIONS

    assert INTRODUCTIONS[kind].endswith(".")
