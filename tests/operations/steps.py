"""Steps that many stories share, each in the words of the person who does it."""

from datetime import timedelta
from decimal import Decimal

from node.domain.agreements import Agreement
from node.domain.catalogue import CatalogueEntry
from node.domain.inventory import Item
from node.operations.decide_request import AcceptRequest, accept_request
from node.operations.edit_inventory import AddItem, ItemChanges, add_item
from node.operations.make_request import MakeRequest, make_request
from node.operations.publish_proposal import PublishOffer, publish_offer
from node.operations.publishing import publish_to_peer
from node.store import agreements, items, messages, proposals
from protocol.activities import Reject, parse_recorded
from protocol.compose import compose_request
from protocol.identifiers import Iri
from protocol.vocabulary import Counterfactual, Quantity, Tier, Unit
from tests.cast import Town, World


def chairs(town: Town, *, quantity: int = 24) -> Item:
    """Office chairs in the inventory."""
    return town.run(
        add_item, AddItem(item=ItemChanges(name="Kontorstol Capisco", quantity=quantity, category="office-chair"))
    )


def offer(town: Town, *, quantity: int = 24, owned: int | None = None, tier: Tier = Tier.PARTNERS) -> CatalogueEntry:
    """Office chairs on offer."""
    item = chairs(town, quantity=owned or quantity)
    return town.run(
        publish_offer,
        PublishOffer(item_ref=str(item.id), quantity=quantity, tier=tier, gone_by_on=None, minimum=None),
    )


def ask(town: Town, iri: str, *, quantity: int, item_ref: str | None = None, days: int = 14) -> Agreement:
    """A request for so many."""
    return town.run(
        make_request,
        MakeRequest(reference=iri, quantity=quantity, item_ref=item_ref, counterfactual=Counterfactual.BUY_NEW),
        expires_at=town.clock.now + timedelta(days=days),
    )


def ask_blindly(town: Town, publisher: Town, iri: str, *, world: World) -> tuple[str | None, object, str | None]:
    """A request for something that is not in the asker's catalogue, and what the answer says."""
    request_iri = town.author.mint("activities")
    unsigned = compose_request(
        iri=request_iri,
        actor_iri=town.actor_iri,
        to=publisher.actor_iri,
        satisfies=Iri(f"{iri}#primary"),
        quantity=Quantity(value=Decimal(1), unit=Unit.ONE),
        proposal_version=1,
        proposal_digest=None,
        counterfactual=Counterfactual.NOT_SAID,
        expires_at=None,
        seen=frozenset(),
        published=town.clock.now,
        context=town.author.context,
    )
    peer = town.peer(publisher)
    town.run(publish_to_peer, unsigned, peer=peer, thread_iri=None)
    world.deliver()
    stored = messages.list_thread(publisher.connection, request_iri)[-1]
    answer = parse_recorded(stored.body)
    assert isinstance(answer, Reject)
    return answer.code, answer.available, answer.text


def agreed(world: World, giver: Town, receiver: Town, *, quantity: int = 12, of: int = 24) -> Agreement:
    """An agreement between the two, as the giver has it."""
    entry = offer(giver, quantity=of)
    world.deliver()
    request = ask(receiver, entry.iri, quantity=quantity)
    world.deliver()
    giver.run(accept_request, AcceptRequest(reference=request.request_iri))
    world.deliver()
    return agreement_at(giver, request.request_iri)


def agreement_at(town: Town, reference: str) -> Agreement:
    """The agreement as this town has it."""
    found = agreements.find_agreement(town.connection, reference)
    assert found is not None
    return found


def entry_at(town: Town, iri: str) -> CatalogueEntry:
    """The proposal as this town has it."""
    found = proposals.find_entry(town.connection, iri)
    assert found is not None
    return found


def item_at(town: Town, reference: str) -> Item:
    """The item as this town has it."""
    found = items.find_item(town.connection, reference)
    assert found is not None
    return found
