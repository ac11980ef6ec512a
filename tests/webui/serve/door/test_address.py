"""Who is counted at the door: whom a trusted proxy names, and a line of IPv6 as one."""

from ipaddress import ip_network
from typing import Any

import pytest

from webui.serve.door.address import address

PROXIES = (ip_network("192.0.2.10"),)


def scope(peer: str, *told: str) -> dict[str, Any]:
    headers = [(b"x-forwarded-for", each.encode()) for each in told]
    return {"client": (peer, 4711), "headers": headers}


@pytest.mark.parametrize(
    ("peer", "told", "found"),
    [
        ("198.51.100.7", (), "198.51.100.7"),
        ("198.51.100.7", ("203.0.113.9",), "198.51.100.7"),
        ("192.0.2.10", ("203.0.113.9",), "203.0.113.9"),
        ("192.0.2.10", ("198.18.0.1", "203.0.113.9"), "203.0.113.9"),
        ("::ffff:198.51.100.7", (), "198.51.100.7"),
        ("2001:db8::1", (), "2001:db8::/64"),
        ("2001:db8::ffff:1", (), "2001:db8::/64"),
        ("192.0.2.10", ("2001:db8:0:1::9",), "2001:db8:0:1::/64"),
    ],
)
def test_an_address_is_the_peers_or_what_a_trusted_proxy_says(
    peer: str, told: tuple[str, ...], found: str
) -> None:
    assert address(scope(peer, *told), PROXIES) == found


def test_without_a_trusted_proxy_nobodys_word_is_believed() -> None:
    assert address(scope("192.0.2.10", "203.0.113.9"), ()) == "192.0.2.10"
    assert address({"client": None, "headers": []}, ()) == ""
