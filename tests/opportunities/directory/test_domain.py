"""Organisations and where they lie."""

from uuid import UUID, uuid4

import pytest

from opportunities.areas.domain import (
    Area,
    AreaHub,
    Areas,
    District,
    Place,
)
from opportunities.areas.reference import read_areas
from opportunities.directory import domain
from opportunities.directory.domain import Organisation, Site
from shared.kernel import Refusal, StaleVersion

AREAS = read_areas()
LIVERPOOL = Place("L3 1HU", "E08000012", 333928, 390297)
EXETER = Place("EX1 1AA", "E07000041", 292000, 92000)
CARDIFF = Place("CF10 1EP", "W06000015", 318000, 176000)


def site(place: Place = LIVERPOOL, name: str = "Works") -> Site:
    return Site(uuid4(), name, place)


def register(
    kind: str = "provider", area_code: str | None = None, place: Place | None = None
) -> Organisation:
    first = site(place) if place else None
    return Organisation.register(uuid4(), kind, "Example", uuid4(), AREAS, area_code=area_code, site=first)


def test_the_first_site_gives_the_area() -> None:
    assert register(place=LIVERPOOL).area_code == "liverpool-city-region"


def test_a_district_that_no_hub_covers_yet_has_no_area() -> None:
    assert register(place=EXETER).area_code is None


def test_a_later_site_gives_the_area_only_where_there_is_none() -> None:
    organisation = register(place=EXETER)
    organisation.add_site(site(LIVERPOOL), AREAS)
    assert organisation.area_code == "liverpool-city-region"

    organisation.add_site(site(EXETER, "Depot"), AREAS)
    assert organisation.area_code == "liverpool-city-region"


@pytest.mark.parametrize(
    ("kind", "area_code", "place", "refusal"),
    [
        ("hub", "liverpool-city-region", None, domain.AreaHasHub),
        ("provider", "atlantis", None, domain.AreaNotOnRegister),
        ("provider", "liverpool-city-region", EXETER, domain.AreaDisagrees),
        ("provider", None, CARDIFF, domain.OutsideEngland),
        ("institution", None, None, domain.InstitutionTypeMissing),
    ],
)
def test_registration_is_refused(
    kind: str, area_code: str | None, place: Place | None, refusal: type[Refusal]
) -> None:
    with pytest.raises(refusal):
        register(kind, area_code, place)


def test_only_an_institution_has_an_institutions_type() -> None:
    with pytest.raises(domain.InstitutionTypeMisplaced):
        Organisation.register(uuid4(), "trust", "Example", uuid4(), AREAS, institution_type="academy")


def test_a_site_is_added_once() -> None:
    organisation = register(place=LIVERPOOL)

    with pytest.raises(domain.SiteRepeated):
        organisation.add_site(site(LIVERPOOL), AREAS)


def test_an_organisation_is_changed_only_by_who_read_it_last() -> None:
    organisation = register()

    with pytest.raises(StaleVersion):
        organisation.revise(7, name="Other", institution_type=None, reference=None, is_open=True)


def test_the_six_districts_are_one_area_with_one_hub() -> None:
    [area] = AREAS.all
    assert {district.code for district in area.districts} == {
        "E06000006", "E08000011", "E08000012", "E08000013", "E08000014", "E08000015",
    }  # fmt: skip
    assert area.hub.organisation_id == UUID("01900000-0000-7000-8000-000000000001")


def test_areas_that_share_a_district_or_a_hub_are_not_read() -> None:
    def area(code: str, district: str, hub: UUID) -> Area:
        return Area(code, code, (District(district, district),), (), AreaHub(hub, "Hub"), "none")

    shared = uuid4()
    with pytest.raises(ValueError, match="share"):
        Areas([area("one", "E1", uuid4()), area("two", "E1", uuid4())], "")
    with pytest.raises(ValueError, match="share"):
        Areas([area("one", "E1", shared), area("two", "E2", shared)], "")


def test_an_event_stays_as_it_was_when_the_organisation_changes_afterwards() -> None:
    organisation = register(place=LIVERPOOL)
    [(_, recorded)] = organisation.take_events()

    organisation.add_site(site(EXETER, "Depot"), AREAS)

    assert isinstance(recorded, domain.OrganisationRecorded)
    assert [each.name for each in recorded.sites] == ["Works"]
