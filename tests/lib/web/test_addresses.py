import pytest

from lib.web.addresses import client_address, trusted_networks

PROXIES = "10.0.0.0/8, 127.0.0.1"


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        # nobody is trusted to speak for others
        ("203.0.113.5", ["198.51.100.7"], "203.0.113.5"),
        # one proxy, and two, and one on this machine, which Streamlit leaves out
        ("10.0.0.2", ["198.51.100.7"], "198.51.100.7"),
        ("10.0.0.2", ["198.51.100.7, 10.0.0.3"], "198.51.100.7"),
        (None, ["198.51.100.7"], "198.51.100.7"),
        # what stands left of the last untrusted address was made up by whoever sits there
        ("10.0.0.2", ["1.1.1.1, 198.51.100.7"], "198.51.100.7"),
        ("10.0.0.2", ["1.1.1.1", "198.51.100.7"], "198.51.100.7"),
        # everybody is one of ours
        ("10.0.0.2", ["10.0.0.9, 10.0.0.3"], "10.0.0.9"),
        ("10.0.0.2", [], "10.0.0.2"),
        (None, [], "127.0.0.1"),
        # ports, IPv6, and what is no address
        ("10.0.0.2", ["198.51.100.7:4711"], "198.51.100.7"),
        ("10.0.0.2", ["[2001:db8::1]:4711"], "2001:db8::1"),
        ("10.0.0.2", ["2001:db8::1"], "2001:db8::1"),
        ("::ffff:10.0.0.2", ["198.51.100.7"], "198.51.100.7"),
        ("10.0.0.2", ["unknown"], None),
        ("10.0.0.2", ["'; DROP TABLE users; --"], None),
        ("testclient", [], None),
    ],
)
def test_client_address(peer: str | None, forwarded: list[str], address: str | None) -> None:
    assert client_address(peer, forwarded, trusted=trusted_networks(PROXIES)) == address


def test_without_trusted_proxies_nobody_is_believed() -> None:
    assert client_address("127.0.0.1", ["198.51.100.7"], trusted=trusted_networks("")) == "127.0.0.1"


def test_a_list_with_a_name_in_it_is_refused() -> None:
    with pytest.raises(ValueError, match="proxy"):
        trusted_networks("10.0.0.1, proxy.example")
