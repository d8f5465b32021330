"""The postcode directory."""

import asyncio
import subprocess
import sys

import pytest

from opportunities.areas.domain import PostcodeUnknown
from opportunities.areas.postcodes import Postcodes


@pytest.mark.parametrize("written", ["L3 1HU", "l31hu", " L3  1HU "])
async def test_a_postcode_is_found_however_it_is_spaced(written: str) -> None:
    place = await Postcodes().find(written)

    assert place.postcode == "L3 1HU"
    assert place.local_authority_code == "E08000012"
    assert (330_000 < place.easting < 340_000, 385_000 < place.northing < 395_000) == (True, True)


async def test_a_place_knows_whether_it_is_in_england() -> None:
    postcodes = Postcodes()

    assert (await postcodes.find("WA8 7QF")).in_england
    assert not (await postcodes.find("CF10 1EP")).in_england


@pytest.mark.parametrize("written", ["", "L", "L3 9ZZ", "QQ1 1QQ", "12345", "L3 1HU 1HU", "ÉÉ1 1AA"])
async def test_what_is_not_in_the_directory_is_unknown(written: str) -> None:
    with pytest.raises(PostcodeUnknown):
        await Postcodes().find(written)


async def test_the_first_look_at_a_letter_holds_nobody_up() -> None:
    """The loop goes round many times while the letter is read: read on the loop it would go round twice."""
    finding, turns = asyncio.create_task(Postcodes().find("S1 2HE")), 0
    while not finding.done():
        await asyncio.sleep(0.001)
        turns += 1

    assert (await finding).local_authority_code.startswith("E")
    assert turns > 10


def test_finding_a_postcode_does_not_bring_pandas() -> None:
    program = (
        "import asyncio, sys; from opportunities.areas.postcodes import Postcodes;"
        "asyncio.run(Postcodes().find('L3 1HU')); sys.exit('pandas' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's own account of the peak is Linux's")
def test_reading_a_letter_takes_little_more_memory_than_keeping_it() -> None:
    program = (
        "import asyncio, resource; from opportunities.areas.postcodes import Postcodes, directory_folder;"
        "peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss;"
        "directory_folder(); before = peak(); asyncio.run(Postcodes().find('L3 1HU'));"
        "print((peak() - before) // 1024)"
    )
    run = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert int(run.stdout) < 40
