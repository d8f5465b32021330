"""The areas shipped with the service, read once at start."""

from pathlib import Path
from typing import Any
from uuid import UUID

import yaml

from opportunities.areas.domain import Area, AreaHub, Areas, District

_AREAS = Path(__file__).parents[1] / "reference" / "areas.yaml"


def read_areas(path: Path = _AREAS) -> Areas:
    """The areas. Raises `ValueError` where two claim the same."""
    content = yaml.safe_load(path.read_text())
    return Areas([_area(each) for each in content["areas"]], content["licence"])


def _area(each: dict[str, Any]) -> Area:
    return Area(
        each["code"],
        each["name"],
        tuple(District(**district) for district in each["districts"]),
        tuple(each["growth_sectors"]),
        AreaHub(UUID(each["hub"]["organisation_id"]), each["hub"]["name"]),
        each["source"],
    )
