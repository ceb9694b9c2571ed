"""The two organisations of the example vectors, with keys from published seeds, and all their valid messages.

Only making messages belongs here; `make_vectors` writes them down. Seeds are public: no real node may use them.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from protocol import compose
from protocol.canonical import digest_of
from protocol.identifiers import ActorIri, Digest, Iri, KeyIri
from protocol.keys import ProofKey, PublicTransportKey, TransportKey, ed25519_pem_from_seed
from protocol.proofs import embed, sign_document
from protocol.strict_json import JsonObject
from protocol.vocabulary import (
    Action,
    CancelCode,
    Counterfactual,
    DisputeCode,
    Purpose,
    Quantity,
    RefusalCode,
    Tier,
    Unit,
)
from schemas import message_context

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


@dataclass(frozen=True)
class Organisation:
    """One side: its actor and its two keys, both from the same published words."""

    domain: str
    actor_iri: ActorIri = field(init=False)
    proof_key: ProofKey = field(init=False)
    transport_key: TransportKey = field(init=False)

    def __post_init__(self) -> None:
        actor_iri = ActorIri(Iri(f"https://{self.domain}/actor"))
        object.__setattr__(self, "actor_iri", actor_iri)
        proof_key = ProofKey.from_seed(self.seed("proof"), key_id=KeyIri(f"{actor_iri}#proof-1"))
        object.__setattr__(self, "proof_key", proof_key)
        pem = ed25519_pem_from_seed(self.seed("transport"))
        object.__setattr__(self, "transport_key", TransportKey.from_pem(pem, key_id=f"{actor_iri}#ed-http"))

    def seed(self, use: str) -> bytes:
        """The 32 published bytes that the key for this use is made of."""
        return hashlib.sha256(f"krets vectors {self.domain} {use}".encode()).digest()

    def iri(self, path: str) -> Iri:
        """An id of this organisation."""
        return Iri(f"https://{self.domain}/{path}")

    @property
    def public_transport_key(self) -> PublicTransportKey:
        """What the actor document lists."""
        return PublicTransportKey.from_pem(
            self.transport_key.public_pem, key_id=self.transport_key.key_id, owner_iri=self.actor_iri
        )

    def sign(self, document: JsonObject) -> JsonObject:
        """The document with a proof by this organisation."""
        return sign_document(document, key=self.proof_key, created=NOON)

    def sign_all(self, document: JsonObject) -> JsonObject:
        """The activity with a proof, and the durable object in it with one of its own; proofs that are there go."""
        unsigned = {key: value for key, value in document.items() if key != "proof"}
        for key in ("object", "result"):
            member = unsigned.get(key)
            if isinstance(member, dict) and "proof" in member:
                alone = {"@context": unsigned["@context"]} | {k: v for k, v in member.items() if k != "proof"}
                unsigned[key] = embed(self.sign(alone))
        return self.sign(unsigned)


ASKER = Organisation("asker.example")
BAERUM = Organisation("xn--brum-voa.example")
ORGANISATIONS = {organisation.actor_iri: organisation for organisation in (ASKER, BAERUM)}

CHAIRS = Quantity.of(24, Unit.ONE)
TWELVE = Quantity.of(12, Unit.ONE)
PARTNERS_FEED = ASKER.iri("feeds/partners")
OFFER_IRI = ASKER.iri("proposals/4f1d")
NEED_IRI = BAERUM.iri("proposals/77c0")
REQUEST_IRI = BAERUM.iri("activities/b7")
AGREEMENT_IRI = ASKER.iri("agreements/9a02")
COMMITMENT_IRI = ASKER.iri("agreements/9a02#primary")
HANDOVER_IRI = ASKER.iri("events/e1")


def digest_of_words(words: str) -> Digest:
    """A digest of something that is not among the vectors."""
    return Digest("sha-256:" + hashlib.sha256(words.encode()).hexdigest())


@dataclass(frozen=True)
class ValidMessage:
    """One valid message: which schema it follows, why it is there, and the signed document."""

    schema: str
    why: str
    document: JsonObject


def _offer(version: int = 1, available: Quantity = CHAIRS) -> JsonObject:
    return ASKER.sign(
        compose.compose_proposal(
            iri=OFFER_IRI,
            purpose=Purpose.OFFER,
            attributed_to=ASKER.actor_iri,
            name="24 kontorstoler, Håg Capisco",
            content="Svart stoff.\nHentes på rådhuset, 3. etasje; heis.",
            version=version,
            published=NOON,
            closes_at=NOON + timedelta(days=25),
            action=Action.TRANSFER,
            category_iri=Iri("https://w3id.org/krets/category/office-chair"),
            quantity=CHAIRS,
            available=available,
            minimum=Quantity.of(1, Unit.ONE),
            latitude=59.83,
            longitude=10.44,
            condition="god",
            mass_grams=11_700,
            audience=(PARTNERS_FEED,),
            context=message_context(),
        )
    )


def _need() -> JsonObject:
    return BAERUM.sign(
        compose.compose_proposal(
            iri=NEED_IRI,
            purpose=Purpose.REQUEST,
            attributed_to=BAERUM.actor_iri,
            name="Arbeidstøy til lån",
            content="",
            version=1,
            published=NOON,
            closes_at=None,
            action=Action.TRANSFER_CUSTODY,
            category_iri=None,
            quantity=Quantity.of("37.5", Unit.KILOGRAM),
            available=Quantity.of("37.5", Unit.KILOGRAM),
            minimum=None,
            latitude=None,
            longitude=None,
            condition=None,
            mass_grams=None,
            audience=(BAERUM.iri("feeds/partners"), BAERUM.iri("feeds/organisations")),
            context=message_context(),
        )
    )


def _agreement(quantity: Quantity) -> JsonObject:
    return ASKER.sign(
        compose.compose_agreement(
            iri=AGREEMENT_IRI,
            attributed_to=ASKER.actor_iri,
            commitment_iri=COMMITMENT_IRI,
            satisfies=Iri(f"{OFFER_IRI}#primary"),
            quantity=quantity,
            proposal_version=1,
            proposal_digest=digest_of(_offer()),
            counterfactual=Counterfactual.BUY_NEW,
            context=message_context(),
        )
    )


def _event(by: Organisation, iri: Iri, *, quantity: Quantity, mirrors: Iri | None) -> JsonObject:
    return by.sign(
        compose.compose_event(
            iri=iri,
            action=Action.TRANSFER,
            agreement_iri=AGREEMENT_IRI,
            fulfills=COMMITMENT_IRI,
            provider=ASKER.actor_iri,
            receiver=BAERUM.actor_iri,
            quantity=quantity,
            occurred_at=NOON + timedelta(days=2),
            mirrors=mirrors,
            context=message_context(),
        )
    )


def _request(
    iri: Iri, quantity: Quantity, *, supersedes: Iri | None = None, seen: frozenset[Digest] = frozenset()
) -> JsonObject:
    return BAERUM.sign(
        compose.compose_request(
            iri=iri,
            actor_iri=BAERUM.actor_iri,
            to=ASKER.actor_iri,
            satisfies=Iri(f"{OFFER_IRI}#primary"),
            quantity=quantity,
            proposal_version=1,
            proposal_digest=digest_of(_offer()),
            counterfactual=Counterfactual.BUY_NEW,
            expires_at=NOON + timedelta(days=7),
            seen=seen,
            published=NOON,
            context=message_context(),
            supersedes=supersedes,
        )
    )


def _peering() -> dict[str, ValidMessage]:
    follow = compose.compose_follow(
        iri=BAERUM.iri("activities/b1"),
        actor_iri=BAERUM.actor_iri,
        object_iri=ASKER.actor_iri,
        published=NOON,
        context=message_context(),
    )
    accept = compose.compose_accept_follow(
        iri=ASKER.iri("activities/a1"),
        actor_iri=ASKER.actor_iri,
        to=BAERUM.actor_iri,
        object_iri=BAERUM.iri("activities/b1"),
        tier=Tier.PARTNERS,
        tier_version=1,
        published=NOON,
        context=message_context(),
    )
    reject = compose.compose_reject(
        iri=ASKER.iri("activities/a2"),
        actor_iri=ASKER.actor_iri,
        to=BAERUM.actor_iri,
        object_iri=BAERUM.iri("activities/b1"),
        code=None,
        seen=frozenset(),
        published=NOON,
        context=message_context(),
    )
    undo = compose.compose_undo(
        iri=BAERUM.iri("activities/b2"),
        actor_iri=BAERUM.actor_iri,
        to=ASKER.actor_iri,
        object_iri=BAERUM.iri("activities/b1"),
        code=None,
        seen=frozenset(),
        published=NOON,
        context=message_context(),
    )
    block = compose.compose_block(
        iri=ASKER.iri("activities/a3"),
        actor_iri=ASKER.actor_iri,
        object_iri=BAERUM.actor_iri,
        published=NOON,
        context=message_context(),
    )
    return {
        "follow": ValidMessage("follow", "A node asks another to become its peer.", BAERUM.sign(follow)),
        "accept-follow": ValidMessage(
            "accept", "The answer of a person: the tier, and its version.", ASKER.sign(accept)
        ),
        "reject-follow": ValidMessage("reject", "The other answer; a reason is not needed.", ASKER.sign(reject)),
        "undo-follow": ValidMessage("undo", "The asker takes its Follow back.", BAERUM.sign(undo)),
        "block": ValidMessage("block", "The peering ends.", ASKER.sign(block)),
    }


def _catalogue() -> dict[str, ValidMessage]:
    def publish(
        form: Callable[..., JsonObject], by: Organisation, number: str, proposal: JsonObject, *feeds: Iri
    ) -> JsonObject:
        return by.sign(
            form(
                iri=by.iri(f"activities/{number}"),
                actor_iri=by.actor_iri,
                audience=feeds,
                signed_object=proposal,
                published=NOON,
                context=message_context(),
            )
        )

    delete = compose.compose_delete(
        iri=ASKER.iri("activities/a6"),
        actor_iri=ASKER.actor_iri,
        audience=(PARTNERS_FEED,),
        proposal_iri=OFFER_IRI,
        version=2,
        published=NOON,
        context=message_context(),
    )
    need_feeds = (BAERUM.iri("feeds/partners"), BAERUM.iri("feeds/organisations"))
    left = _offer(version=2, available=Quantity.of(0, Unit.ONE))
    return {
        "create-offer": ValidMessage(
            "create",
            "An offer with every field.",
            publish(compose.compose_create, ASKER, "a4", _offer(), PARTNERS_FEED),
        ),
        "create-need": ValidMessage(
            "create",
            "A need with the fields that it must have, a loan, by weight.",
            publish(compose.compose_create, BAERUM, "b3", _need(), *need_feeds),
        ),
        "update": ValidMessage(
            "update", "Nothing is left of the offer.", publish(compose.compose_update, ASKER, "a5", left, PARTNERS_FEED)
        ),
        "delete": ValidMessage("delete", "The offer is gone; its version stays.", ASKER.sign(delete)),
    }


def _answers() -> dict[str, ValidMessage]:
    request = _request(REQUEST_IRI, TWELVE)
    accept = compose.compose_accept_request(
        iri=ASKER.iri("activities/a7"),
        actor_iri=ASKER.actor_iri,
        to=BAERUM.actor_iri,
        object_iri=REQUEST_IRI,
        object_digest=digest_of(request),
        signed_agreement=_agreement(TWELVE),
        seen=frozenset({digest_of(request)}),
        published=NOON + timedelta(hours=1),
        context=message_context(),
    )
    accepted = ASKER.sign(accept)
    reject = compose.compose_reject(
        iri=ASKER.iri("activities/a8"),
        actor_iri=ASKER.actor_iri,
        to=BAERUM.actor_iri,
        object_iri=REQUEST_IRI,
        code=RefusalCode.UNAVAILABLE,
        seen=frozenset({digest_of(request)}),
        published=NOON + timedelta(hours=1),
        context=message_context(),
        object_digest=digest_of(request),
        available=Quantity.of(0, Unit.ONE),
        text="Noen andre var raskere.",
    )
    revoke = compose.compose_reject(
        iri=ASKER.iri("activities/a9"),
        actor_iri=ASKER.actor_iri,
        to=BAERUM.actor_iri,
        object_iri=REQUEST_IRI,
        code=CancelCode.NO_LONGER_AVAILABLE,
        seen=frozenset({digest_of(accepted)}),
        published=NOON + timedelta(days=1),
        context=message_context(),
        agreement_iri=AGREEMENT_IRI,
    )
    undo = compose.compose_undo(
        iri=BAERUM.iri("activities/b9"),
        actor_iri=BAERUM.actor_iri,
        to=ASKER.actor_iri,
        object_iri=REQUEST_IRI,
        code=CancelCode.NO_LONGER_NEEDED,
        seen=frozenset({digest_of(accepted)}),
        published=NOON + timedelta(days=1),
        context=message_context(),
        agreement_iri=AGREEMENT_IRI,
    )
    change = _request(
        BAERUM.iri("activities/b8"),
        Quantity.of(10, Unit.ONE),
        supersedes=AGREEMENT_IRI,
        seen=frozenset({digest_of(accepted)}),
    )
    return {
        "offer": ValidMessage("offer", "Somebody asks for twelve of the 24 chairs.", request),
        "accept-request": ValidMessage("accept", "Yes: an Agreement with ids and a proof of its own.", accepted),
        "reject-request": ValidMessage("reject", "No, with the reason and what is left.", ASKER.sign(reject)),
        "reject-agreement": ValidMessage("reject", "The proposer ends what was agreed.", ASKER.sign(revoke)),
        "undo-request": ValidMessage("undo", "The respondent ends it.", BAERUM.sign(undo)),
        "offer-change": ValidMessage("offer", "Ten instead of twelve.", change),
    }


def _handing_over() -> dict[str, ValidMessage]:
    handover = _event(ASKER, HANDOVER_IRI, quantity=TWELVE, mirrors=None)
    receipt = _event(BAERUM, BAERUM.iri("events/e2"), quantity=Quantity.of(11, Unit.ONE), mirrors=HANDOVER_IRI)

    def record(by: Organisation, number: str, to: Organisation, event: JsonObject) -> JsonObject:
        return by.sign(
            compose.compose_create(
                iri=by.iri(f"activities/{number}"),
                actor_iri=by.actor_iri,
                audience=(to.actor_iri,),
                signed_object=event,
                published=NOON + timedelta(days=2),
                context=message_context(),
                seen=frozenset({digest_of_words("the accept")}),
                agreement_iri=AGREEMENT_IRI,
            )
        )

    dispute = compose.compose_reject(
        iri=BAERUM.iri("activities/b11"),
        actor_iri=BAERUM.actor_iri,
        to=ASKER.actor_iri,
        object_iri=HANDOVER_IRI,
        code=DisputeCode.NOT_RECEIVED,
        seen=frozenset({digest_of_words("the handover")}),
        published=NOON + timedelta(days=3),
        context=message_context(),
        agreement_iri=AGREEMENT_IRI,
    )
    return {
        "create-handover": ValidMessage("create", "The giver hands over.", record(ASKER, "a10", BAERUM, handover)),
        "create-receipt": ValidMessage("create", "The receiver counts eleven.", record(BAERUM, "b10", ASKER, receipt)),
        "reject-handover": ValidMessage("reject", "The receiver contests the handover.", BAERUM.sign(dispute)),
    }


def valid_messages() -> dict[str, ValidMessage]:
    """Every message that we write, by the name of its vector."""
    return _peering() | _catalogue() | _answers() | _handing_over()
