"""The OpenAPI 3.1 document, made from the resources and the messages themselves, so that it cannot say anything else than the code.

Not responsible for prose: ``docs/protocol.md`` explains signatures and meaning.
"""

import importlib.metadata
import re
from typing import Any

from kiosk.authority.app import RESOURCES
from kiosk.authority.resources import Resource
from kiosk.protocol.codec import schema_of
from kiosk.protocol.problems import PROBLEM_JSON, TRAITS, Problem
from kiosk.protocol.signing import KEY_HEADER, TERMINAL_TAG, VERSION_HEADER

Json = dict[str, Any]  # a JSON object of any shape

_PARAM = re.compile(r"\{(\w+)\}")
_UUID = {"type": "string", "pattern": "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"}


def document() -> Json:
    """The whole document."""
    kinds = {kind for one in RESOURCES for kind in (one.request, one.answer) if kind is not None}
    schemas = schema_of(*sorted(kinds | {Problem}, key=lambda kind: kind.__name__))
    paths: Json = {}
    for resource in RESOURCES:
        paths.setdefault(resource.path, {})[resource.method.lower()] = _operation(resource)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Kiosk authority: terminals",
            "version": importlib.metadata.version("kiosk"),
            "description": "A business no is 200 with an outcome; everything else that is no success is a problem. "
            f"Every request and every answer is signed (RFC 9421, tag {TERMINAL_TAG}).",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "paths": paths,
        "components": {
            "schemas": schemas,
            "responses": {"Problem": _problem()},
            "parameters": {"Version": _header(VERSION_HEADER, "The software's version.", required=True)},
            "securitySchemes": {
                "signature": {
                    "type": "apiKey",
                    "in": "header",
                    "name": "Signature",
                    "description": "RFC 9421 over raw bytes, with Signature-Input and Content-Digest (RFC 9530).",
                }
            },
        },
        "security": [{"signature": []}],
    }


def _operation(resource: Resource) -> Json:
    operation: Json = {
        "operationId": resource.name,
        "summary": resource.summary,
        "parameters": [
            *(
                {"name": name, "in": "path", "required": True, "schema": _UUID}
                for name in _PARAM.findall(resource.path)
            ),
            *(
                {"name": one.name, "in": "query", "schema": dict(one.schema), "description": one.description}
                for one in resource.parameters
            ),
            {"$ref": "#/components/parameters/Version"},
        ],
        "responses": {
            "200": {
                "description": "Yes, or a business no.",
                "content": {"application/json": {"schema": _reference(resource.answer)}},
            },
            "default": {"$ref": "#/components/responses/Problem"},
        },
    }
    if resource.request is not None:
        operation["parameters"].append(
            _header(KEY_HEADER, "Made from what is asked; the same for every repeat.", required=True)
        )
        operation["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": _reference(resource.request)}},
        }
    return operation


def _problem() -> Json:
    return {
        "description": "RFC 9457. " + "; ".join(f"{traits.status} {kind.uri}" for kind, traits in TRAITS.items()),
        "content": {PROBLEM_JSON: {"schema": _reference(Problem)}},
    }


def _header(name: str, description: str, *, required: bool) -> Json:
    return {
        "name": name,
        "in": "header",
        "required": required,
        "schema": {"type": "string"},
        "description": description,
    }


def _reference(kind: type) -> Json:
    return {"$ref": f"#/components/schemas/{kind.__name__}"}
