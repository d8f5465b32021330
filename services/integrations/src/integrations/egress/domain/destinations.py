"""Destinations: which addresses of the web a partner may have its webhooks sent to."""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from integrations.egress.domain.addresses import is_refused
from shared.kernel import Invalid

MAX_URL = 2_000
_LABEL = r"(?!-)[a-z0-9-]{1,63}(?<!-)"
# A name of two labels or more whose last begins with a letter: no form of an IP address is one.
_NAME = re.compile(rf"(?:{_LABEL}\.)+(?=[a-z]){_LABEL}")
_PRINTABLE = re.compile(r"[!-\[\]-~]+")  # ASCII without blanks and the backslash
_LOOPBACK = "127.0.0.1"


class UrlNotAllowed(Invalid):
    """Webhooks go to https addresses with a public name, on the usual port; `rule` tells which it broke."""

    slug = "url-not-allowed"
    title = "Webhooks cannot be sent to this URL"

    def __init__(self, rule: str) -> None:
        super().__init__(_RULES[rule], field="body.url", rule=rule)


_RULES = {
    "not-a-url": "It is not an absolute URL in ASCII",
    "https-only": "It must begin with https://",
    "port-443-only": "It may name no port but 443",
    "no-user-info": "It may not name a user or a password",
    "no-fragment": "It may not have a fragment",
    "public-name-only": "Its host must be a public DNS name, not an address or a local name",
    "name-not-resolved": "Its host's name leads to no address at present",
    "address-refused": "Its host's name leads to an address that is not public",
}


@dataclass(frozen=True, slots=True)
class Destination:
    """A URL that was checked: where to connect, and what to ask for there."""

    scheme: str
    host: str
    port: int
    target: str

    @property
    def is_loopback(self) -> bool:
        return self.host == _LOOPBACK


def destination(url: str, *, allow_loopback: bool = False) -> Destination:
    """The destination a URL names. Raises `UrlNotAllowed`.

    `allow_loopback` lets http to 127.0.0.1 pass, on any port: for local stacks and tests.
    """
    if len(url) > MAX_URL or not _PRINTABLE.fullmatch(url):
        raise UrlNotAllowed("not-a-url")
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").lower(), parts.port
    except ValueError:
        raise UrlNotAllowed("not-a-url") from None
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    if "@" in parts.netloc:
        raise UrlNotAllowed("no-user-info")
    if parts.fragment or "#" in url:
        raise UrlNotAllowed("no-fragment")
    if allow_loopback and parts.scheme == "http" and host == _LOOPBACK:
        return Destination("http", host, port or 80, target)
    if parts.scheme != "https":
        raise UrlNotAllowed("https-only")
    if port not in (None, 443) or parts.netloc.endswith(":"):
        raise UrlNotAllowed("port-443-only")
    if len(host) > 253 or not _NAME.fullmatch(host) or _is_local(host):
        raise UrlNotAllowed("public-name-only")
    return Destination("https", host, 443, target)


def checked(addresses: list[str], where: Destination) -> list[str]:
    """The addresses, when every one of them may be connected to. Raises `UrlNotAllowed`.

    One refused address among public ones refuses all: which of them is used is not ours to choose.
    """
    if not addresses:
        raise UrlNotAllowed("name-not-resolved")
    if not where.is_loopback and any(is_refused(address) for address in addresses):
        raise UrlNotAllowed("address-refused")
    return addresses


def _is_local(host: str) -> bool:
    # Special-use names that a resolver may answer from the inside (RFC 6761, RFC 8375, ICANN's .internal).
    return host.rpartition(".")[2] in {"local", "localhost", "internal", "invalid", "test", "onion", "arpa"}
