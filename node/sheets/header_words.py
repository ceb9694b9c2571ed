"""The headers that are understood, in Norwegian (both forms), Swedish, Danish, Finnish and English. Words only.

Written as people write them; `headers` compares them without case, diacritics, punctuation and spaces, so "Serie-nr."
and "serienr" are one entry. Rank 0 says the field outright; rank 1 usually means it; rank 2 only when no other column
does. A word may stand under two fields: the better rank is tried first.
Left out on purpose: "nr", "line", "id" and "item no" (they count the rows of one list, and another list counts from 1
too), "artikkelnr", "SKU" and "GTIN" (the kind of thing, not the thing), "leverandør" (who sold it).
"""

from typing import Final

from node.sheets.fields import Field

HEADER_WORDS: Final[tuple[tuple[Field, int, str], ...]] = (
    (
        Field.INVENTORY_NUMBER,
        0,
        """
            inventarnr, inventarnummer, inventar nr, inv nr, invnr, inventar id, utstyrsnummer, utstyrsnr,
            merkenummer, inventarienummer, inventarienr, inventarie nr, inventarie id, märkningsnummer,
            utrustningsnummer, aktivnummer, aktivnr, anlægsnummer, anleggsnummer, anleggsnr, eiendelsnummer,
            eiendelsnr, eigedelsnummer, inventaarionumero, inventaarinumero, inventaarinro, kalustonumero,
            omaisuusnumero, laitenumero, inventory number, inventory no, inventory nr, inventory id, asset tag,
            asset number, asset no, asset nr, asset id, asset code, tag number
        """,
    ),
    (
        Field.INVENTORY_NUMBER,
        1,
        """
            strekkode, strekkodenr, streckkod, stregkode, viivakoodi, barcode, bar code, etikett, etikettnr,
            tag
        """,
    ),
    (
        Field.SERIAL_NUMBER,
        0,
        """
            serienummer, serienr, serie nr, s/n, s/nr, sn, snr, fabrikasjonsnummer, tillverkningsnummer,
            sarjanumero, sarjanro, serial number, serial no, serial nr, serial, service tag, serial #
        """,
    ),
    (
        Field.NAME,
        0,
        """
            navn, namn, benevnelse, benevning, nemning, betegnelse, gjenstand, gjenstandsnavn, produktnavn,
            varenavn, tittel, benämning, föremål, föremålsnamn, produktnamn, varunamn, genstand, titel, rubrik,
            nimi, nimike, esine, tuotenimi, tuotteen nimi, otsikko, name, item name, product name, asset name,
            title
        """,
    ),
    (
        Field.NAME,
        1,
        """
            produkt, vare, artikkel, ting, eiendel, eigedel, møbel, møbler, utstyr, vara, artikel, sak,
            utrustning, inventarie, udstyr, tuote, tavara, kaluste, kalusteet, laite, varuste, item, product,
            article, asset, thing, object, what, equipment, furniture
        """,
    ),
    (
        Field.NAME,
        2,
        """
            beskrivelse, varebeskrivelse, produktbeskrivelse, beskriving, skildring, beskrivning, tekst, text,
            kuvaus, selite, description, item description, product description, asset description, desc
        """,
    ),
    (
        Field.CATEGORY,
        0,
        """
            type, varetype, utstyrstype, produkttype, gjenstandstype, møbeltype, eiendelstype, typ, produkttyp,
            utrustningstyp, möbeltyp, tyyppi, laitetyyppi, tuotetyyppi, kalustetyyppi, item type, asset type,
            product type, kind, category hint, type of item
        """,
    ),
    (
        Field.CATEGORY,
        1,
        """
            kategori, hovedkategori, varekategori, produktkategori, varegruppe, produktgruppe, utstyrsgruppe,
            slag, varugrupp, produktgrupp, kategoria, luokka, tuoteryhmä, laji, category, asset category, item
            category, product group, product category
        """,
    ),
    (Field.CATEGORY, 2, "gruppe, klasse, grupp, klass, ryhmä, class, group, asset class"),
    (
        Field.QUANTITY,
        0,
        """
            antall, ant, antal, tal på, stk, stykk, antall stk, antal st, antal stk, antall på lager, antal på
            lager, antal i lager, tal på lager, lagerantall, lagerantal, lagersaldo, lagerbeholdning, antall
            tilgjengelig, antal tillgängliga, antal tilgængelige, mengde, mængde, mängd, kvantitet, määrä,
            lukumäärä, kpl, kpl määrä, kappalemäärä, lkm, määrä varastossa, varastomäärä, varastosaldo,
            quantity, qty, count, number of, number of items, no of items, pcs, pieces, quantity pcs, in stock,
            quantity in stock, qty in stock, stock quantity, on hand, quantity on hand, quantity available
        """,
    ),
    (Field.QUANTITY, 1, "styck, st, amount, units, how many, tal"),
    (
        Field.CONDITION,
        0,
        """
            tilstand, tilstandsgrad, kondisjon, forfatning, skick, kondition, kunto, kuntoluokka, condition,
            grade
        """,
    ),
    (Field.CONDITION, 1, "stand, tillstånd, kvalitet, kvalitetsgrad, laatu, quality"),
    (
        Field.UNIT,
        0,
        """
            enhet, eining, avdeling, virksomhet, verksemd, etat, seksjon, tjenestested, organisasjonsenhet,
            organisatorisk enhet, avdelning, förvaltning, verksamhet, organisationsenhet, enhed, afdeling,
            forvaltning, virksomhed, institution, yksikkö, osasto, toimiala, toimintayksikkö, unit, department,
            dept, division, section, organisational unit, organizational unit, org unit
        """,
    ),
    (
        Field.UNIT,
        1,
        """
            eier, ägare, ejer, omistaja, owner, skole, skule, skola, koulu, school, office
        """,
    ),
    (
        Field.LOCATION,
        0,
        """
            plassering, plassert, lokasjon, lokalitet, oppholdssted, lagersted, lagerplass, placering,
            lagerplats, lokation, lagerplads, sijainti, sijaintipaikka, varastopaikka, location, location name,
            storage location, placement, where
        """,
    ),
    (
        Field.LOCATION,
        1,
        """
            sted, stad, rom, romnr, romnummer, bygg, bygning, adresse, etasje, plats, rum, rumsnummer, lokal,
            byggnad, adress, lokale, paikka, huone, huonenumero, rakennus, osoite, toimipaikka, place, room,
            room number, building, site, address, floor
        """,
    ),
    (Field.LOCATION, 2, "tila"),
    (
        Field.GONE_BY,
        0,
        """
            må være borte innen, må være borte, må bort innen, må vekk innen, må være ute innen, må hentes
            innen, må hentes før, hentes før, hentes innen, hentes senest, hentefrist, borte innen, må vere
            borte innan, må hentast innan, hentast innan, bort senast, ska bort senast, måste bort senast, måste
            vara borta, borta senast, hämtas senast, hämtas före, skal være væk senest, skal være væk, væk
            senest, afhentes senest, hentes inden, skal være væk inden, noudettava viimeistään, noudettava
            mennessä, poistettava viimeistään, oltava poissa, nouto viimeistään, must be gone by, must be gone,
            gone by, gone by on, collect by, pick up by, pickup by, must be collected by, available until
        """,
    ),
    (
        Field.GONE_BY,
        1,
        """
            frist, tilgjengelig til, tidsfrist, sista datum, senast, tillgänglig till, senest, tilgængelig til,
            määräaika, viimeistään, saatavilla asti, deadline, due, due date, until
        """,
    ),
    (
        Field.ACQUIRED,
        0,
        """
            anskaffet, anskaffelsesdato, anskaffet dato, innkjøpsdato, innkjøpt, kjøpsdato, kjøpt, kjøpt dato,
            kjøpedato, innkjøpt dato, innkjøpsdag, anskaffa, kjøpt inn, anskaffad, anskaffningsdatum,
            inköpsdatum, inköpt, köpt, köpdatum, anskaffet den, indkøbsdato, indkøbt, købsdato, købt, hankittu,
            hankintapäivä, hankintapvm, ostopäivä, ostettu, ostopvm, hankintapäivämäärä, acquired, acquired on,
            acquisition date, date acquired, purchased, purchase date, date of purchase, date purchased, bought,
            bought on
        """,
    ),
    (
        Field.ACQUIRED,
        1,
        """
            levert dato, leveringsdato, leveransdatum, toimituspäivä, delivery date, in service date
        """,
    ),
    (
        Field.PURCHASE_PRICE,
        0,
        """
            innkjøpspris, innkjøpskost, innkjøpsverdi, kjøpspris, kjøpesum, anskaffelsespris, anskaffelsesverdi,
            anskaffelseskost, anskaffelseskostnad, nypris, kostpris, inköpspris, inköpsvärde, anskaffningspris,
            anskaffningsvärde, anskaffningskostnad, indkøbspris, købspris, købesum, anskaffelsessum,
            hankintahinta, ostohinta, hankinta arvo, hankintameno, purchase price, purchase cost, acquisition
            cost, acquisition price, unit price, price paid, purchase value
        """,
    ),
    (
        Field.PURCHASE_PRICE,
        1,
        """
            pris, stykkpris, enhetspris, styckpris, stykpris, á pris, hinta, yksikköhinta, price, cost
        """,
    ),
    (Field.PURCHASE_PRICE, 2, "beløp, kostnad, verdi, belopp, värde, beløb, værdi, arvo, value"),
    (
        Field.MASS,
        0,
        """
            vekt, masse, egenvekt, nettovekt, vikt, egenvikt, nettovikt, massa, vægt, egenvægt, nettovægt,
            paino, nettopaino, weight, mass, net weight, item weight
        """,
    ),
    (Field.MASS, 1, "bruttovekt, bruttovikt, bruttovægt, bruttopaino, gross weight"),
    (Field.HEIGHT, 0, "høyde, høgde, høgd, hoyde, höjd, højde, korkeus, height, hgt"),
    (Field.WIDTH, 0, "bredde, breidde, breidd, bredd, leveys, width"),
    (Field.DEPTH, 0, "dybde, djupne, djupn, djup, syvyys, depth"),
    (Field.DEPTH, 2, "lengde, lengd, längd, længde, pituus, length"),
    (
        Field.MAKER,
        0,
        """
            produsent, fabrikant, fabrikat, tillverkare, producent, valmistaja, manufacturer, maker, make
        """,
    ),
    (
        Field.MAKER,
        1,
        """
            merke, varemerke, merkevare, märke, varumärke, mærke, varemærke, merkki, tuotemerkki, brändi, brand,
            brand name
        """,
    ),
    (
        Field.MODEL,
        0,
        """
            modell, modellnavn, modellbetegnelse, modellnamn, modellbeteckning, model, modelnavn,
            modelbetegnelse, malli, mallinimi, model name
        """,
    ),
    (
        Field.MODEL,
        1,
        """
            modellnr, modellnummer, modelnr, modelnummer, mallinumero, model number, model no
        """,
    ),
    (
        Field.STATUS,
        0,
        """
            status, livsløpsstatus, livssyklusstatus, brukerstatus, utstyrsstatus, livscykelstatus, asset
            status, item status, life cycle status, lifecycle status
        """,
    ),
    (Field.STATUS, 1, "tila, state"),
    (
        Field.NOTES,
        0,
        """
            merknad, merknader, kommentar, kommentarer, notat, notater, anmerkning, anmerkninger, bemerkning,
            bemerkninger, merknadar, tilleggsinfo, tilleggsinformasjon, anmärkning, anmärkningar, anteckning,
            anteckningar, notering, noteringar, övrig information, bemærkning, bemærkninger, note, noter,
            yderligere oplysninger, huomautus, huomautukset, huomio, huomiot, huom, muistiinpano, muistiinpanot,
            kommentti, kommentit, lisätiedot, lisätieto, notes, comment, comments, remark, remarks, additional
            information
        """,
    ),
    (
        Field.NOTES,
        1,
        """
            annet, info, anna, övrigt, andet, øvrigt, muuta, tieto, other, information, details, detaljer
        """,
    ),
    (
        Field.NOTES,
        2,
        """
            beskrivelse, varebeskrivelse, beskriving, skildring, beskrivning, tekst, text, kuvaus, selite,
            description
        """,
    ),
)

# Words that a header may carry without meaning another field: "Pris inkl. mva", "Vekt pr. stk", "Dato anskaffet".
_NOISE: Final = """
    inkl inklusive incl including sis sisaltaen eks ekskl eksklusiv eksklusive exkl exklusive ex excl excluding
    ilman uten utan uden mva moms alv vat tax avgift kr nok sek dkk eur euro i in a pr per each stk st kpl pcs
    dato datum pvm date veroton verollinen ca cirka about valgfritt optional the
"""
NOISE_WORDS: Final = frozenset(_NOISE.split())
