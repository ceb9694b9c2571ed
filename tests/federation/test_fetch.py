"""Fetching an actor: what is followed and believed, and what a person is told when it is not."""

import json
from dataclasses import dataclass, field

import pytest

from node.federation.fetch import FetchFailed, fetch_actor, parse_address
from node.federation.transport import ExchangeFailed, HttpAnswer
from protocol.discovery import actor_document, webfinger_document
from protocol.http_signatures import HttpRequest
from protocol.identifiers import Domain
from protocol.limits import FETCH_SECONDS_MAX, REDIRECTS_MAX
from tests.cast import Town

ORIGIN = "https://baerum.example"
ACTOR = f"{ORIGIN}/actor"
WEBFINGER = f"{ORIGIN}/.well-known/webfinger?resource=https%3A%2F%2Fbaerum.example%2F"
ACTIVITY = "application/activity+json"


@dataclass
class Web:
    """Addresses with an answer laid ready; all others fail."""

    answers: dict[str, HttpAnswer] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    deadlines: list[float] = field(default_factory=list)

    def put(
        self, iri: str, document: object, *, content_type: str = ACTIVITY, status: int = 200, **headers: str
    ) -> None:
        named = tuple((name.replace("_", "-"), value) for name, value in headers.items())
        self.answers[iri] = HttpAnswer(status, (("content-type", content_type), *named), json.dumps(document).encode())

    async def exchange(self, request: HttpRequest, *, body_bytes_max: int, deadline_seconds: float) -> HttpAnswer:
        self.asked.append(request.target_uri)
        self.deadlines.append(deadline_seconds)
        if request.target_uri not in self.answers:
            raise ExchangeFailed("no connection", internal="not in this test")
        return self.answers[request.target_uri]


@pytest.fixture
def web(baerum: Town) -> Web:
    """Bærum's WebFinger and actor."""
    made = Web()
    domain = Domain("baerum.example")
    webfinger = webfinger_document(actor_iri=baerum.actor_iri, domain=domain)
    made.put(WEBFINGER, webfinger, content_type="application/jrd+json")
    made.put(ACTOR, actor_document(baerum.actor(), domain=domain))
    return made


async def fetch(web: Web, address: str) -> str:
    return (await fetch_actor(address, transport=web, http_allowed=False)).id


@pytest.mark.parametrize("address", ["baerum.example", "Baerum.Example", ORIGIN, f"{ORIGIN}/", f" {ORIGIN} "])
async def test_a_server_is_asked_for_its_actor(web: Web, address: str) -> None:
    assert await fetch(web, address) == ACTOR
    assert web.asked == [WEBFINGER, ACTOR]


@pytest.mark.parametrize("address", [ACTOR, f"{ACTOR}#main-key"])
async def test_an_actor_is_fetched_as_it_is(web: Web, address: str) -> None:
    assert await fetch(web, address) == ACTOR
    assert web.asked == [ACTOR]


async def test_redirects_within_the_origin_are_followed(web: Web) -> None:
    for number in range(REDIRECTS_MAX):
        following = ACTOR if number == REDIRECTS_MAX - 1 else f"/{number + 1}"
        web.put(f"{ORIGIN}/{number}", {}, status=302, location=following)

    assert await fetch(web, f"{ORIGIN}/0") == ACTOR


async def test_one_redirect_too_many_is_not_followed(web: Web) -> None:
    for number in range(REDIRECTS_MAX + 1):
        web.put(f"{ORIGIN}/{number}", {}, status=301, location=f"/{number + 1}")

    with pytest.raises(FetchFailed, match="redirects more than"):
        await fetch(web, f"{ORIGIN}/0")


@pytest.mark.parametrize(
    "location",
    ["https://evil.example/actor", "http://baerum.example/actor", "https://baerum.example:444/actor", "file:///x", "",
     "//evil.example/", "https://user@baerum.example/"],
)  # fmt: skip
async def test_a_redirect_out_of_the_origin_is_not_followed(web: Web, location: str) -> None:
    web.put(f"{ORIGIN}/old", {}, status=308, location=location)

    with pytest.raises(FetchFailed, match="redirects"):
        await fetch(web, f"{ORIGIN}/old")
    assert set(web.asked) == {f"{ORIGIN}/old"}


@pytest.mark.parametrize("content_type", ["text/html", "application/json", "image/png", "application/ld+json"])
async def test_an_actor_of_another_content_type_is_not_read(web: Web, content_type: str) -> None:
    web.put(ACTOR, {}, content_type=content_type)

    with pytest.raises(FetchFailed, match="another kind of document"):
        await fetch(web, ACTOR)


async def test_a_compressed_answer_is_not_read(web: Web) -> None:
    web.put(ACTOR, {}, content_encoding="gzip")

    with pytest.raises(FetchFailed, match="compressed"):
        await fetch(web, ACTOR)


@pytest.mark.parametrize("status", [204, 400, 401, 404, 410, 500])
async def test_another_status_is_told(web: Web, status: int) -> None:
    web.put(ACTOR, {}, status=status)

    with pytest.raises(FetchFailed, match=f"status {status}"):
        await fetch(web, ACTOR)


async def test_an_actor_that_speaks_for_another_origin_is_not_believed(web: Web, baerum: Town) -> None:
    document = actor_document(baerum.actor(), domain=Domain("baerum.example"))
    web.put("https://evil.example/actor", document)

    with pytest.raises(FetchFailed, match="does not answer as a peer"):
        await fetch(web, "https://evil.example/actor")


async def test_a_webfinger_answer_that_names_another_server_is_not_followed(web: Web) -> None:
    links = [{"rel": "self", "type": ACTIVITY, "href": "https://evil.example/actor"}]
    web.put(WEBFINGER, {"links": links}, content_type="application/jrd+json")

    with pytest.raises(FetchFailed, match="does not answer as a peer"):
        await fetch(web, "baerum.example")
    assert web.asked == [WEBFINGER]


async def test_a_body_that_is_not_strict_json_is_told(web: Web) -> None:
    web.answers[ACTOR] = HttpAnswer(200, (("content-type", ACTIVITY),), b'{"id":1,"id":2}')

    with pytest.raises(FetchFailed, match="not strict JSON"):
        await fetch(web, ACTOR)


async def test_a_server_that_cannot_be_reached_is_told_with_the_reason(web: Web) -> None:
    with pytest.raises(FetchFailed, match="could not be fetched: no connection"):
        await fetch(web, "hole.example")


async def test_all_redirects_of_a_fetch_share_one_deadline(web: Web) -> None:
    web.put(f"{ORIGIN}/old", {}, status=301, location=ACTOR)

    await fetch(web, f"{ORIGIN}/old")

    first, second = web.deadlines
    assert second < first <= FETCH_SECONDS_MAX


def test_without_a_scheme_an_address_is_https_and_in_development_http() -> None:
    assert parse_address("asker.example", http_allowed=False) == "https://asker.example"
    assert parse_address("127.0.0.1:8201", http_allowed=True) == "http://127.0.0.1:8201"


def test_http_is_for_development(web: Web) -> None:
    with pytest.raises(FetchFailed, match="--dev"):
        parse_address("http://asker.example", http_allowed=False)


@pytest.mark.parametrize(
    "address",
    ["", "asker example", "https://", "ftp://asker.example", "https://user:x@asker.example", "asker.example:99999",
     "https://asker.example./", "asker@asker.example", "2130706433", "0x7f.1", "æ.example", "https://a/../b"],
)  # fmt: skip
def test_what_is_no_address_is_told_with_an_example(address: str) -> None:
    with pytest.raises(FetchFailed, match=r"is not the address of a node.*krets\.asker\.example"):
        parse_address(address, http_allowed=False)
