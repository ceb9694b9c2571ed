"""Peers of each other over loopback HTTP: fingerprints, tiers, delivery, and what is said while one is away."""

import shutil
import time
from pathlib import Path
from typing import Any

from node.opening import open_node
from node.operations.record_stranger import record_unknown_follow
from node.settings import load_settings
from node.store.peers import record_stranger
from protocol.http_signatures import HttpRequest
from tests.commands.exchange import Pair, offer_chairs
from tests.commands.running import granted, krets
from tests.commands.serving import ServedNode, wait_for


def test_ones_own_node_is_no_peer(pair: Pair) -> None:
    outcome = krets("peer", "add", pair[0].settings.origin, home=pair[0].home)

    assert (outcome.exit_code, outcome.err.count("\n")) == (1, 1)
    assert "your own node" in outcome.err


def test_what_was_not_signed_by_who_it_claims_to_be_from_is_dropped(pair: Pair, home: Path) -> None:
    claimed = pair[1].settings
    forged = HttpRequest("POST", "http://127.0.0.1:18999/inbox", (), b"{}")
    with open_node(load_settings(home, {})) as opened:
        opened.write(
            lambda connection: record_unknown_follow(
                connection, forged, actor_iri=claimed.actor_iri, origin=claimed.origin, now=opened.clock()
            )
        )
    listed = krets("peer", "list", home=home)

    outcome = krets("peer", "show", claimed.origin, home=home)

    assert "asks to be a peer: krets peer show 1" in listed.out
    assert (outcome.exit_code, outcome.err.count("\n")) == (1, 1)
    assert "was not signed by it, and has been dropped" in outcome.err
    assert granted("peer", "list", home=home)["peers"][0]["follower_state"] == "none"


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
    told = krets("peer", "show", getter.settings.origin, home=giver.home).out
    for shown in (blocked, giver.ask("peer", "list")["peers"][0]):
        assert (shown["granted_tier"], shown["received_tier"]) == (None, None)
    assert "They see of us" not in told
    assert "We see of them" not in told
    assert "public" not in listed.out


def test_a_rejected_peer_is_told_and_a_removed_one_is_gone_from_both_catalogues(pair: Pair) -> None:
    giver, getter = pair
    offer_chairs(giver)

    rejected = giver.ask("peer", "reject", getter.settings.origin, "--wait", 20)["peers"][0]["peer"]
    wait_for(
        lambda: getter.ask("peer", "list")["peers"][0]["following_state"] == "rejected" or None, what="the rejection"
    )
    removed = getter.ask("peer", "remove", giver.settings.origin, "--wait", 20)["peers"][0]["peer"]

    assert (rejected["follower_state"], rejected["granted_tier"]) == ("rejected", None)
    assert rejected["received_tier"] == "partners"
    assert (removed["granted_tier"], removed["received_tier"]) == (None, None)
    assert "partners" not in krets("peer", "list", home=getter.home).out
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


def test_more_peers_than_the_limit_are_said(home: Path) -> None:
    with open_node(load_settings(home, {})) as opened:
        for name in ("a", "b", "c"):
            origin = f"http://{name}.example"
            opened.write(
                lambda connection, origin=origin: record_stranger(  # type: ignore[misc]
                    connection, actor_iri=f"{origin}/actor", origin=origin, now=opened.clock()
                )
            )

    first = granted("peer", "list", "--limit", 2, home=home)
    every = granted("peer", "list", "--limit", 3, home=home)
    told = krets("peer", "list", "--limit", 2, home=home)

    assert (len(first["peers"]), first["more"], len(every["peers"]), every["more"]) == (2, True, 3, False)
    assert told.err == "There are more than 2: raise --limit to see them.\n"


def _failing(node: ServedNode) -> Any:
    time.sleep(0.1)
    return next((one for one in node.ask("status")["deliveries"] if one["failures"]), None)
