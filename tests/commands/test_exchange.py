"""Commands of two nodes that talk over loopback HTTP, and what each side then shows."""

import threading
import time
from pathlib import Path
from typing import Any

import pytest

from tests.commands.running import dump_domain, granted, krets
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


def test_an_offer_is_found_by_the_peer_with_distance_and_owner(pair: Pair) -> None:
    giver, getter = pair
    offer = offer_chairs(giver)

    found = getter.ask("catalogue", "search", "chair", "--kind", "offer", "--category", "office-chair")["results"]
    told = krets("catalogue", "search", "chair", home=getter.home)

    (one,) = found
    assert (one["entry"]["iri"], one["entry"]["available"], one["own"], one["kind"]) == (
        offer["iri"],
        24,
        False,
        "offer",
    )
    assert one["distance_km"] == pytest.approx(8, abs=2)
    assert "Asker" in told.out
    assert offer["iri"] in told.out
    assert "8 km" in told.out


def test_search_narrows_by_place_distance_and_tier(pair: Pair) -> None:
    giver, getter = pair
    offer_chairs(giver)

    near = getter.ask("catalogue", "search", "--near", "59.83,10.44", "--within", "1")["results"]
    far = getter.ask("catalogue", "search", "--near", "69.65,18.96", "--within", "100")["results"]
    wider = getter.ask("catalogue", "search", "--tier", "public")["results"]

    assert [one["distance_km"] for one in near] == [pytest.approx(0, abs=1)]
    assert far == wider == []


def test_a_search_that_finds_nothing_offers_to_become_a_need(pair: Pair) -> None:
    outcome = krets("catalogue", "search", "zeppelin", home=pair[1].home)

    assert "krets need publish" in outcome.out


def test_a_need_shows_the_offers_that_answer_it_on_both_sides(pair: Pair) -> None:
    giver, getter = pair
    offer = offer_chairs(giver)

    said = getter.ask("need", "publish", "Office chairs", "--quantity", 12, "--by", "2030-12-18", "--wait", 20)
    told = krets("need", "list", home=getter.home)

    assert [match["offer"]["iri"] for match in said["matches"]] == [offer["iri"]]
    assert "same category" in said["matches"][0]["because"]
    assert offer["iri"] in told.out
    heard = giver.ask("catalogue", "search", "--kind", "need")["results"]
    assert [one["entry"]["iri"] for one in heard] == [said["need"]["iri"]]


def test_a_need_said_to_people_names_its_matches(pair: Pair) -> None:
    giver, getter = pair
    offer = offer_chairs(giver)

    told = krets("need", "publish", "Office chairs", "--quantity", 2, home=getter.home)
    withdrawn = krets("need", "withdraw", getter.ask("need", "list")["needs"][0]["need"]["id"], home=getter.home)

    assert f"Answered by Asker: {offer['name']}" in told.out
    assert withdrawn.out.startswith("Withdrawn: need")
    assert getter.ask("need", "list")["needs"] == []
    assert len(getter.ask("need", "list", "--all")["needs"]) == 1


def test_a_request_that_waits_hears_yes_and_exits_0(pair: Pair) -> None:
    giver, getter = pair
    offer = offer_chairs(giver)
    answered: list[Any] = []
    accepting = threading.Thread(target=lambda: answered.append(_accept_first(giver)))
    accepting.start()

    request = getter.ask("request", "make", offer["iri"], "--quantity", 10, "--wait", 30)["request"]

    accepting.join()
    assert request["phase"] == "agreed"
    assert request["agreement_iri"] == answered[0]["agreement_iri"]


def test_who_comes_too_late_hears_no_with_the_reason_and_exits_1(pair: Pair) -> None:
    giver, getter = pair
    offer = offer_chairs(giver)
    early = ask_for(getter, giver, offer["iri"], quantity=20)
    late = ask_for(getter, giver, offer["iri"], quantity=10)

    giver.ask("request", "accept", early)

    lost = wait_for_phase(getter, late, "rejected")
    told = krets("request", "list", "--all", home=getter.home)
    assert (lost["refusal_code"], lost["still_available"]) == ("unavailable", 4)
    assert "Somebody was quicker; 4 could still be had" in told.out


def test_a_request_that_waits_and_is_refused_exits_1_with_the_reason(pair: Pair) -> None:
    giver, getter = pair
    offer = offer_chairs(giver)
    rejecting = threading.Thread(target=lambda: _reject_first(giver))
    rejecting.start()

    outcome = krets("request", "make", offer["iri"], "--quantity", 1, "--wait", 30, "--json", home=getter.home)

    rejecting.join()
    assert outcome.exit_code == 1
    assert outcome.document["error"] == {
        "code": "policy",
        "message": "Asker says no: Only in summer; 24 could still be had.",
    }
    assert outcome.document["request"]["phase"] == "rejected"


def test_a_request_that_waits_in_vain_says_so_and_exits_0(pair: Pair) -> None:
    giver, getter = pair
    offer = offer_chairs(giver)

    outcome = krets("request", "make", offer["iri"], "--quantity", 1, "--wait", 0.3, home=getter.home)

    assert outcome.exit_code == 0
    assert "No answer within 0.3 seconds" in outcome.err
    assert "waits for Asker's answer" in outcome.out


def test_both_sides_sign_the_handover_in_parts_and_see_it_completed(pair: Pair) -> None:
    giver, getter = pair
    request_iri = agree(pair)

    for quantity, total in ((10, 10), (None, 24)):
        words = [] if quantity is None else ["--quantity", quantity]
        given = giver.ask("handover", "give", request_iri, *words, "--wait", 0.2)["agreement"]
        assert given["given"] == total
        wait_for(lambda total=total: find(getter, request_iri)["given"] == total or None, what="the part")  # type: ignore[index,misc]
        received = getter.ask("handover", "receive", request_iri, "--wait", 20)["agreement"]
        assert received["received"] == total
        wait_for(lambda total=total: find(giver, request_iri)["received"] == total or None, what="the receipt")  # type: ignore[index,misc]

    for node in pair:
        done = wait_for_phase(node, request_iri, "completed")
        shown = node.ask("agreement", "show", done["agreement_iri"])
        assert [message["what"] for message in shown["messages"]].count("signs for: 10") == 2
        assert shown["agreement"]["id"] == done["id"]
    assert giver.ask("item", "show", 1)["item"]["quantity"] == 0
    digests = [
        {message["digest"] for message in node.ask("agreement", "show", request_iri)["messages"]} for node in pair
    ]
    assert digests[0] == digests[1]
    assert len(digests[0]) == 6


def test_give_with_wait_ends_when_the_receiver_has_signed(pair: Pair) -> None:
    giver, getter = pair
    request_iri = agree(pair)
    receiving = threading.Thread(target=lambda: _receive_when_given(getter, request_iri))
    receiving.start()

    given = giver.ask("handover", "give", request_iri, "--wait", 30)["agreement"]

    receiving.join()
    assert (given["given"], given["received"], given["phase"]) == (24, 24, "completed")


def test_a_disputed_handover_is_seen_on_both_sides(pair: Pair) -> None:
    giver, getter = pair
    request_iri = agree(pair)
    giver.ask("handover", "give", request_iri)
    wait_for(lambda: find(getter, request_iri)["given"] == 24 or None, what="the handover")  # type: ignore[index]

    getter.ask("handover", "dispute", request_iri, "--code", "damaged", "--text", "Broken wheels.", "--wait", 20)

    for node in pair:
        wait_for_phase(node, request_iri, "disputed")
        assert "disputed; settle it together" in krets("agreement", "list", home=node.home).out


def test_a_withdrawn_request_and_a_revoked_yes_free_what_was_held(pair: Pair) -> None:
    giver, getter = pair
    withdrawn = agree(pair, quantity=10)
    getter.ask("request", "withdraw", withdrawn, "--wait", 20)
    wait_for_phase(giver, withdrawn, "cancelled")
    offer_iri = giver.ask("offer", "list")["offers"][0]["iri"]
    wait_for(lambda: _available(getter, offer_iri) == 24 or None, what="the catalogue has them again")
    revoked = ask_for(getter, giver, offer_iri, quantity=24)
    giver.ask("request", "accept", revoked)

    giver.ask("request", "revoke", revoked, "--code", "no-longer-available", "--wait", 20)

    wait_for_phase(getter, revoked, "cancelled")
    assert giver.ask("item", "show", 1)["item"]["promised"] == 0
    ended = {one["phase"] for one in getter.ask("agreement", "list", "--all")["agreements"]}
    assert ended == {"cancelled"}
    assert getter.ask("agreement", "list")["agreements"] == []


def test_a_need_is_filled_by_who_has_the_thing(pair: Pair) -> None:
    asker, baerum = pair
    need = asker.ask("need", "publish", "Sofas for the library", "--quantity", 2, "--wait", 20)["need"]
    item = baerum.ask("item", "add", "Sofa", "--quantity", 3)["item"]
    number = baerum.ask("catalogue", "search", "--kind", "need")["results"][0]["entry"]["id"]

    request = baerum.ask("request", "make", number, "--quantity", 2, "--item", item["id"])["request"]

    wait_for(lambda: find(asker, request["request_iri"]), what="the proposal to fill the need arrives")
    asker.ask("request", "accept", request["request_iri"], "--wait", 20)
    agreed = wait_for_phase(baerum, request["request_iri"], "agreed")
    assert (agreed["proposal_iri"], agreed["we_give"]) == (need["iri"], True)
    assert baerum.ask("item", "show", item["id"])["item"]["promised"] == 2


def test_a_refused_command_beside_two_running_nodes_changes_nothing(pair: Pair) -> None:
    giver, getter = pair
    request_iri = agree(pair)
    before = dump_domain(giver.home)

    outcomes = [
        krets("handover", "give", request_iri, "--quantity", 25, home=giver.home),
        krets("handover", "receive", request_iri, home=giver.home),
        krets("request", "reject", request_iri, "--code", "policy", home=giver.home),
        krets("request", "withdraw", request_iri, home=giver.home),
        krets("item", "edit", 1, "--quantity", 3, home=giver.home),
        krets("item", "remove", 1, home=giver.home),
        krets("peer", "remove", getter.settings.origin, home=giver.home),
        krets("offer", "edit", 1, "--quantity", 1, home=giver.home),
    ]

    assert [(outcome.exit_code, outcome.err.count("\n")) for outcome in outcomes] == [(1, 1)] * len(outcomes)
    assert dump_domain(giver.home) == before


def test_an_offer_is_changed_and_withdrawn_at_the_peer_too(pair: Pair) -> None:
    giver, getter = pair
    offer = offer_chairs(giver)

    edited = giver.ask("offer", "edit", offer["id"], "--quantity", 20, "--gone-by", "2030-01-31", "--wait", 20)["offer"]
    seen = getter.ask("catalogue", "search", "chair")["results"][0]["entry"]
    told = krets("offer", "withdraw", offer["id"], "--wait", 20, home=giver.home)

    assert (edited["quantity"], edited["closes_at"], edited["version"]) == (20, "2030-02-01T00:00:00Z", 2)
    assert (seen["quantity"], seen["closes_at"], seen["version"]) == (20, "2030-02-01T00:00:00Z", 2)
    assert told.out.startswith("Withdrawn: offer")
    assert getter.ask("catalogue", "search", "chair")["results"] == []
    assert giver.ask("offer", "list")["offers"] == []
    assert "withdrawn" in krets("offer", "list", "--all", home=giver.home).out


def test_status_shows_how_delivery_to_each_peer_stands(pair: Pair) -> None:
    giver, getter = pair
    offer_chairs(giver)

    status = giver.ask("status")
    told = krets("status", home=giver.home)

    assert status["serving"] is True
    assert {(one["peer"], one["waiting"], one["failures"]) for one in status["deliveries"]} == {("Bærum", 0, 0)}
    assert {one["bilateral"] for one in status["deliveries"]} == {True, False}
    assert "Running" in told.out
    assert "what partners see" in told.out
    assert "messages between us" in told.out
    assert getter.ask("status")["counts"]["from_peers"] == 1


def test_while_the_peer_is_away_status_and_commands_say_what_waits_and_why(pair: Pair) -> None:
    giver, getter = pair
    getter.stop()
    item = giver.ask("item", "add", "Sofa")["item"]
    giver.ask("offer", "publish", item["id"], "--quantity", 1, "--tier", "partners")

    failing = wait_for(lambda: _failing(giver), what="a failed attempt")
    told = krets("offer", "edit", 1, "--gone-by", "2030-01-31", home=giver.home)

    assert failing["waiting"] == 1
    assert failing["next_attempt_at"] is not None
    assert failing["last_error"]
    assert "Waits for Bærum: 1 new offer or need, 1 changed offer or need. Last attempt:" in told.err


def test_without_serve_a_command_says_what_will_be_sent_when_the_node_runs(
    made_pair: tuple[Path, Path], tmp_path: Path
) -> None:
    import shutil

    home = Path(shutil.copytree(made_pair[0], tmp_path / "asker"))
    granted("item", "add", "Sofa", home=home)

    told = krets("offer", "publish", 1, "--quantity", 1, "--tier", "partners", home=home)
    as_json = granted("offer", "edit", 1, "--gone-by", "2030-01-31", home=home)

    assert told.err == "Will be sent to Bærum when the node runs (krets serve): 1 new offer or need.\n"
    assert as_json["outgoing"]["serving"] is False
    assert as_json["outgoing"]["waiting"][0]["waiting"] == 2
    assert "start it with krets serve" in krets("status", home=home).out


def test_a_tier_changes_and_a_blocked_peer_hears_nothing_more(pair: Pair) -> None:
    giver, getter = pair
    offer_chairs(giver)

    narrowed = giver.ask("peer", "accept", getter.settings.origin, "--tier", "public", "--wait", 20)["peers"][0]["peer"]
    wait_for(lambda: getter.ask("catalogue", "search")["results"] == [] or None, what="the narrower view")
    blocked = giver.ask("peer", "block", getter.settings.domain)["peers"][0]["peer"]
    listed = krets("peer", "list", home=giver.home)

    assert (narrowed["granted_tier"], narrowed["granted_version"]) == ("public", 2)
    assert blocked["blocked_at"] is not None
    assert "blocked" in listed.out


def test_a_rejected_peer_is_told_and_a_removed_one_is_gone_from_both_catalogues(pair: Pair) -> None:
    giver, getter = pair
    offer_chairs(giver)

    rejected = giver.ask("peer", "reject", getter.settings.origin, "--wait", 20)["peers"][0]["peer"]
    wait_for(
        lambda: getter.ask("peer", "list")["peers"][0]["following_state"] == "rejected" or None, what="the rejection"
    )
    removed = getter.ask("peer", "remove", giver.settings.origin, "--wait", 20)["peers"][0]["peer"]

    assert rejected["follower_state"] == "rejected"
    assert removed["follower_state"] in ("rejected", "ended", "none")
    assert getter.ask("catalogue", "search")["results"] == []


def test_people_see_both_sides_fingerprints_to_compare(pair: Pair) -> None:
    giver, getter = pair

    seen = getter.ask("peer", "show", giver.settings.origin)
    own = giver.ask("peer", "show", getter.settings.origin)
    told = krets("peer", "show", giver.settings.origin, home=getter.home)

    assert seen["peers"][0]["fingerprints"] == own["our_fingerprints"]
    assert own["peers"][0]["fingerprints"] == seen["our_fingerprints"]
    for fingerprint in (*seen["our_fingerprints"]["proof"], own["our_fingerprints"]["recovery"]):
        assert fingerprint in told.out


def test_asking_again_waits_for_an_answer_that_is_there_already(pair: Pair) -> None:
    giver, getter = pair

    again = giver.ask("peer", "add", getter.settings.origin, "--wait", 20)

    assert again["peers"][0]["peer"]["following_state"] == "accepted"
    assert again["outgoing"]["waiting"] == []


def _accept_first(node: ServedNode) -> Any:
    """Accept the first request that comes, as another person does beside the command that waits.

    Not through a command: those share this process's output. The operation is the same.
    """
    from node.app import open_node
    from node.operations.decide_request import AcceptRequest, accept_request

    number = _first_request(node)
    with open_node(node.settings) as opened:
        accepted = opened.write(
            lambda connection: accept_request(
                connection, AcceptRequest(reference=number), author=opened.author, now=opened.clock()
            )
        )
    return {"agreement_iri": accepted.agreement_iri}


def _reject_first(node: ServedNode) -> None:
    from node.app import open_node
    from node.operations.decide_request import RejectRequest, reject_request
    from protocol.vocabulary import RefusalCode

    number = _first_request(node)
    command = RejectRequest(reference=number, code=RefusalCode.POLICY, text="Only in summer.")
    with open_node(node.settings) as opened:
        opened.write(lambda connection: reject_request(connection, command, author=opened.author, now=opened.clock()))


def _first_request(node: ServedNode) -> str:
    from node.app import open_node
    from node.store.agreements import AgreementFilter, list_agreements

    with open_node(node.settings) as opened:

        def look() -> str | None:
            found = opened.read(lambda connection: list_agreements(connection, AgreementFilter(), limit=1))
            return str(found[0].id) if found else None

        return wait_for(look, what="a request")


def _receive_when_given(node: ServedNode, request_iri: str) -> None:
    from node.app import open_node
    from node.operations.hand_over import ReceiveHandover, receive
    from node.store.agreements import load_agreement

    with open_node(node.settings) as opened:
        wait_for(
            lambda: opened.read(lambda connection: load_agreement(connection, request_iri).given) or None,
            what="the giver's signature",
        )
        command = ReceiveHandover(reference=request_iri, quantity=None)
        opened.write(lambda connection: receive(connection, command, author=opened.author, now=opened.clock()))


def _available(node: ServedNode, iri: str) -> int | None:
    results = node.ask("catalogue", "search")["results"]
    return next((one["entry"]["available"] for one in results if one["entry"]["iri"] == iri), None)


def _failing(node: ServedNode) -> Any:
    time.sleep(0.1)
    return next((one for one in node.ask("status")["deliveries"] if one["failures"]), None)
