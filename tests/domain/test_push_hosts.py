"""Our server calls known push services and nothing else, however an address is dressed up."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.domain.push_hosts import (
    MOST_CHARACTERS,
    PushServiceUnknown,
    may_be_inside,
    may_connect,
    push_service,
)


@pytest.mark.parametrize(
    ("endpoint", "origin"),
    [
        ("https://fcm.googleapis.com/fcm/send/a:b-c_d", "https://fcm.googleapis.com"),
        ("https://fcm.googleapis.com/wp/a", "https://fcm.googleapis.com"),
        ("https://web.push.apple.com/QF3-x", "https://web.push.apple.com"),
        ("https://updates.push.services.mozilla.com/wpush/v2/g", None),
        ("https://autopush.push.services.mozilla.com/wpush/v1/g", None),
        ("https://wns2-par02p.notify.windows.com/w/?token=BQ%2bx%3d", None),
        ("https://fcm.googleapis.com:443/a", "https://fcm.googleapis.com"),
        ("HTTPS://FCM.GoogleApis.com/a", "https://fcm.googleapis.com"),
    ],
)
def test_the_browsers_own_push_services_are_allowed(endpoint: str, origin: str | None) -> None:
    assert push_service(endpoint) == (origin or endpoint[: endpoint.index("/", 8)])


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://fcm.googleapis.com/a",
        "ftp://fcm.googleapis.com/a",
        "//fcm.googleapis.com/a",
        "fcm.googleapis.com/a",
        "https:fcm.googleapis.com/a",
        "https:/fcm.googleapis.com/a",
        "https:///fcm.googleapis.com/a",
        "",
        "https://",
        "https://fcm.googleapis.com",
        # suffix tricks
        "https://fcm.googleapis.com.evil.example/a",
        "https://evilfcm.googleapis.com/a",
        "https://x.fcm.googleapis.com/a",
        "https://storage.googleapis.com/a",
        "https://push.apple.com/a",
        "https://evilpush.apple.com/a",
        "https://web.push.apple.com.evil.example/a",
        "https://notify.windows.com/a",
        "https://evil-notify.windows.com/a",
        # somebody else before the @
        "https://fcm.googleapis.com@evil.example/a",
        "https://fcm.googleapis.com:443@evil.example/a",
        "https://user@fcm.googleapis.com/a",
        "https://user:secret@fcm.googleapis.com/a",
        # ports
        "https://fcm.googleapis.com:8443/a",
        "https://fcm.googleapis.com:80/a",
        "https://fcm.googleapis.com:0443/a",
        "https://fcm.googleapis.com:/a",
        "https://fcm.googleapis.com:-443/a",
        "https://fcm.googleapis.com:4430000/a",
        # dots
        "https://fcm.googleapis.com./a",
        "https://.push.apple.com/a",
        "https://a..push.apple.com/a",
        # other letters: Cyrillic, full-width, dotless, the ideographic full stop, punycode
        "https://fcm.gооgleapis.com/a",
        "https://ｆcm.googleapis.com/a",
        "https://fcm.googleapıs.com/a",
        "https://fcm。googleapis。com/a",
        "https://xn--fcm-.googleapis.com/a",
        "https://ẘeb.push.apple.com/a",
        "https://\u212aeb.push.apple.com/a",
        # addresses
        "https://127.0.0.1/a",
        "https://2130706433/a",
        "https://0x7f.1/a",
        "https://[::1]/a",
        "https://[::ffff:127.0.0.1]/a",
        "https://169.254.169.254/latest/meta-data/",
        "https://localhost/a",
        # what two parsers read in two ways
        "https://evil.example\\@fcm.googleapis.com/a",
        "https://fcm.googleapis.com\\.evil.example/a",
        "https://fcm.googleapis.com\\@evil.example/a",
        "https://fcm.googleapis.com#@evil.example/a",
        "https://fcm.googleapis.com?@evil.example/a",
        "https://fcm.googleapis.com%2eevil.example/a",
        "https://evil.example%2f.push.apple.com/a",
        "https://fcm.googleapis.com/a#b",
        "https://fcm.googleapis.com/a\\b",
        "https://fcm.googleapis.com/é",
        " https://fcm.googleapis.com/a",
        "https://fcm.googleapis.com/a ",
        "https://fcm.googleapis.com/a\n",
        "https://fcm.googleapis.com\n.evil.example/a",
        "https://fcm.goog\tleapis.com/a",
        "https://fcm.googleapis.com/a\r\nX-Evil: 1",
        "https://fcm.googleapis.com/a\x00",
    ],
)
def test_anything_else_is_refused(endpoint: str) -> None:
    with pytest.raises(PushServiceUnknown):
        push_service(endpoint)


@pytest.mark.parametrize(
    ("endpoint", "origin"),
    [
        ("http://127.0.0.1:8901/push/1", "http://127.0.0.1:8901"),
        ("https://127.0.0.1:8901/push/1", "https://127.0.0.1:8901"),
        ("https://push.clinic.test/1", "https://push.clinic.test"),
        ("https://push.clinic.test:8443/1", "https://push.clinic.test:8443"),
        ("http://localhost/1", "http://localhost"),
        ("http://localhost:80/1", "http://localhost"),
        ("https://one.clinic.test/1", "https://one.clinic.test"),
    ],
)
def test_a_further_host_may_be_allowed_and_on_this_machine_without_tls(
    endpoint: str, origin: str
) -> None:
    extra = {"127.0.0.1:8901", "push.clinic.test", "one.clinic.test:443", "localhost"}
    assert push_service(endpoint, extra) == origin


EXTRA = {
    "127.0.0.1:8901",
    "push.clinic.test",
    "one.clinic.test:443",
    "127.0.0.1.clinic.test",
}


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://127.0.0.1:8902/a",
        "http://127.0.0.1/a",
        "http://push.clinic.test/a",
        "http://push.clinic.test:80/a",
        "http://127.0.0.1.clinic.test/a",
        "http://fcm.googleapis.com/a",
        "https://x.push.clinic.test/a",
        "http://one.clinic.test/a",
        "https://[127.0.0.1:8901]/a",
    ],
)
def test_a_further_host_allows_itself_alone(endpoint: str) -> None:
    with pytest.raises(PushServiceUnknown):
        push_service(endpoint, EXTRA)


def test_an_endless_endpoint_is_refused() -> None:
    stem = "https://fcm.googleapis.com/"
    longest = stem + "a" * (MOST_CHARACTERS - len(stem))
    assert push_service(longest)
    with pytest.raises(PushServiceUnknown):
        push_service(longest + "a")


@given(st.text(max_size=30), st.text(max_size=30))
def test_whatever_is_allowed_leads_to_a_known_service_in_the_senders_eyes(
    before: str, after: str
) -> None:
    """The HTTP client's own parser must find the same host in it as the rule did."""
    from pycurl import CurlUrl

    for endpoint in (
        f"https://{before}fcm.googleapis.com{after}",
        f"https://{before}.push.apple.com{after}/",
        f"https://fcm.googleapis.com/{before}{after}",
    ):
        try:
            origin = push_service(endpoint)
        except PushServiceUnknown:
            continue
        url = CurlUrl(endpoint)
        assert origin == f"https://{url.host.lower()}"
        assert (url.user, url.password, url.port) in ((None, None, None), (None, None, "443"))
        assert origin == "https://fcm.googleapis.com" or origin.endswith(".push.apple.com")


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "127.255.255.254", "::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1"),
        *("10.0.0.1", "10.255.255.255", "172.16.0.1", "172.31.255.255", "192.168.0.1"),
        *("::ffff:10.0.0.1", "::ffff:192.168.1.1", "64:ff9b::a00:1"),
        *("100.64.0.1", "100.127.255.254", "fc00::1", "fdff::1", "fd00:ec2::254"),
    ],
)
def test_an_address_inside_is_for_services_that_may_be_there(address: str) -> None:
    assert not may_connect(address, inside=False)
    assert may_connect(address, inside=True)


@pytest.mark.parametrize(
    "address",
    [
        # where clouds answer their machines
        *("169.254.169.254", "169.254.0.1", "fe80::1", "fe80::1%2", "febf::1"),
        *("::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe"),
        # no machine's
        *("0.0.0.0", "0.1.2.3", "::", "255.255.255.255", "240.0.0.1", "192.0.2.1", "198.18.0.1"),
        *("203.0.113.7", "2001:db8::1", "100::1", "fec0::1", "::7f00:1", "::127.0.0.1"),
        # many machines'
        *("224.0.0.1", "239.255.255.250", "ff02::1", "ff0e::1"),
        # tunnels, here to 127.0.0.1
        *("2002:7f00:1::1", "2001:0:7f00:1::1"),
    ],
)
@pytest.mark.parametrize("inside", [True, False])
def test_no_service_is_at_an_odd_address(address: str, inside: bool) -> None:
    assert not may_connect(address, inside=inside)


@pytest.mark.parametrize(
    "address",
    [
        *("142.250.74.10", "9.255.255.255", "11.0.0.0", "172.15.255.255", "172.32.0.0"),
        *("100.63.255.255", "100.128.0.0", "126.255.255.255", "128.0.0.1", "169.253.1.1"),
        *("2a00:1450:4001::5f", "::ffff:142.250.74.10", "64:ff9b::8efa:4a0a"),
    ],
)
@pytest.mark.parametrize("inside", [True, False])
def test_a_public_address_is_for_every_service(address: str, inside: bool) -> None:
    assert may_connect(address, inside=inside)


@pytest.mark.parametrize(
    ("service", "inside"),
    [
        ("https://push.clinic.test", True),
        ("https://push.clinic.test:8443", True),
        ("http://127.0.0.1:8901", True),
        ("https://one.clinic.test", True),
        ("https://one.clinic.test:8443", False),
        ("https://fcm.googleapis.com", False),
        ("https://web.push.apple.com", False),
    ],
)
def test_only_a_service_that_the_settings_name_may_be_inside(service: str, inside: bool) -> None:
    assert may_be_inside(service, EXTRA) is inside
