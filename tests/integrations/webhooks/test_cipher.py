"""The vault: secrets sealed for one endpoint, by keys that can be replaced."""

from uuid import uuid4

import pytest
from cryptography.exceptions import InvalidTag

from integrations.webhooks.cipher import SecretCipher

OLD, NEW = bytes(32), bytes(range(32))


def test_a_secret_opens_for_its_own_endpoint_only() -> None:
    cipher, endpoint = SecretCipher([OLD]), uuid4()
    sealed = cipher.new_secret(endpoint)
    assert cipher.open(sealed, endpoint).startswith("whsec_")
    assert cipher.new_secret(endpoint) != sealed
    with pytest.raises(InvalidTag):
        cipher.open(sealed, uuid4())


def test_a_new_key_opens_what_an_earlier_one_sealed_and_seals_what_the_earlier_cannot_open() -> None:
    endpoint = uuid4()
    before, between, after = SecretCipher([OLD]), SecretCipher([NEW, OLD]), SecretCipher([NEW])
    sealed = before.new_secret(endpoint)
    assert between.open(sealed, endpoint) == before.open(sealed, endpoint)
    with pytest.raises(InvalidTag):
        after.open(sealed, endpoint)
    assert after.open(between.new_secret(endpoint), endpoint)
