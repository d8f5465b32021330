"""Each way in which a container may be confined too little is seen."""

from dataclasses import replace

import pytest

from tests.deploy.confinement import Confinement, confinement

INSPECTED = {
    "HostConfig": {
        "Memory": 2**29,
        "PidsLimit": 512,
        "NanoCpus": 10**9,
        "RestartPolicy": {"Name": "unless-stopped"},
    },
    "State": {"Health": {"Status": "healthy"}},
}
STATUS = """\
Name:\tpython
Uid:\t10001\t10001\t10001\t10001
CapPrm:\t0000000000000000
CapEff:\t0000000000000000
CapBnd:\t0000000000000000
NoNewPrivs:\t1
"""
ROOT = "501 400 0:99 / / ro,relatime master:1 - overlay overlay rw,lowerdir=a,upperdir=b"


def confined() -> Confinement:
    return confinement(INSPECTED, STATUS, ROOT)


def test_a_container_confined_as_it_must_be_has_no_fault() -> None:
    assert confined().faults(own=True) == []


@pytest.mark.parametrize(
    ("line", "other", "fault"),
    [
        ("Uid:\t10001\t10001", "Uid:\t10001\t0", "runs as root"),
        ("CapBnd:\t0000000000000000", "CapBnd:\t00000000a80425fb", "has capabilities"),
        ("NoNewPrivs:\t1", "NoNewPrivs:\t0", "may gain privileges"),
    ],
)
def test_what_its_process_may_do_too_much(line: str, other: str, fault: str) -> None:
    found = confinement(INSPECTED, STATUS.replace(line, other), ROOT)
    assert found.faults(own=True) == [fault]


def test_a_root_that_may_be_written() -> None:
    found = confinement(INSPECTED, STATUS, ROOT.replace(" ro,", " rw,"))
    assert found.faults(own=True) == ["may write to its root"]


@pytest.mark.parametrize(
    ("bound", "fault"),
    [
        ({"memory": 0}, "has no bound of memory"),
        ({"processes": 0}, "has no bound of processes"),
        ({"cpus": 0.0}, "has no bound of processor time"),
        ({"restarts": "no"}, "does not come back"),
        ({"health": "unhealthy"}, "is not healthy"),
    ],
)
def test_a_bound_that_is_missing(bound: dict[str, object], fault: str) -> None:
    assert replace(confined(), **bound).faults(own=True) == [fault]  # type: ignore[arg-type]


def test_processor_time_is_the_engines_own_affair() -> None:
    assert replace(confined(), cpus=0.0).faults(own=False) == []
