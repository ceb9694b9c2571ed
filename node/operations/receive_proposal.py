"""A peer's offers and needs, as its feed tells of them."""

import sqlite3
from datetime import datetime

from node.domain.peers import Peer
from node.domain.places import Coordinates
from node.domain.quantities import base_units_of
from node.operations.author import Author
from node.store import proposals
from protocol.activities import CreateProposal, DeleteProposal, UpdateProposal
from protocol.documents import Proposal
from protocol.feeds import tier_of_audience
from protocol.vocabulary import Tier


def receive_proposal(
    connection: sqlite3.Connection, activity: CreateProposal | UpdateProposal, *, peer: Peer, author: Author
) -> bool:
    """Store the proposal if it is newer than what we have of it; an older or equal version has no effect.

    A tombstone binds against its version and those below; a higher version revives. An IRI that another publisher
    already uses is not this peer's to change.
    """
    proposal = activity.proposal
    known = proposals.find_entry(connection, proposal.iri)
    if known is not None and known.peer_id != peer.id:
        return False
    if known is not None and proposal.version <= known.version and known.withdrawn_at is None:
        return False
    buried = proposals.find_tombstone(connection, proposal.iri)
    if buried is not None and proposal.version <= buried:
        return False
    proposals.record_proposal(connection, _row_of(proposal, peer=peer, author=author))
    return True


def receive_deletion(connection: sqlite3.Connection, activity: DeleteProposal, *, peer: Peer, now: datetime) -> bool:
    """Take the proposal out of the catalogue and remember at which version it went."""
    known = proposals.find_entry(connection, activity.proposal_iri)
    if known is not None and known.peer_id != peer.id:
        return False
    if known is not None and activity.version < known.version:
        return False
    proposals.record_tombstone(connection, activity.proposal_iri, peer_id=peer.id, version=activity.version)
    if known is not None and known.withdrawn_at is None:
        proposals.record_withdrawn(connection, activity.proposal_iri, version=activity.version, now=now)
    return True


def _row_of(proposal: Proposal, *, peer: Peer, author: Author) -> proposals.ProposalRow:
    category = None if proposal.category_iri is None else author.scheme.find(proposal.category_iri)
    unit = proposal.quantity.unit
    place = None
    if proposal.latitude is not None and proposal.longitude is not None:
        place = Coordinates(latitude=proposal.latitude, longitude=proposal.longitude)
    tier = tier_of_audience(proposal.audience, origin=peer.origin)
    return proposals.ProposalRow(
        iri=proposal.iri,
        peer_id=peer.id,
        publisher_iri=proposal.attributed_to,
        item_id=None,
        purpose=proposal.purpose,
        name=proposal.name,
        content=proposal.content,
        category_iri=proposal.category_iri,
        category_words="" if category is None else " ".join(category.words()),
        unit=unit,
        quantity=base_units_of(proposal.quantity.value, unit=unit),
        stated_available=base_units_of(proposal.available.value, unit=unit),
        minimum=None if proposal.minimum is None else base_units_of(proposal.minimum.value, unit=unit),
        condition=proposal.condition,
        mass_grams=proposal.mass_grams,
        tier=Tier.PARTNERS if tier is Tier.OWN else tier,
        coordinates=place,
        closes_at=proposal.closes_at,
        version=proposal.version,
        terms_version=proposal.version,
        digest=proposal.digest,
        document=proposal.canonical,
        published_at=proposal.published,
    )
