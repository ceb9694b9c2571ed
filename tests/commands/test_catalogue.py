"""Offers, needs and searches of two nodes that talk over loopback HTTP."""

import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.commands.exchange import Pair, find, offer_chairs, wait_for_phase
from tests.commands.running import granted, krets
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

    number = getter.ask("catalogue", "search", "--kind", "offer")["results"][0]["entry"]["id"]
    assert f"Answered by Asker: {offer['name']}" in told.out
    assert f"krets request make {number} --quantity 2\n" in told.out
    assert f"\n{offer['iri']}\n" in told.out
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


def test_a_need_that_is_partly_promised_shows_what_is_left(pair: Pair) -> None:
    asker, baerum = pair
    need = asker.ask("need", "publish", "Sofas for the library", "--quantity", 20, "--wait", 20)["need"]
    baerum.ask("item", "add", "Sofa", "--quantity", 12)
    request = baerum.ask("request", "make", need["iri"], "--quantity", 12, "--item", 1)["request"]
    wait_for(lambda: find(asker, request["request_iri"]), what="the proposal to fill the need arrives")

    asker.ask("request", "accept", request["request_iri"])

    assert re.search(r"Sofas for the library +8 +open", krets("need", "list", home=asker.home).out)


def test_what_has_closed_is_no_longer_said_to_be_open(home: Path) -> None:
    krets("item", "add", "Sofa", "--quantity", "3", home=home)
    granted("offer", "publish", 1, "--quantity", 1, "--gone-by", "2030-12-18", home=home)
    granted("offer", "publish", 1, "--quantity", 1, "--gone-by", "2030-12-19", home=home)
    granted("need", "publish", "Chairs", "--quantity", 1, "--by", "2030-12-18", home=home)
    with closing(sqlite3.connect(home / "krets.db")) as connection:
        connection.execute("UPDATE proposals SET closes_at = '2020-01-01T00:00:00Z' WHERE id IN (1, 3)")
        connection.commit()

    offers = krets("offer", "list", home=home).out.splitlines()
    needs = krets("need", "list", home=home).out

    assert [line.split()[-1] for line in offers[2:]] == ["open", "closed"]
    assert re.search(r"Chairs +1 +2019-12-31 +closed ", needs)


def test_more_offers_needs_and_results_than_the_limit_are_said(home: Path) -> None:
    krets("item", "add", "Sofa", "--quantity", "3", home=home)
    for _ in range(3):
        granted("offer", "publish", 1, "--quantity", 1, home=home)
        granted("need", "publish", "Chairs", "--quantity", 1, home=home)

    for words, key, total in (
        (("offer", "list"), "offers", 3),
        (("need", "list"), "needs", 3),
        (("catalogue", "search"), "results", 6),
    ):
        first = granted(*words, "--limit", total - 1, home=home)
        every = granted(*words, "--limit", total, home=home)
        told = krets(*words, "--limit", total - 1, home=home)
        assert (len(first[key]), first["more"], len(every[key]), every["more"]) == (total - 1, True, total, False)
        assert told.err == f"There are more than {total - 1}: raise --limit to see them.\n"


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
