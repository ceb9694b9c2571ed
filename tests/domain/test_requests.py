"""The answer to a request, and whether we may ask."""

from dataclasses import replace
from datetime import timedelta

import pytest

from node.domain.catalogue import CatalogueEntry
from node.domain.outcomes import Refused
from node.domain.requests import Approval, AskedFor, Declined, Granted, Waiting, decide_asking, decide_request
from protocol.vocabulary import Purpose, RefusalCode, Tier
from tests.domain.test_catalogue import NEED, NOW, OFFER

OURS = replace(OFFER, peer_id=None)
ASKED = AskedFor(quantity=6, proposal_version=1, expires_at=NOW + timedelta(days=1))


def answer(
    entry: CatalogueEntry | None = OURS,
    asked: AskedFor = ASKED,
    tier: Tier | None = Tier.PARTNERS,
    approval: Approval = Approval.PERSON,
) -> Granted | Waiting | Declined:
    """The decision with whatever a test varies."""
    return decide_request(entry, asked, granted_tier=tier, approval=approval, now=NOW)


def test_a_request_that_can_be_met_waits_for_a_person_or_is_granted_by_setting() -> None:
    assert answer() == Waiting()
    assert answer(approval=Approval.AUTOMATIC) == Granted()


@pytest.mark.parametrize("quantity", [1, 24])
def test_any_part_up_to_all_can_be_had(quantity: int) -> None:
    assert answer(asked=replace(ASKED, quantity=quantity)) == Waiting()


@pytest.mark.parametrize(
    ("entry", "tier"),
    [
        (None, Tier.PARTNERS),
        (OFFER, Tier.PARTNERS),
        (replace(OURS, withdrawn_at=NOW), Tier.PARTNERS),
        (OURS, Tier.ORGANISATIONS),
        (OURS, None),
    ],
)
def test_absent_foreign_withdrawn_and_hidden_are_answered_alike(
    entry: CatalogueEntry | None, tier: Tier | None
) -> None:
    assert answer(entry=entry, tier=tier) == Declined(
        code=RefusalCode.UNAVAILABLE, text="It is no longer available.", available=None
    )


@pytest.mark.parametrize(
    ("entry", "asked", "code"),
    [
        (replace(OURS, closes_at=NOW), ASKED, RefusalCode.CLOSED),
        (OURS, replace(ASKED, expires_at=NOW - timedelta(seconds=1)), RefusalCode.EXPIRED),
        (replace(OURS, version=5, terms_version=2), ASKED, RefusalCode.CHANGED),
        (OURS, replace(ASKED, quantity=25), RefusalCode.UNAVAILABLE),
        (replace(OURS, minimum=7), ASKED, RefusalCode.POLICY),
    ],
)
def test_every_other_no_has_its_code(entry: CatalogueEntry, asked: AskedFor, code: RefusalCode) -> None:
    outcome = answer(entry=entry, asked=asked)

    assert isinstance(outcome, Declined)
    assert outcome.code is code


@pytest.mark.parametrize(
    ("entry", "asked"),
    [
        (replace(OURS, closes_at=None), ASKED),
        (OURS, replace(ASKED, expires_at=None)),
        (OURS, replace(ASKED, expires_at=NOW)),
        (replace(OURS, version=5, terms_version=1), ASKED),
        (replace(OURS, terms_version=2), replace(ASKED, proposal_version=None)),
        (replace(OURS, minimum=6), ASKED),
    ],
)
def test_what_is_just_inside_a_limit_waits(entry: CatalogueEntry, asked: AskedFor) -> None:
    assert answer(entry=entry, asked=asked) == Waiting()


def test_a_peers_open_offer_may_be_asked_for() -> None:
    assert decide_asking(OFFER, quantity=24, giving_item=False, now=NOW) == OFFER
    endless = replace(OFFER, closes_at=None, minimum=3)
    assert decide_asking(endless, quantity=3, giving_item=False, now=NOW) == endless


@pytest.mark.parametrize(
    ("entry", "quantity", "giving_item", "code"),
    [
        (None, 1, False, "not-found"),
        (OURS, 1, False, "own"),
        (replace(OFFER, withdrawn_at=NOW), 1, False, "withdrawn"),
        (replace(OFFER, closes_at=NOW), 1, False, "closed"),
        (OFFER, 0, False, "quantity"),
        (OFFER, 25, False, "quantity"),
        (replace(OFFER, minimum=5), 4, False, "quantity"),
        (replace(NEED, peer_id=4), 6, False, "item-missing"),
        (OFFER, 1, True, "item-given"),
    ],
)
def test_asking_is_refused_with_a_reason(
    entry: CatalogueEntry | None, quantity: int, giving_item: bool, code: str
) -> None:
    outcome = decide_asking(entry, quantity=quantity, giving_item=giving_item, now=NOW)

    assert isinstance(outcome, Refused)
    assert outcome.code == code


def test_filling_a_need_names_the_item() -> None:
    need = replace(NEED, peer_id=4)

    assert need.purpose is Purpose.REQUEST
    assert decide_asking(need, quantity=6, giving_item=True, now=NOW) == need
