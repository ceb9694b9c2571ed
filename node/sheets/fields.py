"""The fields that a column can fill, with the line of help that `--help` and the errors of `--map` show.

What headers mean which field is in `headers`; what a field's cells mean is in `columns`.
"""

from enum import StrEnum
from types import MappingProxyType
from typing import Final


class Field(StrEnum):
    """What a column says about a thing. The value is the name that `--map COLUMN=FIELD` takes."""

    INVENTORY_NUMBER = "inventory_number"
    SERIAL_NUMBER = "serial_number"
    NAME = "name"
    CATEGORY = "category"
    QUANTITY = "quantity"
    CONDITION = "condition"
    UNIT = "unit"
    LOCATION = "location"
    GONE_BY = "gone_by"
    ACQUIRED = "acquired"
    PURCHASE_PRICE = "purchase_price"
    MASS = "mass"
    HEIGHT = "height"
    WIDTH = "width"
    DEPTH = "depth"
    MAKER = "maker"
    MODEL = "model"
    STATUS = "status"
    NOTES = "notes"


# Maps a column to nothing: its cells are not read, and cannot reject a row.
IGNORE: Final = "ignore"

_DESCRIPTIONS: Final = MappingProxyType(
    {
        Field.INVENTORY_NUMBER: "the organisation's own number for the thing; the first choice for its identity",
        Field.SERIAL_NUMBER: "the maker's serial number; the second choice for its identity",
        Field.NAME: "what the thing is called; without it maker and model, else the category",
        Field.CATEGORY: "type or category, as written",
        Field.QUANTITY: "how many alike; a whole number of 1 or more; nothing means 1",
        Field.CONDITION: "new, as new, good, worn or needs repair, in any Nordic language or English",
        Field.UNIT: "the department, school or office that has it",
        Field.LOCATION: "where it stands",
        Field.GONE_BY: "the date by which it must be gone",
        Field.ACQUIRED: "the date of purchase",
        Field.PURCHASE_PRICE: "the price paid for one, in whole currency units (purchase_price_minor: in hundredths)",
        Field.MASS: "the weight of one, in kilograms unless header or value say otherwise (mass_g: in grams)",
        Field.HEIGHT: "height, in centimetres unless header or value say otherwise (height_mm: in millimetres)",
        Field.WIDTH: "width, in centimetres unless header or value say otherwise (width_mm: in millimetres)",
        Field.DEPTH: "depth, in centimetres unless header or value say otherwise (depth_mm: in millimetres)",
        Field.MAKER: "maker or brand",
        Field.MODEL: "model",
        Field.STATUS: "status, as written; says needs repair when it says broken and no condition is given",
        Field.NOTES: "anything else worth knowing",
    }
)

FIELDS: Final[tuple[tuple[str, str], ...]] = (
    *((field.value, _DESCRIPTIONS[field]) for field in Field),
    (IGNORE, "leave the column out"),
)

TEXT_FIELDS: Final = frozenset(
    {
        Field.INVENTORY_NUMBER,
        Field.SERIAL_NUMBER,
        Field.NAME,
        Field.CATEGORY,
        Field.CONDITION,
        Field.UNIT,
        Field.LOCATION,
        Field.MAKER,
        Field.MODEL,
        Field.STATUS,
        Field.NOTES,
    }
)
DATE_FIELDS: Final = frozenset({Field.GONE_BY, Field.ACQUIRED})
IDENTITY_FIELDS: Final = frozenset({Field.INVENTORY_NUMBER, Field.SERIAL_NUMBER})
# At least one of these must have a column: a row that names nothing is no thing.
NAMING_FIELDS: Final = frozenset({Field.INVENTORY_NUMBER, Field.SERIAL_NUMBER, Field.NAME, Field.CATEGORY, Field.MODEL})
