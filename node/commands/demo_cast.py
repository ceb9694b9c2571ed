"""Who plays in the demo: the founding partnership's municipalities, and one workshop that does not exist.

Municipalities: names as on the founding agreement; organisation numbers from the Brønnøysund register, check digits
verified; coordinates of the municipal seat to four decimals at most (Kartverket place names). Numbers from 310 000 000
up are the register's range for invented organisations, so the workshop cannot be taken for anybody.
"""

from dataclasses import dataclass

NODES_MIN = 2
NODES_MAX = 15


@dataclass(frozen=True, slots=True)
class Organisation:
    """One node's owner. Coordinates are WGS 84 degrees of its seat."""

    name: str
    slug: str
    org_number: str
    latitude: str
    longitude: str
    seat: str
    kind: str = "municipality"


FOUNDERS = (
    Organisation("Asker", "asker", "920125298", "59.8331", "10.4392", "Asker"),
    Organisation("Aurskog-Høland", "aurskog-holand", "948164256", "59.8850", "11.5700", "Bjørkelangen"),
    Organisation("Bærum", "baerum", "935478715", "59.8906", "10.5256", "Sandvika"),
    Organisation("Drammen", "drammen", "921234554", "59.7439", "10.2045", "Drammen"),
    Organisation("Eidsvoll", "eidsvoll", "964950113", "60.3240", "11.2620", "Sundet"),
    Organisation("Hamar", "hamar", "970540008", "60.7945", "11.0680", "Hamar"),
    Organisation("Hole", "hole", "960010833", "60.0824", "10.2960", "Vik"),
    Organisation("Lier", "lier", "857566122", "59.7889", "10.2478", "Lierbyen"),
    Organisation("Lillestrøm", "lillestrom", "820710592", "59.9560", "11.0493", "Lillestrøm"),
    Organisation("Lørenskog", "lorenskog", "842566142", "59.9250", "10.9600", "Lørenskog"),
    Organisation("Nesodden", "nesodden", "944383565", "59.8586", "10.6594", "Nesoddtangen"),
    Organisation("Nordre Follo", "nordre-follo", "922092648", "59.7195", "10.8387", "Ski"),
    Organisation("Ringerike", "ringerike", "940100925", "60.1684", "10.2565", "Hønefoss"),
    Organisation("Rælingen", "raelingen", "952540556", "59.9230", "11.0570", "Fjerdingby"),
    Organisation("Ullensaker", "ullensaker", "933649768", "60.1420", "11.1750", "Jessheim"),
)

WORKSHOP = Organisation(
    "Eventyrverkstedet", "eventyrverkstedet", "310000027", "59.8050", "10.4900", "Langtvekkistan", kind="workshop"
)

_LEADS = ("Asker", "Bærum", "Drammen")
"""Who plays the story: the giver, the one who gets it, and the one who comes too late."""


def list_cast(count: int) -> tuple[Organisation, ...]:
    """So many organisations: the leads, then the workshop, then the other founders; 15 are exactly the founders.

    The giver stands first, who gets it second, and who comes too late third (with two nodes, second again).
    """
    if not NODES_MIN <= count <= NODES_MAX:
        raise ValueError(f"the demo has {NODES_MIN} to {NODES_MAX} nodes")
    leads = tuple(founder for name in _LEADS for founder in FOUNDERS if founder.name == name)
    others = tuple(founder for founder in FOUNDERS if founder.name not in _LEADS)
    extra = () if count == len(FOUNDERS) else (WORKSHOP,)
    return (*leads, *extra, *others)[:count]
