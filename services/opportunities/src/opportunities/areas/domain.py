"""Places: postcodes on the National Grid, and the areas that districts belong to."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from shared.kernel import Invalid, NotFound


class PostcodeUnknown(Invalid):
    """The postcode is not in the directory, or has no place in it."""

    slug = "postcode-unknown"
    title = "There is no such postcode in the directory"


class AreaUnknown(NotFound):
    """No area has this code."""

    slug = "area-unknown"
    title = "There is no such area"


@dataclass(frozen=True, slots=True)
class Place:
    """A postcode's centre: metres east and north on the National Grid (OSGB36), and its district."""

    postcode: str
    local_authority_code: str
    easting: int
    northing: int

    @property
    def in_england(self) -> bool:
        """Whether the district's GSS code is an English one."""
        return self.local_authority_code.startswith("E")


@dataclass(frozen=True, slots=True)
class District:
    """A local authority district, by its GSS code."""

    code: str
    name: str


@dataclass(frozen=True, slots=True)
class AreaHub:
    """The one organisation that brokers for an area."""

    organisation_id: UUID
    name: str


@dataclass(frozen=True, slots=True)
class Area:
    """Districts that share one hub and the sectors that grow there."""

    code: str
    name: str
    districts: tuple[District, ...]
    growth_sectors: tuple[str, ...]
    hub: AreaHub
    source: str


class Areas:
    """Every area there is. Raises `ValueError` where two claim one code, district or hub."""

    def __init__(self, areas: Iterable[Area], licence: str) -> None:
        self.licence = licence
        self.all = tuple(sorted(areas, key=lambda area: area.code))
        self._by_code = {area.code: area for area in self.all}
        self._by_district = {district.code: area for area in self.all for district in area.districts}
        districts = sum(len(area.districts) for area in self.all)
        hubs = {area.hub.organisation_id for area in self.all}
        if {len(self._by_code), len(hubs)} != {len(self.all)} or len(self._by_district) != districts:
            raise ValueError("areas share a code, a district or a hub")

    def get(self, code: str) -> Area:
        """The area with this code. Raises `AreaUnknown`."""
        if code not in self._by_code:
            raise AreaUnknown
        return self._by_code[code]

    def has(self, code: str) -> bool:
        """Whether there is an area with this code."""
        return code in self._by_code

    def of_district(self, local_authority_code: str) -> Area | None:
        """The area a district belongs to, None where no hub covers it yet."""
        return self._by_district.get(local_authority_code)

    def grows_in(self, area_code: str | None, sector: str) -> bool:
        """Whether the sector is one that grows in the area."""
        area = self._by_code.get(area_code or "")
        return area is not None and sector in area.growth_sectors
