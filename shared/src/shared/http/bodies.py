"""Request and response bodies: JSON read strictly, unknown members refused."""

import json
import re
from typing import Any, cast

from pydantic import BaseModel, ConfigDict, GetCoreSchemaHandler, ValidatorFunctionWrapHandler
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

_NULL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")


class RequestBody(BaseModel):
    """What a caller sends: a number is not a date, a string is not a number, no member is guessed."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: type[Any], handler: GetCoreSchemaHandler) -> CoreSchema:
        # Under a validator function pydantic treats JSON as Python values, and strict mode then refuses a
        # date given as text. So the function wraps the Python side alone, and JSON is validated without it.
        schema = handler(source)
        if schema["type"] != "model":
            return schema  # a body inside another one: already wrapped
        # The name goes to the whole schema, so that OpenAPI refers to it instead of repeating it.
        reference = cast("dict[str, Any]", schema).pop("ref", None)
        guarded = core_schema.no_info_wrap_validator_function(cls._read_as_json, schema)
        return core_schema.json_or_python_schema(schema, guarded, ref=reference)

    @classmethod
    def _read_as_json(cls, data: Any, handler: ValidatorFunctionWrapHandler) -> Any:
        """Read parsed JSON under JSON's own strict rules, which still know dates and ids as text."""
        if isinstance(data, dict):
            text = json.dumps(data)
            if _NULL.search(text):  # PostgreSQL stores no null character
                raise PydanticCustomError("null_character", "holds a null character")
            return cls.model_validate_json(text, strict=True)
        return handler(data)


class ResponseBody(BaseModel):
    """What the platform answers."""

    model_config = ConfigDict(frozen=True, from_attributes=True)
