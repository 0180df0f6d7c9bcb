"""The published JSON Schema of certificates, made of their types: `python -m steward.erasure.certificate_schema`."""

import json
from pathlib import Path
from typing import Any

from pydantic.json_schema import GenerateJsonSchema

from steward.erasure.certificate import DOCUMENT

PLACE = Path(__file__).parent / "schemas" / "certificate.json"


class _WithoutTitles(GenerateJsonSchema):
    """A field's title would only repeat its name."""

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002 - the library's signature
        return False


def certificate_schema() -> str:
    """As it is published."""
    head = {
        "$schema": GenerateJsonSchema.schema_dialect,
        "$id": "https://custom-vision-steward.dev/schemas/v1/certificate.json",
    }
    schema = DOCUMENT.json_schema(schema_generator=_WithoutTitles)
    return json.dumps(head | schema, indent=2) + "\n"


if __name__ == "__main__":
    PLACE.write_text(certificate_schema())
