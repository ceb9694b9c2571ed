"""The tree of errors: as drawn, with a text for the other party that says what to do and nothing internal."""

import inspect
import re

import pytest

from protocol import errors
from protocol.errors import ProtocolError

CLASSES = [
    member
    for member in vars(errors).values()
    if inspect.isclass(member) and issubclass(member, ProtocolError) and member is not ProtocolError
]
# Name, status and codes of each line of the drawing, continuation lines joined.
DRAWN = {
    name: (int(status), codes.replace("│", "").split())
    for name, status, codes in re.findall(
        r"[├└]── (\w+) +(\d{3}) +((?:[a-z-]+,?\s+│?\s*)+)", (errors.__doc__ or "").replace(",", "")
    )
}


def codes_of(error: type[ProtocolError]) -> set[str]:
    return {error.default_code, *error.special_safe_texts}


def test_the_drawing_at_the_top_names_every_error_with_its_status_and_codes() -> None:
    assert DRAWN.keys() == {error.__name__ for error in CLASSES}
    for error in CLASSES:
        status, codes = DRAWN[error.__name__]
        assert (status, set(codes)) == (error.status, codes_of(error))
        assert codes[0] == error.default_code


@pytest.mark.parametrize("error", CLASSES)
def test_the_safe_text_of_each_code_is_its_own_and_quotes_nothing(error: type[ProtocolError]) -> None:
    raised = [error("secret detail", code=code) for code in codes_of(error)]

    assert error("secret detail").code == error.default_code
    assert len({one.safe_text for one in raised}) == len(raised)
    for one in raised:
        assert str(one) == "secret detail"
        assert "secret" not in one.safe_text
        assert one.safe_text.endswith(".")


def test_no_two_errors_share_a_code_but_those_that_are_one_kind() -> None:
    codes = [code for error in CLASSES for code in codes_of(error)]

    assert len(set(codes)) == len(codes)
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)*", code) for code in codes)


def test_a_code_that_has_no_text_of_its_own_gets_the_text_of_its_error() -> None:
    error = errors.InvalidMessage("a quantity of 0", code="quantity")

    assert error.code == "quantity"
    assert error.safe_text == errors.InvalidMessage("").safe_text
