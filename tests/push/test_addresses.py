"""The server calls push services and nothing else, wherever a name leads (SSRF)."""

from collections.abc import Collection, Iterator
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from server.domain.reminders import Answer
from server.push.sender import Message, Sender, Unsendable
from server.push.vapid_keys import VapidKeys
from tests.push.certificate import NAME, Certificate, new_certificate
from tests.push.stand_in import Browser, PushService

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
MESSAGE = Message(payload=b'{"a":1}', ttl_seconds=1800, topic="t" * 32)
KEYS = VapidKeys(ec.generate_private_key(ec.SECP256R1()))
FORBIDDEN = Answer(None, problem="address_forbidden")


def send(
    endpoint: str,
    extra_hosts: Collection[str] = (),
    addresses: Collection[str] = (),
    ca_file: str | None = None,
) -> Answer:
    subject = "mailto:reminders@clinic-on-the-hill.org"
    sender = Sender(KEYS, subject, extra_hosts, ca_file=ca_file, addresses=addresses)
    try:
        return sender.send(Browser("", endpoint).subscription, MESSAGE, NOW)
    finally:
        sender.close()


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://127.0.0.1:1/a",
        "https://localhost/a",
        "https://169.254.169.254/latest/meta-data/",
        "https://[::1]/a",
        "https://2130706433/a",
        "https://fcm.googleapis.com.evil.example/a",
        "https://fcm.googleapis.com@127.0.0.1/a",
        "https://fcm.googleapis.com:8443/a",
        "http://fcm.googleapis.com/a",
        "file:///etc/passwd",
        "gopher://127.0.0.1:25/a",
    ],
)
def test_an_endpoint_that_is_not_allowed_is_not_called(endpoint: str) -> None:
    with pytest.raises(Unsendable, match="push_service_unknown"):
        send(endpoint)


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "0.0.0.0"),
        *("100.64.0.1", "224.0.0.1", "[::1]", "[fd00:ec2::254]", "[::ffff:127.0.0.1]"),
        "10.0.0.1,[::1],127.0.0.1",
    ],
)
def test_an_allowed_name_that_leads_inside_is_not_called(address: str) -> None:
    addresses = [f"web.push.apple.com:443:{address}"]
    assert send("https://web.push.apple.com/a", addresses=addresses) == FORBIDDEN


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return new_certificate(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def clinics_own(certificate: Certificate) -> Iterator[PushService]:
    service = PushService(certificate.server_tls())
    yield service
    service.close()


@pytest.mark.parametrize("address", ["127.0.0.1", "169.254.169.254,127.0.0.1"])
def test_a_service_that_the_settings_name_may_be_inside(
    clinics_own: PushService, certificate: Certificate, address: str
) -> None:
    host = f"{NAME}:{clinics_own.host.rpartition(':')[2]}"
    answer = send(f"https://{host}/a", {host}, [f"{host}:{address}"], str(certificate.file))
    assert answer == Answer(201)
    assert clinics_own.posted[0].claims["aud"] == f"https://{host}"


@pytest.mark.parametrize("address", ["169.254.169.254", "0.0.0.0", "224.0.0.1"])
def test_not_even_that_one_may_be_where_clouds_keep_their_secrets(
    clinics_own: PushService, certificate: Certificate, address: str
) -> None:
    host = f"{NAME}:{clinics_own.host.rpartition(':')[2]}"
    answer = send(f"https://{host}/a", {host}, [f"{host}:{address}"], str(certificate.file))
    assert answer == FORBIDDEN


def test_the_name_server_is_really_asked(service: PushService) -> None:
    """Everywhere else a test says where a name leads; this one is the machine's own."""
    host = service.host.replace("127.0.0.1", "localhost")
    assert send(f"http://{host}/a", {host}) == Answer(201)
