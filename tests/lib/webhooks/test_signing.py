"""Signatures are what receivers verify with the libraries of the convention: in Python, in Node, and by hand."""

import json
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from lib.errors import SecretUnreadable
from lib.webhooks.signing import make_secret, open_secret, seal_secret, sign
from tests.node import node_folder, run_node

__all__ = ["node_folder"]

EVENT = UUID("019aaaaa-0000-7000-8000-000000000001")
BODY = '{"type": "run.completed", "title": "Zürich, 東京 🚲"}'
_VERIFY = """
import { Webhook } from "standardwebhooks";
const { secret, body, headers } = JSON.parse(process.argv[2]);
try { new Webhook(secret).verify(body, headers); console.log("good"); }
catch (error) { console.log(`${error.constructor.name}: ${error.message}`); }
"""


def headers(*keys: str, body: str = BODY, at: datetime | None = None) -> dict[str, str]:
    return sign(EVENT, body, keys=keys, at=at or datetime.now(UTC))


def test_secret_is_long_and_another_one_each_time() -> None:
    assert len({make_secret() for _ in range(100)}) == 100
    assert all(secret.startswith("whsec_") for secret in (make_secret(), make_secret()))


def test_sealed_secret_opens_for_its_organization_alone() -> None:
    ours, secret = uuid4(), make_secret()
    sealed = seal_secret(secret, organization_id=ours)
    assert secret not in sealed
    assert open_secret(sealed, organization_id=ours) == secret
    with pytest.raises(SecretUnreadable):
        open_secret(sealed, organization_id=uuid4())


def test_reference_library_takes_what_is_signed_and_nothing_else() -> None:
    secret, other = make_secret(), make_secret()
    signed = headers(secret)
    assert signed["webhook-id"] == str(EVENT)
    assert Webhook(secret).verify(BODY, signed) == json.loads(BODY)
    for key, body, told in (
        (other, BODY, signed),
        (secret, BODY + " ", signed),
        (secret, BODY, {**signed, "webhook-id": str(uuid4())}),
        (secret, BODY, headers(secret, at=datetime(2026, 1, 1, tzinfo=UTC))),
    ):
        with pytest.raises(WebhookVerificationError):
            Webhook(key).verify(body, told)


def test_either_secret_is_enough_while_both_sign() -> None:
    new, old = make_secret(), make_secret()
    for secret in (new, old):
        Webhook(secret).verify(BODY, headers(new, old))


def test_npm_package_takes_what_is_signed_and_nothing_else(node_folder: Path) -> None:
    script = node_folder / "verify.mjs"
    script.write_text(_VERIFY)
    new, old = make_secret(), make_secret()

    def verify(secret: str, body: str) -> str:
        return run_node(script, json.dumps({"secret": secret, "body": body, "headers": headers(new, old)}))

    assert [verify(secret, BODY) for secret in (new, old)] == ["good", "good"]
    assert "No matching signature" in verify(new, BODY + " ")
    assert "No matching signature" in verify(make_secret(), BODY)
