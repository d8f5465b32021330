"""Step 12: two nights later every service has counted the day, and their numbers agree."""

from datetime import timedelta
from typing import Any

from wex.journey.clients import StepFailed
from wex.journey.state import Walk

PATH = "/v1/operations/totals"


async def agree_on_the_day(walk: Walk) -> str:
    """An operator reads that four services have counted the day, and where they differ: nowhere."""
    on = walk.facts["attended_on"].isoformat()
    walk.platform.advance(timedelta(days=2).total_seconds())

    async def look() -> list[dict[str, Any]]:
        page = await walk.clients.call(walk.operator, "outcomes", "GET", PATH)
        counted = {each["on"]: each["counted"] for each in page["items"]}
        return list(counted.get(on, []))

    counted = await walk.clients.until(
        look, lambda seen: bool(seen) and all(each["as_of"] for each in seen), f"{on} is counted by all"
    )
    page = await walk.clients.call(walk.operator, "outcomes", "GET", f"{PATH}/{on}/differences")
    if page["items"]:
        raise StepFailed(f"totals differ: {page['items'][0]}")
    return f"{on} counted by {len(counted)} services, no difference"
