"""The OpenAPI 3.1 document, made from the resources and the messages themselves, so that it cannot say anything else than the code.

Not responsible for prose: ``docs/protocol.md`` and ``docs/payments.md`` explain signatures and meaning; nor for what may answer a
merchant (``openapi_merchants``).
"""

import importlib.metadata
import re
from typing import Any

from kiosk.authority.app import MERCHANT_RESOURCES, RESOURCES
from kiosk.authority.openapi_merchants import headers_of_yes, responses_of
from kiosk.authority.resources import MerchantResource, Resource
from kiosk.protocol.codec import schema_of
from kiosk.protocol.payments import MAX_KEY_CHARS
from kiosk.protocol.problems import PROBLEM_JSON, TRAITS, Problem
from kiosk.protocol.signature_fields import KEY_HEADER, VERSION_HEADER
from kiosk.protocol.signing import MERCHANT_TAG, TERMINAL_TAG

Json = dict[str, Any]  # a JSON object of any shape

_PARAM = re.compile(r"\{(\w+)\}")
_UUID: Json = {"type": "string", "pattern": "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"}
_UUID_7: Json = {"type": "string", "pattern": "^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$"}
_VERSION: Json = {"type": "string", "pattern": "^[!-~]([ -~]*[!-~])?$"}
_TERMINALS_KEY: Json = {"type": "string", "pattern": "^[!-~]{1,200}$"}
_MERCHANTS_KEY: Json = {"type": "string", "pattern": f"^[A-Za-z0-9._:-]{{1,{MAX_KEY_CHARS}}}$"}


def document() -> Json:
    """The whole document."""
    resources: list[Resource | MerchantResource] = [*RESOURCES, *MERCHANT_RESOURCES]
    kinds = {kind for one in resources for kind in (one.request, one.answer) if kind is not None}
    schemas = schema_of(*sorted(kinds | {Problem}, key=lambda kind: kind.__name__))
    paths: Json = {}
    for one in resources:
        operation = _for_terminals(one) if isinstance(one, Resource) else _for_merchants(one)
        paths.setdefault(one.path, {})[one.method.lower()] = operation
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Kiosk authority",
            "version": importlib.metadata.version("kiosk"),
            "description": "Two interfaces. Terminals: a business no is 200 with an outcome, and answers are signed. Merchants: a "
            "decline is 402 and a refusal by a payment's state 409, and answers are not signed. Everything else that is no success "
            "is a problem (RFC 9457). Every request is signed (RFC 9421).",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "tags": [
            {"name": "terminals", "description": "The tills of shops."},
            {"name": "merchants", "description": "The sites on which shoppers pay."},
        ],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "responses": {"Problem": _problem()},
            "parameters": {"Version": _header(VERSION_HEADER, "The software's version.", _VERSION)},
            "securitySchemes": {"terminal": _signature(TERMINAL_TAG), "merchant": _signature(MERCHANT_TAG)},
        },
    }


def _for_terminals(resource: Resource) -> Json:
    operation = _operation(resource, ids=_UUID_7)
    operation |= {"tags": ["terminals"], "security": [{"terminal": []}]}
    operation["responses"] = {
        "200": {"description": "Yes, or a business no.", "content": _json(resource.answer)},
        "default": {"$ref": "#/components/responses/Problem"},
    }
    if resource.request is not None:
        operation["parameters"].append(
            _header(KEY_HEADER, "Made from what is asked; the same for every repeat.", _TERMINALS_KEY)
        )
    return operation


def _for_merchants(resource: MerchantResource) -> Json:
    operation = _operation(resource, ids=_UUID)
    operation |= {"tags": ["merchants"], "security": [{"merchant": []}]}
    operation["responses"] = {
        "200": {"description": "Done, or found.", "content": _json(resource.answer), **headers_of_yes(resource)},
        **responses_of(resource, content={PROBLEM_JSON: {"schema": _reference(Problem)}}),
    }
    if resource.request is not None:
        operation["parameters"].append(
            _header(
                KEY_HEADER,
                "The merchant's own; a repeat under it is answered as the first time, for ever.",
                _MERCHANTS_KEY,
            )
        )
    return operation


def _operation(resource: Resource | MerchantResource, *, ids: Json) -> Json:
    operation: Json = {
        "operationId": resource.name,
        "summary": resource.summary,
        "parameters": [
            *({"name": name, "in": "path", "required": True, "schema": ids} for name in _PARAM.findall(resource.path)),
            *(
                {"name": one.name, "in": "query", "schema": dict(one.schema), "description": one.description}
                for one in resource.parameters
            ),
            {"$ref": "#/components/parameters/Version"},
        ],
    }
    if resource.request is not None:
        operation["requestBody"] = {"required": True, "content": _json(resource.request)}
    return operation


def _signature(tag: str) -> Json:
    return {
        "type": "apiKey",
        "in": "header",
        "name": "Signature",
        "description": f"RFC 9421 over raw bytes, tag {tag}, with Signature-Input and Content-Digest (RFC 9530).",
    }


def _json(kind: type) -> Json:
    return {"application/json": {"schema": _reference(kind)}}


def _problem() -> Json:
    return {
        "description": "RFC 9457. " + "; ".join(f"{traits.status} {kind.uri}" for kind, traits in TRAITS.items()),
        "content": {PROBLEM_JSON: {"schema": _reference(Problem)}},
    }


def _header(name: str, description: str, schema: Json) -> Json:
    return {"name": name, "in": "header", "required": True, "schema": schema, "description": description}


def _reference(kind: type) -> Json:
    return {"$ref": f"#/components/schemas/{kind.__name__}"}
