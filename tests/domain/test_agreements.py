"""What a change of an agreement does to the stock, and what a cursor has waiting."""

import pytest

from node.domain.agreements import stock_taken_of
from node.domain.delivery import Subscription


@pytest.mark.parametrize(
    ("given", "taken", "owned", "promised", "leaves"),
    [
        (4, 0, 10, 6, 4),
        (10, 4, 6, 0, 10),
        (2, 4, 6, 0, 2),
        (5, 0, 5, 5, 0),
        (5, 0, 7, 5, 2),
        (5, 5, 0, 0, 5),
        (0, 0, 3, 0, 0),
    ],
)
def test_what_was_given_leaves_the_stock_unless_it_has_been_promised_to_others(
    given: int, taken: int, owned: int, promised: int, leaves: int
) -> None:
    assert stock_taken_of(given=given, taken=taken, owned=owned, promised=promised) == leaves


def test_a_cursor_waits_for_what_is_behind_it() -> None:
    cursor = Subscription(
        peer_id=2, feed_id=1, feed_name="partners", bilateral=False, acknowledged_seq=3, head_seq=10,
        next_attempt_at=None, failures=0, last_error=None, last_success_at=None,
    )  # fmt: skip

    assert cursor.waiting == 7
