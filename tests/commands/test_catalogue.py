"""Offers, needs and searches of two nodes that talk over loopback HTTP."""

import pytest

from tests.commands.exchange import Pair, find, offer_chairs, wait_for_phase
from tests.commands.running import krets
from tests.commands.serving import wait_for


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


def test_an_offer_said_to_people_names_who_sees_it_and_until_when(pair: Pair) -> None:
    giver, _ = pair
    item = giver.ask("item", "add", "Office chair", "--quantity", 3)["item"]

    told = krets(
        "offer", "publish", item["id"], "--quantity", 3, "--tier", "organisations", "--gone-by", "2030-12-18",
        "--minimum", 2, home=giver.home,
    )  # fmt: skip

    assert "partners and organisations" in told.out
    assert "2030-12-18" in told.out
    assert "Smallest part   2" in told.out
    assert told.err == "On its way to Bærum: 1 new offer or need.\n"


def test_a_need_said_to_people_names_its_matches(pair: Pair) -> None:
    giver, getter = pair
    offer = offer_chairs(giver)

    told = krets("need", "publish", "Office chairs", "--quantity", 2, home=getter.home)
    withdrawn = krets("need", "withdraw", getter.ask("need", "list")["needs"][0]["need"]["id"], home=getter.home)

    assert f"Answered by Asker: {offer['name']}" in told.out
    assert withdrawn.out.startswith("Withdrawn: need")
    again = getter.ask("need", "publish", "Office chairs", "--quantity", 1)["need"]
    assert getter.ask("need", "withdraw", again["iri"])["need"]["withdrawn_at"] is not None
    assert getter.ask("need", "list")["needs"] == []
    assert len(getter.ask("need", "list", "--all")["needs"]) == 2


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
