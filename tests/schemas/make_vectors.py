"""Write schemas/vectors: `python -m tests.schemas.make_vectors`. A test makes them again and compares every byte.

valid/          whole messages that schema and parser accept
invalid/        a patch (RFC 6902) of a valid one that schema and parser refuse; both proofs are made anew after it, so
                that nothing but the form is wrong
beyond-schema/  a patch that only the parser refuses, with the code of its error: what no JSON Schema can see (proofs,
                origins, relations between fields); `newProofs` tells which proofs were made anew
signed/         whole requests as they go over the wire
keys.json       the actors with their keys and the seeds of these
"""

import json
from copy import deepcopy
from pathlib import Path

from protocol.canonical import canonicalize
from protocol.http_signatures import HttpRequest, sign_request
from protocol.strict_json import JsonObject, JsonValue
from schemas import message_context
from tests.schemas.variations import BEYOND_SCHEMA, INVALID, VALID_TOO, NewProofs, Patch
from tests.schemas.vector_cast import NOON, ORGANISATIONS, Organisation, ValidMessage, valid_messages

FOLDER = Path(__file__).resolve().parent.parent.parent / "schemas" / "vectors"
SOURCE = "Krets, tests/schemas/make_vectors.py"


def apply_patch(document: JsonObject, patch: Patch) -> JsonObject:
    """The document after the operations add, replace and remove of RFC 6902, which the vectors keep to."""
    changed = deepcopy(document)
    for operation in patch:
        *parents, last = str(operation["path"]).removeprefix("/").split("/")
        place: JsonValue = changed
        for part in parents:
            part = part.replace("~1", "/").replace("~0", "~")
            place = place[int(part)] if isinstance(place, list) else place[part]  # type: ignore[index]
        last = last.replace("~1", "/").replace("~0", "~")
        if operation["op"] == "remove":
            del place[last]  # type: ignore[arg-type, union-attr]
        elif isinstance(place, list):
            place.insert(int(last), operation["value"])
        else:
            place[last] = operation["value"]  # type: ignore[index]
    return changed


def signer_of(document: JsonObject) -> Organisation:
    """Whose message this was before anything was changed."""
    return next(by for actor_iri, by in ORGANISATIONS.items() if actor_iri == document["actor"])


def patched(base: JsonObject, patch: Patch, *, new_proofs: NewProofs) -> JsonObject:
    """A valid message after a patch, with new proofs by the sender of the valid one where that is asked for."""
    changed = apply_patch(base, patch)
    match new_proofs:
        case "all":
            return signer_of(base).sign_all(changed)
        case "activity":
            return signer_of(base).sign({key: value for key, value in changed.items() if key != "proof"})
        case "none":
            return changed


def signed_request_of(document: JsonObject) -> HttpRequest:
    """The request that carries the message to the one it is for, or to some reader of the feed."""
    sender = signer_of(document)
    receiver = next(other for other in ORGANISATIONS.values() if other is not sender)
    request = HttpRequest(
        method="POST",
        target_uri=receiver.iri("inbox"),
        headers=(("host", receiver.domain), ("content-type", "application/activity+json")),
        body=canonicalize(document),
    )
    return sign_request(request, key=sender.transport_key, now=NOON, nonce=str(document["id"]).rsplit("/", 1)[-1])


def vectors() -> dict[str, bytes]:
    """Every file by its path inside schemas/vectors."""
    messages = valid_messages()
    for name, variation in VALID_TOO.items():
        base = messages[variation.base]
        document = patched(base.document, variation.patch, new_proofs="all")
        messages[name] = ValidMessage(base.schema, variation.why, document)
    files: dict[str, JsonObject] = {"keys.json": _keys()}
    for name, message in messages.items():
        files[f"valid/{name}.json"] = {
            "source": SOURCE, "why": message.why, "schema": message.schema, "document": message.document,
        }  # fmt: skip
    for name, variation in INVALID.items():
        files[f"invalid/{name}.json"] = {
            "source": SOURCE, "why": variation.why, "schema": messages[variation.base].schema,
            "base": f"valid/{variation.base}.json", "patch": [*variation.patch],
        }  # fmt: skip
    for name, refusal in BEYOND_SCHEMA.items():
        files[f"beyond-schema/{name}.json"] = {
            "source": SOURCE, "why": refusal.why, "schema": messages[refusal.base].schema,
            "base": f"valid/{refusal.base}.json", "patch": [*refusal.patch],
            "newProofs": refusal.new_proofs, "code": refusal.code,
        }  # fmt: skip
    for name, message in valid_messages().items():
        request = signed_request_of(message.document)
        files[f"signed/{name}.json"] = {
            "source": SOURCE, "why": message.why, "schema": message.schema, "now": "2026-11-23T12:00:00Z",
            "method": request.method, "target": request.target_uri,
            "headers": [list(header) for header in request.headers], "body": request.body.decode(),
        }  # fmt: skip
    return {name: _text(content) for name, content in sorted(files.items())}


def _keys() -> JsonObject:
    return {
        "source": SOURCE,
        "why": "Whose keys sign the vectors. The seeds are public: never use these keys for anything else.",
        "context": message_context(),
        "actors": {
            actor_iri: {
                "proofKey": {
                    "id": by.proof_key.key_id,
                    "publicKeyMultibase": by.proof_key.public.multibase,
                    "seed": by.seed("proof").hex(),
                },
                "transportKey": {
                    "id": by.transport_key.key_id,
                    "publicKeyPem": by.transport_key.public_pem,
                    "seed": by.seed("transport").hex(),
                },
            }
            for actor_iri, by in ORGANISATIONS.items()
        },
    }


def _text(content: JsonObject) -> bytes:
    return (json.dumps(content, ensure_ascii=False, indent=1) + "\n").encode()


def write_vectors(folder: Path) -> None:
    """Write every file anew and remove what is no vector any more."""
    made = vectors()
    for former in folder.rglob("*.json"):
        if former.relative_to(folder).as_posix() not in made:
            former.unlink()
    for name, content in made.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


if __name__ == "__main__":
    write_vectors(FOLDER)
