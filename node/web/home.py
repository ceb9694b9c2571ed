"""The page at `/`: whose node this is, what anybody may see of it, and how to become its peer.

For people without a login. It is rendered on the server, escaped throughout, and needs no script.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from importlib.resources import files

from aiohttp import web
from jinja2 import Environment, StrictUndefined, Template

from node.domain.catalogue import CatalogueEntry
from node.store.database import Database
from node.store.proposals import list_public
from protocol.vocabulary import OrganisationKind, Purpose, Unit

SHOWN_MAX = 100
"""Offers and needs on the page: more than a person reads, and a page of some 20 KiB."""

SECURITY_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}

INTRODUCTIONS: dict[OrganisationKind, str] = {
    OrganisationKind.MUNICIPALITY: "This municipality passes on what it no longer uses, and looks here first.",
    OrganisationKind.CHARITY: "This charity gives used things a new home.",
    OrganisationKind.REFURBISHER: "This workshop makes used things good again.",
    OrganisationKind.CARRIER: "This carrier moves things from those who have to those who need.",
    OrganisationKind.HUB: "This hub brings together what many have and what many need.",
    OrganisationKind.WORKSHOP: "This work-training workshop repairs, builds and passes on.",
    OrganisationKind.OTHER: "This organisation passes on what it no longer uses.",
}


@dataclass(frozen=True, slots=True)
class HomeFacts:
    """What the page says that does not change while the node runs."""

    name: str
    kind: OrganisationKind
    country: str
    org_number: str
    origin: str
    actor_iri: str
    proof_fingerprint: str
    recovery_fingerprint: str


@dataclass(frozen=True, slots=True)
class ShownEntry:
    """An offer or a need in words."""

    name: str
    left: str
    condition: str
    until: str


class HomePage:
    """Handlers for the page and its style sheet. Construction reads both: not for the event loop."""

    def __init__(self, *, facts: HomeFacts, database: Database, clock: Callable[[], datetime]) -> None:
        self._facts = facts
        self._database = database
        self._clock = clock
        self._template = _load_template("home.html")
        self._style = files("node.web").joinpath("static", "plain.css").read_bytes()

    def add_routes(self, router: web.UrlDispatcher) -> None:
        """Register the paths of this page."""
        router.add_get("/", self.get_home)
        router.add_get("/static/plain.css", self.get_style)

    async def get_home(self, request: web.Request) -> web.Response:
        """The page as things stand now."""
        found = await asyncio.wrap_future(
            self._database.read(partial(list_public, now=self._clock(), limit=SHOWN_MAX + 1))
        )
        shown = found[:SHOWN_MAX]
        text = self._template.render(
            name=self._facts.name,
            introduction=INTRODUCTIONS[self._facts.kind],
            country=self._facts.country,
            org_number=self._facts.org_number,
            origin=self._facts.origin,
            actor_iri=self._facts.actor_iri,
            proof_fingerprint=self._facts.proof_fingerprint,
            recovery_fingerprint=self._facts.recovery_fingerprint,
            offers=[_shown(entry) for entry in shown if entry.purpose is Purpose.OFFER],
            needs=[_shown(entry) for entry in shown if entry.purpose is Purpose.REQUEST],
            more=len(found) > SHOWN_MAX,
        )
        return web.Response(text=text, content_type="text/html", charset="utf-8", headers=SECURITY_HEADERS)

    async def get_style(self, request: web.Request) -> web.Response:
        """The style sheet."""
        headers = {**SECURITY_HEADERS, "Cache-Control": "public, max-age=3600"}
        return web.Response(body=self._style, content_type="text/css", charset="utf-8", headers=headers)


def _load_template(name: str) -> Template:
    """A template with every value escaped, and an error instead of a gap for a value that is missing."""
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    return environment.from_string(files("node.web").joinpath("templates", name).read_text("utf-8"))


def _shown(entry: CatalogueEntry) -> ShownEntry:
    left = f"{entry.available / 1000:g} kg" if entry.unit is Unit.KILOGRAM else str(entry.available)
    return ShownEntry(
        name=entry.name,
        left=left,
        condition=entry.condition or "",
        until="" if entry.closes_at is None else entry.closes_at.date().isoformat(),
    )
