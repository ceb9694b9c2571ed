"""Steps of an exchange through commands, each waited for until the other side has it."""

from typing import Any

from tests.commands.serving import ServedNode, wait_for

Pair = tuple[ServedNode, ServedNode]


def offer_chairs(giver: ServedNode, *, quantity: int = 24, tier: str = "partners") -> dict[str, Any]:
    """An item of chairs, and an offer of all of them that has reached everybody."""
    item = giver.ask("item", "add", "Office chair", "--quantity", quantity)["item"]
    offered: dict[str, Any] = giver.ask(
        "offer", "publish", item["id"], "--quantity", quantity, "--tier", tier, "--wait", 20
    )
    assert offered["outgoing"]["waiting"] == []
    entry: dict[str, Any] = offered["offer"]
    return entry


def ask_for(getter: ServedNode, giver: ServedNode, iri: str, *, quantity: int) -> str:
    """A request that has arrived. Returns its IRI."""
    request = getter.ask("request", "make", iri, "--quantity", quantity)["request"]
    request_iri = str(request["request_iri"])
    wait_for(lambda: find(giver, request_iri), what="the request arrives")
    return request_iri


def find(node: ServedNode, request_iri: str) -> dict[str, Any] | None:
    """The request as this node has it."""
    requests = node.ask("request", "list", "--all")["requests"]
    return next((one for one in requests if one["request_iri"] == request_iri), None)


def wait_for_phase(node: ServedNode, request_iri: str, phase: str) -> dict[str, Any]:
    """The request once it is in this phase."""

    def look() -> dict[str, Any] | None:
        found = find(node, request_iri)
        return found if found is not None and found["phase"] == phase else None

    return wait_for(look, what=f"the request is {phase}")


def agree(pair: Pair, *, quantity: int = 24) -> str:
    """An agreement about chairs, known to both. Returns the request's IRI."""
    giver, getter = pair
    request_iri = ask_for(getter, giver, offer_chairs(giver)["iri"], quantity=quantity)
    giver.ask("request", "accept", request_iri, "--wait", 20)
    wait_for_phase(getter, request_iri, "agreed")
    return request_iri
