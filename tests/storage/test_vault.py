"""What is kept for the installation alone stays unreadable and recognisable."""

import pytest

from server.storage.vault import SealBroken, Vault

VAULT = Vault("a secret of this installation")


def test_what_was_sealed_is_opened_again_after_a_restart() -> None:
    assert Vault("a secret of this installation").open(VAULT.seal("élan")) == "élan"


def test_a_sealed_text_shows_nothing_of_itself_and_is_never_the_same_twice() -> None:
    first, second = VAULT.seal("endpoint"), VAULT.seal("endpoint")
    assert "endpoint" not in first
    assert first != second


def test_another_secret_opens_nothing_and_the_error_says_why() -> None:
    with pytest.raises(SealBroken, match="SECRET_KEY"):
        Vault("another secret").open(VAULT.seal("endpoint"))


def test_an_altered_seal_is_noticed() -> None:
    sealed = VAULT.seal("endpoint")
    altered = sealed[:-5] + ("A" if sealed[-5] != "A" else "B") + sealed[-4:]
    with pytest.raises(SealBroken):
        VAULT.open(altered)


def test_a_hash_is_stable_and_depends_on_kind_text_and_secret() -> None:
    assert VAULT.hash("code", "ABCD") == Vault("a secret of this installation").hash("code", "ABCD")
    others = {
        VAULT.hash("token", "ABCD"),
        VAULT.hash("code", "ABCE"),
        VAULT.hash("codeA", "BCD"),
        Vault("another secret").hash("code", "ABCD"),
    }
    assert len(others | {VAULT.hash("code", "ABCD")}) == 5


def test_an_empty_secret_is_refused() -> None:
    with pytest.raises(ValueError, match="SECRET_KEY"):
        Vault("")
