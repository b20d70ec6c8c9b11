"""A missing or odd setting stops the start with one line that names it."""

import stat
from pathlib import Path

import pytest

from server.config import Config, StartRefused, load

SECRET = "s" * 32


def production(**changes: str | None) -> dict[str, str]:
    """Settings that production accepts, changed as told; None leaves one out."""
    settings: dict[str, str | None] = {
        "SECRET_KEY": SECRET,
        "PUBLIC_URL": "https://diary.clinic.de",
        "VAPID_SUBJECT": "mailto:diary@clinic.de",
    } | changes
    return {name: value for name, value in settings.items() if value is not None}


def development(folder: Path, **changes: str) -> Config:
    return load({"BLOCK_DIARY_DATA": str(folder), **changes}, default="development")


def refusal(environ: dict[str, str], default: str = "production") -> str:
    with pytest.raises(StartRefused) as caught:
        load(environ, default=default)
    message = str(caught.value)
    assert "\n" not in message
    return message


def test_development_needs_no_setting(tmp_path: Path) -> None:
    config = development(tmp_path)

    assert config.environment == "development"
    assert config.public_url == "http://localhost:8000"
    assert (config.host, config.port, config.trusted_proxies) == ("127.0.0.1", 8000, 0)
    assert config.database_url == f"sqlite:///{tmp_path / 'block-diary.sqlite3'}"
    assert config.is_embedded and not config.is_https
    assert config.vapid_subject == "mailto:developer@block-diary.example"
    assert config.push_extra_hosts == frozenset()


def test_the_development_address_follows_the_port(tmp_path: Path) -> None:
    assert development(tmp_path, PORT="8123").public_url == "http://localhost:8123"


def test_the_development_secret_is_made_once_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "data"

    first, second = development(folder), development(folder)

    assert first.secret_key == second.secret_key
    assert len(first.secret_key) >= 32
    assert stat.S_IMODE((folder / "secret_key").stat().st_mode) == 0o600
    assert development(tmp_path / "other").secret_key != first.secret_key


def test_a_secret_that_cannot_be_kept_stops_the_start(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    message = refusal({"BLOCK_DIARY_DATA": str(tmp_path / "file" / "data")}, "development")
    assert message.startswith("BLOCK_DIARY_DATA is ")


def test_production_starts_with_its_three_settings() -> None:
    config = load(production(), default="production")

    assert config.environment == "production"
    assert config.secret_key == SECRET
    assert config.public_url == "https://diary.clinic.de"
    assert config.is_https


@pytest.mark.parametrize("name", ["SECRET_KEY", "PUBLIC_URL", "VAPID_SUBJECT"])
@pytest.mark.parametrize("value", [None, ""])
def test_production_refuses_to_start_without(name: str, value: str | None) -> None:
    assert refusal(production(**{name: value})).startswith(f"{name} is missing: ")


def test_the_environment_given_wins_over_the_commands_own() -> None:
    assert "SECRET_KEY" in refusal({"BLOCK_DIARY_ENV": "production"}, "development")
    assert load(production(), default="production").environment == "production"


@pytest.mark.parametrize(("length", "accepted"), [(31, False), (32, True), (33, True)])
def test_a_secret_key_has_at_least_32_characters(length: int, accepted: bool) -> None:
    settings = production(SECRET_KEY="k" * length)
    if accepted:
        assert load(settings, default="production").secret_key == "k" * length
    else:
        message = refusal(settings)
        assert message.startswith("SECRET_KEY has 31 characters")
        assert "kkk" not in message


@pytest.mark.parametrize(
    ("port", "accepted"),
    [("0", False), ("1", True), ("65535", True), ("65536", False), ("-1", False), ("8000 ", False)],
)
def test_the_port_is_one_that_exists(port: str, accepted: bool) -> None:
    if accepted:
        assert load(production(PORT=port), default="production").port == int(port)
    else:
        assert refusal(production(PORT=port)).startswith(f"PORT is {port!r}: ")


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://diary.clinic.de/", "https://diary.clinic.de"),
        ("https://Diary.Clinic.de:8443", "https://diary.clinic.de:8443"),
        ("https://[2001:db8::1]", "https://[2001:db8::1]"),
    ],
)
def test_the_public_address_is_kept_without_a_slash(url: str, kept: str) -> None:
    assert load(production(PUBLIC_URL=url), default="production").public_url == kept


@pytest.mark.parametrize(
    "url",
    [
        "http://diary.clinic.de",
        "diary.clinic.de",
        "https://",
        "https://diary.clinic.de/app",
        "https://diary.clinic.de?x=1",
        "https://diary.clinic.de#x",
        "https://someone@diary.clinic.de",
        "https://diary.clinic.de:99999",
        "https://[::1",
        "ftp://diary.clinic.de",
    ],
)
def test_an_odd_public_address_is_refused(url: str) -> None:
    assert refusal(production(PUBLIC_URL=url)).startswith(f"PUBLIC_URL is {url!r}: ")


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("postgresql://diary@db/diary", "postgresql+psycopg://diary@db/diary"),
        ("postgres://diary@db/diary", "postgresql+psycopg://diary@db/diary"),
        ("postgresql+psycopg://diary@db/diary", "postgresql+psycopg://diary@db/diary"),
        ("sqlite:////srv/diary.sqlite3", "sqlite:////srv/diary.sqlite3"),
    ],
)
def test_a_database_address_is_made_ready_for_its_driver(url: str, kept: str) -> None:
    assert load(production(DATABASE_URL=url), default="production").database_url == kept


@pytest.mark.parametrize(
    "url",
    ["mysql://u:geheim@db/x", "sqlite://", "sqlite:///", "sqlite:///:memory:", "postgresql:", "x"],
)
def test_a_database_that_would_lose_entries_or_is_unknown_is_refused(url: str) -> None:
    message = refusal(production(DATABASE_URL=url))
    assert message.startswith("DATABASE_URL is of no known kind")
    assert "geheim" not in message


def test_only_an_embedded_database_is_one_servers_own() -> None:
    embedded = load(production(), default="production")
    shared = load(production(DATABASE_URL="postgresql://db/x"), default="production")
    assert embedded.is_embedded and not shared.is_embedded


@pytest.mark.parametrize("environment", ["production", "development"])
def test_a_contact_that_push_services_refuse_is_refused(environment: str, tmp_path: Path) -> None:
    settings = production(
        VAPID_SUBJECT="mailto:a@localhost",
        BLOCK_DIARY_ENV=environment,
        BLOCK_DIARY_DATA=str(tmp_path),
    )
    assert refusal(settings).startswith("VAPID_SUBJECT is 'mailto:a@localhost': ")


def test_the_development_contact_is_no_contact_for_production() -> None:
    message = refusal(production(VAPID_SUBJECT="mailto:developer@block-diary.example"))
    assert message.startswith("VAPID_SUBJECT is ")


def test_extra_push_hosts_are_names_with_commas_between() -> None:
    config = load(
        production(PUSH_EXTRA_HOSTS=" push.clinic.de, 127.0.0.1:8443,"), default="production"
    )
    assert config.push_extra_hosts == {"push.clinic.de", "127.0.0.1:8443"}


@pytest.mark.parametrize("hosts", ["https://push.clinic.de", "push.clinic.de:x", "a b", "*"])
def test_an_odd_extra_push_host_is_refused(hosts: str) -> None:
    assert refusal(production(PUSH_EXTRA_HOSTS=hosts)).startswith("PUSH_EXTRA_HOSTS has ")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("BLOCK_DIARY_ENV", "staging"),
        ("HOST", "clinic"),
        ("HOST", "256.0.0.1"),
        ("TRUSTED_PROXIES", "-1"),
        ("TRUSTED_PROXIES", "10"),
        ("TRUSTED_PROXIES", "yes"),
    ],
)
def test_an_odd_value_is_named(name: str, value: str) -> None:
    assert refusal(production(**{name: value})).startswith(f"{name} is {value!r}: ")


@pytest.mark.parametrize("count", [0, 1, 9])
def test_trusted_proxies_are_counted(count: int) -> None:
    config = load(production(TRUSTED_PROXIES=str(count)), default="production")
    assert config.trusted_proxies == count


def test_secrets_do_not_show_when_a_config_is_printed() -> None:
    settings = production(SECRET_KEY="hush" * 8, DATABASE_URL="postgresql://u:geheim@db/x")
    printed = repr(load(settings, default="production"))
    assert "hush" not in printed
    assert "geheim" not in printed


SMTP = {"SMTP_HOST": "mail.clinic.de", "SMTP_FROM": "diary@clinic.de"}


def test_without_a_mail_server_no_email_is_sent() -> None:
    assert load(production(), default="production").smtp is None


@pytest.mark.parametrize(
    ("tls", "kept", "port"),
    [("", "starttls", 587), ("starttls", "starttls", 587), ("tls", "tls", 465)],
)
def test_a_mail_server_is_spoken_to_by_tls(tls: str, kept: str, port: int) -> None:
    smtp = load(production(**SMTP, SMTP_TLS=tls), default="production").smtp
    assert smtp is not None
    assert (smtp.host, smtp.tls, smtp.port) == ("mail.clinic.de", kept, port)
    assert (smtp.sender, smtp.user, smtp.password) == ("diary@clinic.de", None, None)


def test_only_a_mail_server_of_this_machine_may_be_spoken_to_in_clear() -> None:
    local = SMTP | {"SMTP_HOST": "localhost"}
    smtp = load(production(**local, SMTP_TLS="none"), default="production").smtp
    assert smtp is not None and (smtp.tls, smtp.port) == ("none", 25)
    assert refusal(production(**SMTP, SMTP_TLS="none")).startswith("SMTP_TLS is 'none': ")


@pytest.mark.parametrize(
    ("given", "missing"),
    [
        ({"SMTP_HOST": "mail.clinic.de"}, "SMTP_FROM"),
        ({"SMTP_FROM": "diary@clinic.de"}, "SMTP_HOST"),
        ({"SMTP_PORT": "25"}, "SMTP_HOST"),
        ({"SMTP_TLS": "tls"}, "SMTP_HOST"),
        ({"SMTP_PASSWORD": "geheim"}, "SMTP_HOST"),
        (SMTP | {"SMTP_USER": "diary"}, "SMTP_PASSWORD"),
        (SMTP | {"SMTP_PASSWORD": "geheim"}, "SMTP_USER"),
    ],
)
@pytest.mark.parametrize("environment", ["production", "development"])
def test_half_given_mail_settings_stop_the_start(
    given: dict[str, str], missing: str, environment: str, tmp_path: Path
) -> None:
    settings = production(**given, BLOCK_DIARY_DATA=str(tmp_path))
    message = refusal(settings, environment)
    assert message.startswith(f"{missing} is missing: ")
    assert "geheim" not in message


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SMTP_HOST", "mail.clinic.de:25"),
        ("SMTP_HOST", "smtp://mail.clinic.de"),
        ("SMTP_PORT", "0"),
        ("SMTP_PORT", "smtp"),
        ("SMTP_TLS", "ssl"),
        ("SMTP_FROM", "Diary <diary@clinic.de>"),
        ("SMTP_FROM", "diary@clinic.de\nBcc: x@y.de"),
        ("SMTP_FROM", "diary"),
    ],
)
def test_an_odd_mail_setting_is_named(name: str, value: str) -> None:
    message = refusal(production(**(SMTP | {name: value})))
    assert message.startswith(f"{name} is {value!r}: ")


@pytest.mark.parametrize(("length", "accepted"), [(15, False), (16, True), (17, True)])
def test_a_monitors_token_has_at_least_16_characters(length: int, accepted: bool) -> None:
    settings = production(METRICS_TOKEN="m" * length)
    if accepted:
        assert load(settings, default="production").metrics_token == "m" * length
    else:
        assert "mmm" not in refusal(settings)


def test_a_monitors_token_has_no_spaces() -> None:
    assert refusal(production(METRICS_TOKEN="a token with spaces in it")).startswith(
        "METRICS_TOKEN"
    )


def test_mail_and_monitor_secrets_do_not_show_when_a_config_is_printed() -> None:
    secrets = {"SMTP_USER": "diary", "SMTP_PASSWORD": "geheim", "METRICS_TOKEN": "hush" * 4}
    printed = repr(load(production(**SMTP, **secrets), default="production"))
    assert "geheim" not in printed
    assert "hush" not in printed
