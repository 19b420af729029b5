"""Networks: TH-3."""

import pytest

from chalicelib.networks import UNREADABLE, network_of


@pytest.mark.parametrize(
    ("address", "network"),
    [
        (None, None),
        ("", None),
        ("127.0.0.1", None),
        ("::1", None),
        ("::ffff:127.0.0.1", None),
        ("203.0.113.7", "203.0.113.7"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("::FFFF:CB00:7107", "203.0.113.7"),
        ("2001:db8::1", "2001:db8::/64"),
        ("2001:0DB8:0:0:ffff:ffff:ffff:ffff", "2001:db8::/64"),
        ("2001:db8:0:1::1", "2001:db8:0:1::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("not an address", UNREADABLE),
        ("1.2.3.4, 5.6.7.8", UNREADABLE),
    ],
)
def test_every_spelling_of_a_network_is_one_network_th_3(address: str | None, network: str | None) -> None:
    assert network_of(address) == network
    assert network_of(network) == network
