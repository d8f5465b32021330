"""Addresses and URLs webhooks may go to, and the many that only look like it."""

import pytest

from integrations.egress.domain.addresses import is_refused
from integrations.egress.domain.destinations import Destination, UrlNotAllowed, checked, destination

HOSTILE = [
    "0.0.0.0", "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.100.100.200", "127.0.0.1", "127.1.2.3",
    "168.63.129.16", "169.254.169.254", "169.254.170.2", "172.16.0.1", "172.31.255.255", "192.0.0.1",
    "192.0.2.1", "192.88.99.1", "192.168.1.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1",
    "239.255.255.255", "240.0.0.1", "255.255.255.255", "::", "::1", "::127.0.0.1", "::ffff:127.0.0.1",
    "::ffff:169.254.169.254", "::ffff:0:127.0.0.1", "64:ff9b::a9fe:a9fe", "64:ff9b::7f00:1",
    "64:ff9b:1::a9fe:a9fe", "100::1", "2001::1", "2001:0:7f00:1::", "2001:10::1", "2001:20::1",
    "2001:db8::1", "2002:7f00:1::", "2002:a9fe:a9fe::", "2002:c0a8:101::1", "3fff::1", "5f00::1",
    "fc00::1", "fd00:ec2::254", "fe80::1", "fe80::1%eth0", "fec0::1", "ff02::1", "", "localhost",
    "0x7f000001", "2130706433", "127.1",
]  # fmt: skip
PUBLIC = [
    "1.1.1.1", "8.8.8.8", "93.184.216.34", "172.15.255.255", "172.32.0.1", "2606:4700:4700::1111",
    "2a00:1450:4009::1", "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::1",
]  # fmt: skip
# Each with the rule it breaks.
HOSTILE_URLS = [
    ("", "not-a-url"),
    ("hooks.example.org/a", "https-only"),
    ("http://hooks.example.org/", "https-only"),
    ("ftp://hooks.example.org/", "https-only"),
    ("file:///etc/passwd", "https-only"),
    ("gopher://hooks.example.org/", "https-only"),
    ("http://127.0.0.1/", "https-only"),
    ("https://hooks.example.org:8443/", "port-443-only"),
    ("https://hooks.example.org:/", "port-443-only"),
    ("https://hooks.example.org:99999/", "not-a-url"),
    ("https://ada@hooks.example.org/", "no-user-info"),
    ("https://hooks.example.org@127.0.0.1/", "no-user-info"),
    ("https://hooks.example.org#@127.0.0.1/", "no-fragment"),
    ("https://hooks.example.org/#", "no-fragment"),
    ("https://127.0.0.1/", "public-name-only"),
    ("https://127.1/", "public-name-only"),
    ("https://2130706433/", "public-name-only"),
    ("https://0x7f000001/", "public-name-only"),
    ("https://0177.0.0.1/", "public-name-only"),
    ("https://0x7f.0.0.0x1/", "public-name-only"),
    ("https://[::1]/", "public-name-only"),
    ("https://[::ffff:169.254.169.254]/", "public-name-only"),
    ("https://localhost/", "public-name-only"),
    ("https://intranet/", "public-name-only"),
    ("https://a.localhost/", "public-name-only"),
    ("https://metadata.google.internal/", "public-name-only"),
    ("https://printer.local/", "public-name-only"),
    ("https://hooks.example.org./", "public-name-only"),
    ("https://hooks..example.org/", "public-name-only"),
    ("https://-hooks.example.org/", "public-name-only"),
    ("https://hooks_a.example.org/", "public-name-only"),
    ("https://hooks.example.org\\@127.0.0.1/", "not-a-url"),
    ("https://hooks.example.org/ HTTP/1.1\r\nX: y", "not-a-url"),
    ("https://hooks.example.org/\n", "not-a-url"),
    ("https://hööks.example.org/", "not-a-url"),
    ("https:///path", "public-name-only"),
    ("https://hooks.example.org/" + "a" * 2_000, "not-a-url"),
]


@pytest.mark.parametrize("address", HOSTILE)
def test_a_hostile_address_is_refused(address: str) -> None:
    assert is_refused(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_is_not(address: str) -> None:
    assert not is_refused(address)


def test_one_refused_address_among_public_ones_refuses_all() -> None:
    where = destination("https://hooks.example.org/")
    assert checked(["1.1.1.1", "8.8.8.8"], where) == ["1.1.1.1", "8.8.8.8"]
    for addresses, rule in ((["1.1.1.1", "10.0.0.1"], "address-refused"), ([], "name-not-resolved")):
        with pytest.raises(UrlNotAllowed) as refused:
            checked(addresses, where)
        assert refused.value.facts["rule"] == rule


@pytest.mark.parametrize(("url", "rule"), HOSTILE_URLS)
def test_a_url_that_is_not_plain_https_to_a_public_name_is_refused(url: str, rule: str) -> None:
    with pytest.raises(UrlNotAllowed) as refused:
        destination(url)
    assert refused.value.facts["rule"] == rule
    assert url.strip("/") == "" or url not in refused.value.detail


def test_a_plain_url_is_a_destination() -> None:
    assert destination("https://Hooks.Example.org:443/a/b?c=d") == Destination(
        "https", "hooks.example.org", 443, "/a/b?c=d"
    )


def test_loopback_is_allowed_on_request_only() -> None:
    assert destination("http://127.0.0.1:8080/hooks", allow_loopback=True).is_loopback
    for url in ("http://127.0.0.2:8080/", "http://localhost:8080/", "https://127.0.0.1/", "http://10.0.0.1/"):
        with pytest.raises(UrlNotAllowed):
            destination(url, allow_loopback=True)
