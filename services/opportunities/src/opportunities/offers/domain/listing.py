"""The listing: what is shown of an opportunity beside its own words."""

from opportunities.areas.domain import Areas


def area_of_listing(areas: Areas, site_district: str | None, provider_area: str | None) -> str | None:
    """The code of the area it is listed in: its site's, or its provider's where it has no site."""
    if site_district is None:
        return provider_area
    area = areas.of_district(site_district)
    return area.code if area else None
