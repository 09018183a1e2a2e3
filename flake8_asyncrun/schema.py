"""The settings as a JSON schema, for editors. It is written to docs/ and read by nothing here."""

from __future__ import annotations

import keyword
from collections.abc import Iterable, Mapping

from flake8_asyncrun.config import KEYS, Config, Key
from flake8_asyncrun.globs import Glob
from flake8_asyncrun.names.target import KNOWN, show

PLACE = "flake8-asyncrun/flake8-asyncrun/main/docs/asyncrun.schema.json"

_SEGMENT = r"(?!(?:{keywords})(?:\.|$))[A-Za-z_\u0080-\uffff][A-Za-z0-9_\u0080-\uffff]*"


def schema(codes: Iterable[str]) -> dict[str, object]:
    """Return the schema of asyncrun.toml and of [tool.asyncrun]; `codes` are those of the rules.

    What it cannot say is that no name may stand in two lists of names.
    """
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "$id": f"https://raw.githubusercontent.com/{PLACE}",
        "title": "flake8-asyncrun",
        "description": "asyncrun.toml, or [tool.asyncrun] in pyproject.toml",
        "type": "object",
        "additionalProperties": False,
        "definitions": {"code": {"enum": _prefixes(codes)}},
        "properties": {name: _property(name, key) for name, key in KEYS.items()},
    }


def _prefixes(codes: Iterable[str]) -> list[str]:
    found = {code[:length] for code in codes for length in range(len("RUN"), len(code) + 1)}
    return ["ALL", *sorted(found)]


def _property(name: str, key: Key) -> dict[str, object]:
    value = {"description": key.means, **_values(name, key)}
    default = getattr(Config(), name.replace("-", "_"), None)
    match default:
        case bool():
            value["default"] = default
        case (str() | Glob(), *_):
            value["default"] = [each.text if isinstance(each, Glob) else each for each in default]
    return value


def _values(name: str, key: Key) -> Mapping[str, object]:
    some = {"type": "string", "minLength": 1}
    codes = {"type": "array", "items": {"$ref": "#/definitions/code"}}
    match key.kind:
        case "a version":
            return {"enum": [show(version) for version in KNOWN]}
        case "codes":
            return codes
        case "codes by pattern":
            names = {"pattern": "^!?[^!]"}
            return {"type": "object", "propertyNames": names, "additionalProperties": codes}
        case "dotted names":
            segment = _SEGMENT.format(keywords="|".join(keyword.kwlist))
            more = "*" if name == "known-safe" else "+"
            item = {"type": "string", "pattern": rf"^{segment}(\.{segment}){more}$"}
            return {"type": "array", "items": item}
        case "folders" | "patterns":
            return {"type": "array", "items": some}
        case "yes or no":
            return {"type": "boolean"}
        case "a path" | "a file":
            return some
