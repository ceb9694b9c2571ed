"""The documents by which nodes find and describe each other: actor, WebFinger, NodeInfo.

Written for ourselves and read from peers; reading believes nothing but what an origin may say of itself (FEP-fe34).
Fetching them, and comparing fingerprints, belongs to the node. Sources: ActivityPub 4, RFC 7033 (WebFinger), FEP-d556
(server-level WebFinger), FEP-2c59 (`webfinger` of an actor), FEP-521a (Multikey), FEP-844e (capabilities),
NodeInfo 2.1.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from protocol.errors import ActorMismatch, InvalidIdentifier, InvalidKey, InvalidMessage, LimitExceeded
from protocol.fields import optional_line, required_degrees, required_iri
from protocol.identifiers import ActorIri, Domain, Iri, KeyIri, Origin, origin_of, parse_iri, same_origin
from protocol.keys import ED25519_MULTIBASE_START, PublicProofKey, PublicTransportKey
from protocol.limits import DISCOVERY_LINKS_MAX, KEYS_PER_ACTOR_MAX, NAME_CHARS_MAX
from protocol.strict_json import JsonObject, JsonValue
from protocol.vocabulary import NAMESPACE, OrganisationKind

ACTIVITY_JSON = "application/activity+json"
LD_JSON_WITH_PROFILE = 'application/ld+json; profile="https://www.w3.org/ns/activitystreams"'

# The one account of a node: acct:actor@DOMAIN.
ACTOR_USERNAME = "actor"

# FEP-844e capabilities that we state. The last is how a node asks for Krets-Feed on what is pushed to it.
RFC9421_CAPABILITY = "https://datatracker.ietf.org/doc/html/rfc9421"
RFC9421_ED25519_CAPABILITY = "https://datatracker.ietf.org/doc/html/rfc9421#name-eddsa-using-curve-edwards25"
FEEDS_CAPABILITY = NAMESPACE + "feeds"

# For readers of JSON-LD; our own reading takes the compact keys as they stand.
ACTOR_CONTEXT: tuple[str, ...] = (
    "https://www.w3.org/ns/activitystreams",
    "https://w3id.org/security/v1",
    "https://www.w3.org/ns/did/v1",
    "https://w3id.org/security/multikey/v1",
)
ACTOR_TERMS: tuple[tuple[str, str], ...] = (
    ("manuallyApprovesFollowers", "https://www.w3.org/ns/activitystreams#manuallyApprovesFollowers"),
    ("webfinger", "https://purl.archive.org/socialweb/webfinger#webfinger"),
    ("country", NAMESPACE + "country"),
    ("organisationNumber", NAMESPACE + "organisationNumber"),
    ("organisationKind", NAMESPACE + "organisationKind"),
    ("recoveryFingerprint", NAMESPACE + "recoveryFingerprint"),
)

_SELF_REL = "self"
_SERVICE_REL = "https://www.w3.org/ns/activitystreams#Service"
_NODEINFO_REL = "http://nodeinfo.diaspora.software/ns/schema/2.1"
_ACTOR_TYPES = ("Organization", "Application", "Group", "Person", "Service")
_COUNTRY = re.compile(r"[A-Z]{2}")
_ORG_NUMBER = re.compile(r"[0-9A-Z](?:[0-9A-Z -]{0,30}[0-9A-Z])?")
_FINGERPRINT = re.compile(r"[0-9a-f]{4}(?: [0-9a-f]{4}){7}")


@dataclass(frozen=True, slots=True)
class ListedProofKey:
    """A proof key with the id under which an actor lists it in `assertionMethod`."""

    key_id: KeyIri
    key: PublicProofKey


@dataclass(frozen=True, slots=True)
class RemoteActor:
    """An organisation as its actor document describes it: read from a peer, or written for ours.

    `outbox`, `kind`, `country` (ISO 3166-1, two letters), `org_number`, the coordinates (degrees, WGS 84, both or
    neither) and `recovery_fingerprint` are None where the document is silent, as foreign software's is. `feeds` says
    whether the actor asks for feed positions. No key id stands twice, whichever list it is in.
    """

    id: ActorIri
    inbox: Iri
    outbox: Iri | None
    name: str
    kind: OrganisationKind | None
    country: str | None
    org_number: str | None
    latitude: float | None
    longitude: float | None
    feeds: bool
    proof_keys: tuple[ListedProofKey, ...]
    transport_keys: tuple[PublicTransportKey, ...]
    recovery_fingerprint: str | None


def actor_document(actor: RemoteActor, *, domain: Domain) -> JsonObject:
    """The actor document of our own node, unsigned, RSA keys first (Fedify 2.3.6 uses the first it understands).

    >>> asker = ActorIri(Iri("https://asker.example/actor"))
    >>> actor = RemoteActor(
    ...     id=asker, inbox=Iri("https://asker.example/inbox"), outbox=None, name="Asker", kind=None, country="NO",
    ...     org_number="920125298", latitude=59.83, longitude=10.44, feeds=True, proof_keys=(), transport_keys=(),
    ...     recovery_fingerprint=None,
    ... )
    >>> document = actor_document(actor, domain=Domain("asker.example"))
    >>> document["webfinger"], document["location"]
    ('actor@asker.example', {'type': 'Place', 'latitude': 59.83, 'longitude': 10.44})
    >>> parse_actor(document, fetched_from=asker) == actor
    True
    """
    context: list[JsonValue] = [*ACTOR_CONTEXT, _actor_terms()]
    document: JsonObject = {
        "@context": context,
        "id": actor.id,
        "type": "Organization",
        "preferredUsername": ACTOR_USERNAME,
        "webfinger": f"{ACTOR_USERNAME}@{domain}",
        "name": actor.name,
        "url": f"{origin_of(actor.id)}/",
        "inbox": actor.inbox,
        "manuallyApprovesFollowers": True,
        "publicKey": [
            {"id": key.key_id, "type": "CryptographicKey", "owner": actor.id, "publicKeyPem": key.pem}
            for key in sorted(actor.transport_keys, key=lambda key: key.algorithm == "ed25519")
        ],
        "assertionMethod": [
            {
                "id": listed.key_id,
                "type": "Multikey",
                "controller": actor.id,
                "publicKeyMultibase": listed.key.multibase,
            }
            for listed in actor.proof_keys
        ],
        "generator": {"type": "Application", "implements": _capabilities(feeds=actor.feeds)},
    }
    stated: dict[str, str | None] = {
        "outbox": actor.outbox,
        "organisationKind": actor.kind,
        "country": actor.country,
        "organisationNumber": actor.org_number,
        "recoveryFingerprint": actor.recovery_fingerprint,
    }
    document.update({name: value for name, value in stated.items() if value is not None})
    if actor.latitude is not None and actor.longitude is not None:
        document["location"] = {"type": "Place", "latitude": actor.latitude, "longitude": actor.longitude}
    return document


def parse_actor(document: JsonObject, *, fetched_from: Iri) -> RemoteActor:
    """The actor that a document describes, if the place it came from may speak for it; see `actor_document`.

    `fetched_from` is the final address, after redirects. Id, inbox, outbox and every key id have its origin; every
    key is owned by the actor. Multikeys of another kind than Ed25519, and keys that are only referred to, are passed
    over; a key that is listed but weak or misformed refuses the whole document. Raises ActorMismatch (another
    origin or owner), InvalidKey, InvalidIdentifier, InvalidMessage, or LimitExceeded over KEYS_PER_ACTOR_MAX keys.
    """
    actor_iri = ActorIri(required_iri(document, "id"))
    if document.get("type") not in _ACTOR_TYPES:
        raise InvalidMessage("the document is not an actor")
    if not same_origin(actor_iri, fetched_from):
        raise ActorMismatch(f"{fetched_from} describes {actor_iri}, which is of another origin")
    latitude, longitude = _coordinates_of(document)
    actor = RemoteActor(
        id=actor_iri,
        inbox=_own_address(document.get("inbox"), actor_iri),
        outbox=_own_address(document["outbox"], actor_iri) if "outbox" in document else None,
        name=_name_of(document, actor_iri),
        kind=_kind_of(document),
        country=_matching(document, "country", pattern=_COUNTRY),
        org_number=_matching(document, "organisationNumber", pattern=_ORG_NUMBER),
        latitude=latitude,
        longitude=longitude,
        feeds=FEEDS_CAPABILITY in _capabilities_of(document),
        proof_keys=_proof_keys_of(document, actor_iri),
        transport_keys=_transport_keys_of(document, actor_iri),
        recovery_fingerprint=_matching(document, "recoveryFingerprint", pattern=_FINGERPRINT),
    )
    key_ids = [listed.key_id for listed in actor.proof_keys] + [key.key_id for key in actor.transport_keys]
    if len(set(key_ids)) != len(key_ids):
        raise InvalidKey("two keys have one id")
    return actor


def webfinger_resources(*, actor_iri: ActorIri, domain: Domain) -> frozenset[str]:
    """Every `resource` to which our WebFinger answers with `webfinger_document`; any other is not found.

    >>> hole = ActorIri(Iri("https://hole.example/actor"))
    >>> sorted(webfinger_resources(actor_iri=hole, domain=Domain("hole.example")))
    ['acct:actor@hole.example', 'https://hole.example', 'https://hole.example/', 'https://hole.example/actor']
    """
    origin = origin_of(actor_iri)
    return frozenset({f"acct:{ACTOR_USERNAME}@{domain}", actor_iri, origin, f"{origin}/"})


def webfinger_document(*, actor_iri: ActorIri, domain: Domain) -> JsonObject:
    """The JSON Resource Descriptor of our one actor, for its account and for the whole server (FEP-d556).

    >>> asker = ActorIri(Iri("https://asker.example/actor"))
    >>> document = webfinger_document(actor_iri=asker, domain=Domain("asker.example"))
    >>> parse_webfinger(document, fetched_from=Iri("https://asker.example/.well-known/webfinger"))
    'https://asker.example/actor'
    """
    page = f"{origin_of(actor_iri)}/"
    return {
        "subject": f"acct:{ACTOR_USERNAME}@{domain}",
        "aliases": [actor_iri, page],
        "links": [
            {"rel": _SELF_REL, "type": ACTIVITY_JSON, "href": actor_iri},
            {"rel": _SERVICE_REL, "type": ACTIVITY_JSON, "href": actor_iri},
            {"rel": "http://webfinger.net/rel/profile-page", "type": "text/html", "href": page},
        ],
    }


def parse_webfinger(document: JsonObject, *, fetched_from: Iri) -> ActorIri:
    """The actor of the server that gave this answer: its server-level link if there is one, else its `self` link.

    Raises InvalidMessage without such a link, ActorMismatch where the link leaves the origin of `fetched_from`,
    LimitExceeded over DISCOVERY_LINKS_MAX links, InvalidIdentifier on a link that is no IRI.
    """
    by_rel: dict[JsonValue, JsonValue] = {}
    for link in _objects_of(document.get("links"), entries_max=DISCOVERY_LINKS_MAX):
        if link.get("rel") in (_SELF_REL, _SERVICE_REL) and link.get("type") in (ACTIVITY_JSON, LD_JSON_WITH_PROFILE):
            by_rel.setdefault(link["rel"], link.get("href"))
    if not by_rel:
        raise InvalidMessage("WebFinger names no actor")
    actor_iri = parse_iri(by_rel.get(_SERVICE_REL, by_rel.get(_SELF_REL)), allow_http=True)
    if not same_origin(actor_iri, fetched_from):
        raise ActorMismatch(f"{fetched_from} names the actor {actor_iri} of another origin")
    return ActorIri(actor_iri)


def nodeinfo_index_document(*, origin: Origin) -> JsonObject:
    """What /.well-known/nodeinfo says: where the one NodeInfo document is.

    >>> nodeinfo_index_document(origin=Origin("https://asker.example"))["links"][0]["href"]
    'https://asker.example/nodeinfo/2.1'
    """
    return {"links": [{"rel": _NODEINFO_REL, "href": f"{origin}/nodeinfo/2.1"}]}


def nodeinfo_document(*, software_version: str) -> JsonObject:
    """The NodeInfo 2.1 document: what runs here, without counting anybody.

    >>> nodeinfo_document(software_version="0.1.0")["software"]
    {'name': 'krets', 'version': '0.1.0'}
    """
    return {
        "version": "2.1",
        "software": {"name": "krets", "version": software_version},
        "protocols": ["activitypub"],
        "services": {"inbound": [], "outbound": []},
        "openRegistrations": False,
        "usage": {"users": {}},
        "metadata": {},
    }


def _actor_terms() -> JsonObject:
    terms: JsonObject = dict(ACTOR_TERMS)
    terms["implements"] = {"@id": "https://w3id.org/fep/844e/implements", "@type": "@id", "@container": "@list"}
    return terms


def _capabilities(*, feeds: bool) -> list[JsonValue]:
    stated = [
        ("RFC-9421: HTTP Message Signatures", RFC9421_CAPABILITY),
        ("RFC-9421 signatures using the Ed25519 algorithm", RFC9421_ED25519_CAPABILITY),
    ]
    if feeds:
        stated.append(("Krets feeds", FEEDS_CAPABILITY))
    return [{"type": "Link", "name": name, "href": href} for name, href in stated]


def _objects_of(value: JsonValue, *, entries_max: int) -> Sequence[JsonObject]:
    """The objects of a JSON-LD set: absent, one object, or a list; other entries, such as references, left out."""
    entries = value if isinstance(value, list) else [value]
    if len(entries) > entries_max:
        raise LimitExceeded(f"{len(entries)} entries where {entries_max} are allowed")
    return [entry for entry in entries if isinstance(entry, dict)]


def _own_iri(value: JsonValue, actor_iri: ActorIri) -> Iri:
    iri = parse_iri(value, allow_http=True)
    if not same_origin(iri, actor_iri):
        raise ActorMismatch(f"{iri} is of another origin than its actor {actor_iri}")
    return iri


def _own_address(value: JsonValue, actor_iri: ActorIri) -> Iri:
    """An address of the actor's own origin that can be asked: a fragment is never sent, so it has none."""
    iri = _own_iri(value, actor_iri)
    if "#" in iri:
        raise InvalidIdentifier(f"{iri} has a fragment, so it is no address")
    return iri


def _matching(document: JsonObject, key: str, *, pattern: re.Pattern[str]) -> str | None:
    text = optional_line(document, key, chars_max=NAME_CHARS_MAX)
    if text is not None and not pattern.fullmatch(text):
        raise InvalidMessage(f"{key} is not of the expected form")
    return text


def _name_of(document: JsonObject, actor_iri: ActorIri) -> str:
    # Foreign software may leave the name out or null; the host is what a person can check anyway.
    absent = document.get("name") is None
    name = None if absent else optional_line(document, "name", chars_max=NAME_CHARS_MAX)
    return name or origin_of(actor_iri).partition("://")[2]


def _kind_of(document: JsonObject) -> OrganisationKind | None:
    text = optional_line(document, "organisationKind", chars_max=NAME_CHARS_MAX)
    if text is None:
        return None
    try:
        return OrganisationKind(text)
    except ValueError:
        # The list may grow: a kind that this version does not know is still an organisation.
        return OrganisationKind.OTHER


def _coordinates_of(document: JsonObject) -> tuple[float, float] | tuple[None, None]:
    place = document.get("location")
    if not isinstance(place, dict) or not ("latitude" in place or "longitude" in place):
        return None, None
    return required_degrees(place, "latitude", largest=90), required_degrees(place, "longitude", largest=180)


def _capabilities_of(document: JsonObject) -> list[JsonValue]:
    generator = document.get("generator")
    if not isinstance(generator, dict):
        return []
    return [link.get("href") for link in _objects_of(generator.get("implements"), entries_max=DISCOVERY_LINKS_MAX)]


def _proof_keys_of(document: JsonObject, actor_iri: ActorIri) -> tuple[ListedProofKey, ...]:
    listed: list[ListedProofKey] = []
    for entry in _objects_of(document.get("assertionMethod"), entries_max=KEYS_PER_ACTOR_MAX):
        multibase = entry.get("publicKeyMultibase")
        if entry.get("type") != "Multikey" or not isinstance(multibase, str):
            continue
        if not multibase.startswith(ED25519_MULTIBASE_START):
            continue
        key_iri = _own_key_iri(entry, actor_iri, owner=entry.get("controller"))
        listed.append(ListedProofKey(key_id=key_iri, key=PublicProofKey.from_multibase(multibase)))
    return tuple(listed)


def _transport_keys_of(document: JsonObject, actor_iri: ActorIri) -> tuple[PublicTransportKey, ...]:
    keys: list[PublicTransportKey] = []
    for entry in _objects_of(document.get("publicKey"), entries_max=KEYS_PER_ACTOR_MAX):
        key_iri = _own_key_iri(entry, actor_iri, owner=entry.get("owner"))
        pem = entry.get("publicKeyPem")
        if not isinstance(pem, str):
            raise InvalidKey(f"the key {key_iri} has no publicKeyPem")
        keys.append(PublicTransportKey.from_pem(pem, key_id=key_iri, owner_iri=actor_iri))
    return tuple(keys)


def _own_key_iri(entry: JsonObject, actor_iri: ActorIri, *, owner: JsonValue) -> KeyIri:
    key_iri = KeyIri(_own_iri(entry.get("id"), actor_iri))
    if owner != actor_iri:
        raise ActorMismatch(f"the key {key_iri} belongs to {owner!r}, not to {actor_iri}")
    return key_iri
