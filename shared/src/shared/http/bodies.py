"""Request and response bodies: JSON read strictly, unknown members refused."""

import json
import re
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, ModelWrapValidatorHandler, ValidationInfo, model_validator
from pydantic_core import PydanticCustomError

_NULL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")


class RequestBody(BaseModel):
    """What a caller sends: a number is not a date, a string is not a number, no member is guessed."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @model_validator(mode="wrap")
    @classmethod
    def read_as_json(cls, data: Any, handler: ModelWrapValidatorHandler[Self], info: ValidationInfo) -> Self:
        """Read parsed JSON under JSON's own strict rules, which still know dates and ids as text."""
        if info.mode == "python" and isinstance(data, dict):
            text = json.dumps(data)
            if _NULL.search(text):  # no column keeps one
                raise PydanticCustomError("null_character", "holds a null character")
            return cls.model_validate_json(text, strict=True)
        return handler(data)


class ResponseBody(BaseModel):
    """What the platform answers."""

    model_config = ConfigDict(frozen=True, from_attributes=True)
