"""Asking, answering and handing over between two nodes that talk over loopback HTTP."""

import json
import re
import signal
import subprocess
import sys
import threading
import time
from typing import Any

from node.opening import open_node
from node.operations.decide_request import AcceptRequest, RejectRequest, accept_request, reject_request
from node.operations.hand_over import ReceiveHandover, receive
from node.store.agreements import AgreementFilter, list_agreements, load_agreement
from protocol.vocabulary import RefusalCode
from tests.commands.exchange import Pair, agree, ask_for, find, offer_chairs, wait_for_phase
from tests.commands.running import dump_domain, krets
from tests.commands.serving import ServedNode, wait_for
from tests.commands.test_help import REPOSITORY


def test_an_agreement_shown_to_people_lists_every_message(pair: Pair) -> None:
    giver, getter = pair
    request_iri = agree(pair)

    told = krets("agreement", "show", request_iri, home=giver.home)
    listed = krets("agreement", "list", home=getter.home)
    handed = krets("handover", "give", request_iri, "--quantity", 4, home=giver.home)

    assert "asks: 24" in told.out
    assert "says yes: 24" in told.out
    assert "agreed; hand over 24 to Bærum" in told.out
    assert "agreed; Asker holds 24 for you" in listed.out
    assert "4 given, 20 still to come" in handed.out
    assert "On its way to Bærum: 1 signature of a handover." in handed.err


def test_a_person_may_say_no_with_a_word(pair: Pair) -> None:
    giver, getter = pair
    request_iri = ask_for(getter, giver, offer_chairs(giver)["iri"], quantity=1)

    told = krets("request", "reject", request_iri, "--code", "policy", "--text", "Only in summer.", home=giver.home)

    lost = wait_for_phase(getter, request_iri, "rejected")
    assert "refused: Only in summer" in told.out
    assert (lost["refusal_code"], lost["refusal_text"]) == ("policy", "Only in summer.")
    shown = krets("agreement", "show", request_iri, home=getter.home).out
    assert "Reason      policy: Only in summer." in shown
    assert re.search(r"Asker +refuses +policy: Only in summer\. ", shown)


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
        assert [message["what"] for message in shown["messages"]].count("signs the handover: 10") == 1
        assert [message["what"] for message in shown["messages"]].count("signs the receipt: 10") == 1
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


def test_give_with_wait_ends_when_the_receiver_has_counted_less(pair: Pair) -> None:
    giver, getter = pair
    request_iri = agree(pair)
    receiving = threading.Thread(target=lambda: _receive_when_given(getter, request_iri, quantity=20))
    receiving.start()

    outcome = krets("handover", "give", request_iri, "--wait", 3600, home=giver.home)

    receiving.join()
    assert outcome.exit_code == 0
    assert "completed; 24 given, 20 received: 4 are missing" in outcome.out


def test_wait_does_not_wait_for_peers_who_hear_nothing_of_it(pair: Pair) -> None:
    giver, getter = pair
    getter.stop()
    item = giver.ask("item", "add", "Office chair", "--quantity", 2)["item"]
    giver.ask("offer", "publish", item["id"], "--quantity", 1, "--tier", "partners")

    own = giver.ask("offer", "publish", item["id"], "--quantity", 1, "--tier", "own", "--wait", 3600)

    assert [one["peer"] for one in own["outgoing"]["waiting"]] == ["Bærum"]


def test_who_stops_waiting_is_told_that_the_request_stands(pair: Pair) -> None:
    giver, getter = pair
    offer = offer_chairs(giver)

    exit_code, out, err = _interrupted_once_made(
        getter, "request", "make", offer["iri"], "--quantity", "1", "--wait", "3600", "--json"
    )

    (request,) = getter.ask("request", "list")["requests"]
    document = json.loads(out)
    assert (exit_code, err) == (130, "")
    assert document["error"]["code"] == "interrupted"
    assert document["request"] == request["request_iri"]
    wait_for(lambda: find(giver, request["request_iri"]), what="the request arrives all the same")


def test_who_stops_waiting_for_a_peer_that_is_away_is_told_what_will_be_sent(pair: Pair) -> None:
    giver, getter = pair
    offer = offer_chairs(giver)
    giver.stop()

    exit_code, out, err = _interrupted_once_made(
        getter, "request", "make", offer["iri"], "--quantity", "1", "--wait", "3600"
    )

    assert (exit_code, out) == (130, "")
    assert err == (
        "krets: Stopped waiting. What this command said stands and will still be sent to Asker; "
        "see how it goes on: krets agreement show 1.\n"
    )


def test_a_dispute_taken_back_is_seen_on_both_sides(pair: Pair) -> None:
    giver, getter = pair
    request_iri = agree(pair)
    giver.ask("handover", "give", request_iri)
    wait_for(lambda: find(getter, request_iri)["given"] == 24 or None, what="the handover")  # type: ignore[index]
    getter.ask("handover", "dispute", request_iri, "--code", "damaged", "--wait", 20)

    getter.ask("handover", "dispute", request_iri, "--withdraw", "--wait", 20)

    for node in pair:
        assert wait_for_phase(node, request_iri, "given")["refusal_code"] is None
        assert "takes back the dispute" in krets("agreement", "show", request_iri, home=node.home).out


def test_all_requests_stand_newest_first_and_open_ones_oldest_first(pair: Pair) -> None:
    giver, getter = pair
    offer_iri = offer_chairs(giver)["iri"]
    asked = [ask_for(getter, giver, offer_iri, quantity=quantity) for quantity in (1, 2, 3)]
    for request_iri in asked[:2]:
        giver.ask("request", "accept", request_iri)

    every = giver.ask("request", "list", "--all", "--limit", 2)
    agreed = giver.ask("agreement", "list", "--limit", 1)
    agreed_all = giver.ask("agreement", "list", "--all", "--limit", 2)
    told = krets("request", "list", "--all", "--limit", 2, home=giver.home)

    assert [one["request_iri"] for one in every["requests"]] == [asked[2], asked[1]]
    assert [one["request_iri"] for one in agreed["agreements"]] == asked[:1]
    assert [one["request_iri"] for one in agreed_all["agreements"]] == [asked[1], asked[0]]
    assert (every["more"], agreed["more"], agreed_all["more"]) == (True, True, False)
    assert "There are more than 2: raise --limit to see them.\n" in told.err


def test_a_disputed_handover_is_seen_on_both_sides(pair: Pair) -> None:
    giver, getter = pair
    request_iri = agree(pair)
    giver.ask("handover", "give", request_iri)
    wait_for(lambda: find(getter, request_iri)["given"] == 24 or None, what="the handover")  # type: ignore[index]

    getter.ask("handover", "dispute", request_iri, "--code", "damaged", "--text", "Broken wheels.", "--wait", 20)

    for node in pair:
        disputed = wait_for_phase(node, request_iri, "disputed")
        assert (disputed["refusal_code"], disputed["refusal_text"]) == ("damaged", "Broken wheels.")
        assert "disputed: Broken wheels; settle it together" in krets("agreement", "list", home=node.home).out
        told = krets("agreement", "show", request_iri, home=node.home).out
        assert "Reason      damaged: Broken wheels." in told
        assert re.search(r"(we|Bærum) +disputes the handover +damaged: Broken wheels\. ", told)


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
    shown = getter.ask("agreement", "show", withdrawn)["messages"]
    assert [message["what"] for message in shown] == ["asks: 10", "says yes: 10", "cancels"]
    assert (shown[-1]["code"], shown[-1]["text"]) == ("no-longer-needed", None)
    assert "cancelled: no-longer-available" in krets("request", "list", "--all", home=getter.home).out
    told = krets("agreement", "show", revoked, home=getter.home).out
    assert re.search(r"Asker +cancels +no-longer-available ", told)
    assert giver.ask("item", "show", 1)["item"]["promised"] == 0
    ended = {one["phase"] for one in getter.ask("agreement", "list", "--all")["agreements"]}
    assert ended == {"cancelled"}
    assert getter.ask("agreement", "list")["agreements"] == []


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


def _accept_first(node: ServedNode) -> Any:
    """Accept the first request that comes, as another person does beside the command that waits.

    Not through a command: those share this process's output. The operation is the same.
    """
    number = _first_request(node)
    with open_node(node.settings) as opened:
        accepted = opened.write(
            lambda connection: accept_request(
                connection, AcceptRequest(reference=number), author=opened.author, now=opened.clock()
            )
        )
    return {"agreement_iri": accepted.agreement_iri}


def _reject_first(node: ServedNode) -> None:
    number = _first_request(node)
    command = RejectRequest(reference=number, code=RefusalCode.POLICY, text="Only in summer.")
    with open_node(node.settings) as opened:
        opened.write(lambda connection: reject_request(connection, command, author=opened.author, now=opened.clock()))


def _first_request(node: ServedNode) -> str:
    with open_node(node.settings) as opened:

        def look() -> str | None:
            found = opened.read(lambda connection: list_agreements(connection, AgreementFilter(), limit=1))
            return str(found[0].id) if found else None

        return wait_for(look, what="a request")


def _interrupted_once_made(node: ServedNode, *words: str) -> tuple[int, str, str]:
    """Exit code, stdout and stderr of a command that waits, after Ctrl-C when its request has been made."""
    with subprocess.Popen(
        [sys.executable, "-m", "cli", *words, "--home", str(node.home)],
        cwd=REPOSITORY, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        try:
            wait_for(lambda: node.ask("request", "list")["requests"] or None, what="the request is made")
            time.sleep(1)
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=60)
        finally:
            process.kill()
    return process.returncode, out, err


def _receive_when_given(node: ServedNode, request_iri: str, *, quantity: int | None = None) -> None:
    with open_node(node.settings) as opened:
        wait_for(
            lambda: opened.read(lambda connection: load_agreement(connection, request_iri).given) or None,
            what="the giver's signature",
        )
        command = ReceiveHandover(reference=request_iri, quantity=quantity)
        opened.write(lambda connection: receive(connection, command, author=opened.author, now=opened.clock()))


def _available(node: ServedNode, iri: str) -> int | None:
    results = node.ask("catalogue", "search")["results"]
    return next((one["entry"]["available"] for one in results if one["entry"]["iri"] == iri), None)
