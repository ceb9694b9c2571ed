"""What a change of an agreement does to the stock, and what a cursor has waiting."""

from datetime import UTC, datetime

from node.domain.agreements import Agreement, StockChange, stock_change_of
from node.domain.delivery import Subscription
from protocol.agreements import Phase
from protocol.identifiers import Iri
from protocol.vocabulary import Purpose, Unit

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)

AGREEMENT = Agreement(
    id=1, request_iri=Iri("https://baerum.example/activities/1"), agreement_iri=None,
    proposal_iri=Iri("https://asker.example/proposals/1"), proposal_name="Kontorstol", purpose=Purpose.OFFER,
    peer_id=2, peer_name="Bærum", we_propose=True, we_give=True, item_id=7, unit=Unit.ONE, phase=Phase.PARTLY_GIVEN,
    quantity=10, given=4, received=4, held=6, expires_at=None, refusal_code=None, refusal_text=None,
    still_available=None, created_at=NOW, updated_at=NOW,
)  # fmt: skip


def test_giving_moves_from_promised_to_given() -> None:
    assert stock_change_of(AGREEMENT, held=0, given=10) == StockChange(promised=-6, given=6)


def test_what_turns_out_not_to_have_left_comes_back() -> None:
    assert stock_change_of(AGREEMENT, held=8, given=2) == StockChange(promised=2, given=-2)


def test_a_cursor_waits_for_what_is_behind_it() -> None:
    cursor = Subscription(
        peer_id=2, feed_id=1, feed_name="partners", bilateral=False, acknowledged_seq=3, head_seq=10,
        next_attempt_at=None, failures=0, last_error=None, last_success_at=None,
    )  # fmt: skip

    assert cursor.waiting == 7
