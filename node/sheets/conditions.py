"""The five steps of condition, and the words for them in Norwegian, Swedish, Danish, Finnish and English.

The scale is the plain one of the design's reference on standards: new and unused, as new, good, worn but working, needs
repair. "Used" alone (brukt, använd, käytetty) is the fourth step, as in the Swedish public furniture scale whose last
step is "använt skick". Words that are not known give no condition; `rows` keeps them for the notes.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from node.sheets.texts import fold


class Condition(StrEnum):
    """How good a thing is, in five steps from best to worst."""

    NEW = "new"
    AS_NEW = "as-new"
    GOOD = "good"
    WORN = "worn"
    NEEDS_REPAIR = "needs-repair"


# Grades A to D are those of refurbishers of IT equipment.
_WORDS: Final[tuple[tuple[Condition, str], ...]] = (
    (
        Condition.NEW,
        """
            ny, nye, nytt, ubrukt, uåpnet, ny og ubrukt, ny ubrukt, helt ny, i original emballasje, uopna,
            ubrukte, nya, oanvänd, oanvänt, oöppnad, helt nytt, obruten förpackning, ubrugt, uåbnet, helt nyt,
            nyt, uusi, käyttämätön, avaamaton, täysin uusi, new, unused, brand new, new unused, unopened,
            sealed, mint
        """,
    ),
    (
        Condition.AS_NEW,
        """
            som ny, som nye, som nytt, nesten ny, tilnærmet ny, nyverdig, lite brukt, lite brukte, meget god,
            svært god, særs god, mykje god, meget pen, a, grade a, som nya, nyskick, nästan ny, knappt använd,
            mycket bra, mycket gott, nyvärdig, så gott som ny, næsten ny, som nyt, lidt brugt, nyværdig, rigtig
            god, meget pæn, kuin uusi, uudenveroinen, lähes uusi, melkein uusi, vähän käytetty, erinomainen,
            erittäin hyvä, kiitettävä, as new, like new, almost new, nearly new, hardly used, excellent, very
            good, refurbished
        """,
    ),
    (
        Condition.GOOD,
        """
            god, gode, godt, bra, pen, pent brukt, fin, ok, grei, normal, b, grade b, hel, hele, gott, fint, hel
            och ren, begagnad bra, helt ok, pæn, pænt, pænt brugt, fint brugt, velholdt, fungerer, virker, hyvä,
            hyvässä, siisti, hyväkuntoinen, ehjä, kunnossa, normaali, good, fine, gently used, working, well
            kept
        """,
    ),
    (
        Condition.WORN,
        """
            brukt, brukte, slitt, slitne, slitent, noe slitt, litt slitt, brukbar, middels, mindre bra, ok men
            slitt, synlig slitasje, akseptabel, c, grade c, slite, brukande, använd, använt, begagnad, begagnat,
            sliten, slitet, lite sliten, acceptabel, acceptabelt, brugt, brugte, slidt, lidt slidt, slidte,
            brugbar, middel, käytetty, kulunut, käyttökelpoinen, tyydyttävä, välttävä, kohtalainen, used, worn,
            fair, acceptable, signs of wear, visible wear, second hand
        """,
    ),
    (
        Condition.NEEDS_REPAIR,
        """
            defekt, defekte, ødelagt, øydelagd, i stykker, må repareres, må reparerast, trenger reparasjon, til
            reparasjon, dårlig, dårleg, skadet, skadd, mangelfull, treng reparasjon, må fiksast, virker ikke,
            fungerer ikke, d, grade d, trasig, trasigt, sönder, skadad, dålig, dåligt, behöver repareras,
            behöver lagas, reparationsobjekt, fungerar inte, ur funktion, defekta, itu, skal repareres, trænger
            til reparation, beskadiget, i udu, rikki, rikkinäinen, viallinen, vaurioitunut, huono, korjattava,
            korjausta vaativa, epäkunnossa, vaatii korjausta, broken, defective, damaged, faulty, needs repair,
            for repair, poor, bad, not working, out of order, repair
        """,
    ),
)

# Words that say no more than that a condition follows: "god stand", "i gott skick", "hyvä kunto".
_NOISE: Final = frozenset(
    {"i", "in", "er", "the", "tilstand", "stand", "skick", "kunto", "kuntoinen", "kunnossa", "condition", "forfatning"}
)


def _words_of_conditions() -> Mapping[str, Condition]:
    known: dict[str, Condition] = {}
    for condition, words in _WORDS:
        for word in words.split(","):
            known.setdefault("".join(fold(word)), condition)
    return MappingProxyType(known)


_CONDITIONS: Final = _words_of_conditions()


def find_condition(text: str) -> Condition | None:
    """The step that a text names, or None when it names none that is known. Steps by their own names are known too.

    >>> find_condition("Gott skick")
    <Condition.GOOD: 'good'>
    """
    words = fold(text)
    exact = _CONDITIONS.get("".join(words))
    if exact is not None:
        return exact
    return _CONDITIONS.get("".join(word for word in words if word not in _NOISE))


def find_condition_in_status(status: str) -> Condition | None:
    """NEEDS_REPAIR when a status says that the thing is broken, else None: "In use" says nothing about condition."""
    return Condition.NEEDS_REPAIR if find_condition(status) is Condition.NEEDS_REPAIR else None
