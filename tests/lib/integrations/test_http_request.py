import asyncio
import base64
import html
import itertools
import json
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
from pydantic import ValidationError

from lib.errors import InvalidInput
from lib.integrations import calling
from lib.integrations.base import FailureKind, Occasion, OpenConnection, OperationFailed, Performed
from lib.integrations.kinds.http_request import KIND, HttpParameters, _kept, _spellings
from tests.receiver import METADATA, Receiver

Perform = Callable[..., Performed]
SECRET = "Bearer planted-5d1f0c"


def params(receiver: Receiver, **changes: Any) -> HttpParameters:
    return HttpParameters(**({"url": f"{receiver.url}/items"} | changes))


def connection(receiver: Receiver, **changes: Any) -> OpenConnection:
    said = {"name": "Tracker", "target": f"{receiver.url}/v1", "settings": {}, "secret": SECRET}
    return OpenConnection(**(said | changes))


def failing(perform: Perform, receiver: Receiver, *answers: Any, **changes: Any) -> OperationFailed:
    receiver.answers = list(answers)
    with pytest.raises(OperationFailed) as told:
        perform(KIND, params(receiver, **changes))
    return told.value


def test_json_is_sent_with_the_idempotency_key_and_the_answer_is_kept(
    perform: Perform, receiver: Receiver, occasion: Occasion
) -> None:
    body = {"text": 'an "answer"\n', "tags": ["a", 1]}
    done = perform(KIND, params(receiver, headers={"X-Kind": "report"}, json_body=body))
    (sent,) = receiver.received
    assert (sent.method, sent.path, json.loads(sent.body)) == ("POST", "/items", body)
    assert sent.headers["content-type"] == "application/json"
    assert sent.headers["x-kind"] == "report"
    assert receiver.keys == [str(occasion.idempotency_key)]
    assert done.result == {"status": 200, "content_type": "text/plain", "response": "taken", "is_cut": False}


def test_answer_is_cut_at_four_kilobytes(perform: Perform, receiver: Receiver) -> None:
    receiver.answers = [(201, {}, b"x" * 50_000)]
    done = perform(KIND, params(receiver))
    assert (len(done.result["response"]), done.result["is_cut"], done.status) == (4_000, True, 201)


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504])
def test_busy_receiver_is_asked_again_when_it_says(perform: Perform, receiver: Receiver, status: int) -> None:
    failed = failing(perform, receiver, (status, {"Retry-After": "7"}, b""))
    assert (failed.kind, failed.is_retryable, failed.status) == (FailureKind.BUSY, True, status)
    assert failed.retry_after_seconds == 7


@pytest.mark.parametrize("said", ["soon", "-1", "٣", "Wed, 99 Foo", "Mon, 01 Jan 2024 00:00:00 +99999999999999", ""])
def test_retry_after_that_nobody_can_read_says_nothing(perform: Perform, receiver: Receiver, said: str) -> None:
    header = said.encode("utf-8").decode("latin-1")
    assert failing(perform, receiver, (503, {"Retry-After": header}, b"")).retry_after_seconds is None


@pytest.mark.parametrize("status", [400, 401, 404, 409, 422])
def test_refusal_is_final(perform: Perform, receiver: Receiver, status: int) -> None:
    failed = failing(perform, receiver, (status, {}, b""))
    assert (failed.kind, failed.is_retryable, failed.status) == (FailureKind.STATUS, False, status)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirect_to_the_metadata_address_is_not_followed(perform: Perform, receiver: Receiver, status: int) -> None:
    failed = failing(perform, receiver, (status, {"Location": METADATA}, b""))
    assert not failed.is_retryable
    assert "redirects are not followed" in failed.message
    assert len(receiver.received) == 1


@pytest.mark.parametrize("fault", ["hang", "drip"])
def test_receiver_that_hangs_or_drips_is_given_up_in_time(
    perform: Perform, receiver: Receiver, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calling.call, "__kwdefaults__", {**calling.call.__kwdefaults__, "seconds": 0.3})
    monkeypatch.setattr(calling, "KEPT_BYTES", 10**6)
    began = time.monotonic()
    failed = failing(perform, receiver, fault)
    assert time.monotonic() - began < 25, "a call has 30 s by itself"
    assert (failed.kind, failed.is_retryable) == (FailureKind.TIMEOUT, True)


def test_receiver_that_breaks_off_may_be_tried_again(perform: Perform, receiver: Receiver) -> None:
    failed = failing(perform, receiver, "drop")
    assert (failed.kind, failed.is_retryable) == (FailureKind.CONNECTION, True)


def test_dead_receiver_may_be_tried_again(perform: Perform, receiver: Receiver, occasion: Occasion) -> None:
    dead = HttpParameters(url="http://127.0.0.1:9/x")
    allowed = frozenset({"127.0.0.1"})
    there = Occasion(
        organization_id=occasion.organization_id,
        run_id=occasion.run_id,
        operation_id=occasion.operation_id,
        idempotency_key=occasion.idempotency_key,
        allowed_hosts=allowed,
    )
    with pytest.raises(OperationFailed) as told:
        asyncio.run(KIND.perform(dead, None, there))
    assert (told.value.kind, told.value.is_retryable) == (FailureKind.CONNECTION, True)


@pytest.mark.parametrize("url", [METADATA, "http://127.0.0.1/", "http://[::1]/", "https://10.0.0.1/x"])
def test_address_of_ours_is_not_called(perform: Perform, url: str) -> None:
    with pytest.raises(OperationFailed) as told:
        perform(KIND, HttpParameters(url=url))
    assert (told.value.kind, told.value.is_retryable) == (FailureKind.REFUSED, False)


@pytest.mark.parametrize(
    "url", ["", " ", "ftp://x/y", "//x", "https://a b/", "https://u:p@x/", "https://x:99999/", "x"]
)
def test_what_is_no_address_is_refused_before_a_call(url: str) -> None:
    with pytest.raises((OperationFailed, ValidationError)):
        KIND.check(HttpParameters(url=url))


def test_secret_goes_below_its_address_and_nowhere_else(perform: Perform, receiver: Receiver) -> None:
    perform(KIND, params(receiver, url=f"{receiver.url}/v1/items", connection="t"), connection(receiver))
    assert receiver.received[0].headers["authorization"] == SECRET
    other = connection(receiver, settings={"header": "X-Api-Key"})
    perform(KIND, params(receiver, url=f"{receiver.url}/v1", connection="t"), other)
    assert receiver.received[1].headers["x-api-key"] == SECRET
    outside = ["/v2/items", "/v1x", "/", "/v1/../v2", "/v1/%2e%2e/v2", "/v1/%2E./v2", "/v1/..%2fv2"]
    for url in [*(receiver.url + path for path in outside), "https://elsewhere.example/v1/items"]:
        with pytest.raises(OperationFailed, match="its secret goes nowhere else") as told:
            perform(KIND, params(receiver, url=url, connection="t"), connection(receiver))
        assert SECRET not in told.value.message
    assert len(receiver.received) == 2


@pytest.mark.parametrize("path", ["..;/admin", "..%5cadmin", "..\\admin", "%252e%252e/admin", "..%3b/admin", "a;b"])
def test_secret_goes_to_no_address_that_two_receivers_read_differently(
    perform: Perform, receiver: Receiver, path: str
) -> None:
    with pytest.raises(OperationFailed):
        perform(KIND, params(receiver, url=f"{receiver.url}/v1/{path}", connection="t"), connection(receiver))
    assert receiver.received == []


def test_header_is_sent_once_however_it_is_written(perform: Perform, receiver: Receiver) -> None:
    headers = {"content-type": "application/vnd.api+json", "USER-AGENT": "mine", "X-Secret": "template's"}
    own = connection(receiver, settings={"header": "x-sECRET"})
    perform(KIND, params(receiver, url=f"{receiver.url}/v1", connection="t", headers=headers, json_body={"a": 1}), own)
    (sent,) = receiver.received
    names = [name.lower() for name in sent.names]
    assert len(names) == len(set(names)), names
    assert (sent.headers["content-type"], sent.headers["user-agent"]) == ("application/vnd.api+json", "mine")
    assert sent.headers["x-secret"] == SECRET


def test_receiver_that_repeats_the_secret_does_not_get_it_kept(perform: Perform, receiver: Receiver) -> None:
    receiver.answers = [(200, {}, (f"you said {SECRET}, " + "x" * 3_960 + SECRET + "x" * 50).encode())]
    done = perform(KIND, params(receiver, url=f"{receiver.url}/v1", connection="t"), connection(receiver))
    assert "planted" not in str(done)


BASIC = "Basic " + base64.b64encode(b'someone:pl"anted-\xc3\xbc/5d1f0c').decode()


@pytest.mark.parametrize("secret", [SECRET, BASIC])
def test_no_half_and_no_other_spelling_of_a_secret_is_kept(secret: str) -> None:
    word = secret.split()[1]
    said = [secret, word, json.dumps(secret), quote(secret), quote_plus(word)]
    if secret == BASIC:
        pair = base64.b64decode(word).decode()
        said += [pair, pair.partition(":")[2], json.dumps(pair), html.escape(pair), quote(pair)]
    spellings = _spellings(secret)
    for each, before in itertools.product(said, range(3_940, 4_001, 7)):
        whole = ("x" * before + each + " " + each + "y" * 5_000).encode()
        read = whole[: calling.KEPT_BYTES + max(map(len, spellings))]
        kept = str(_kept(calling.Answer(200, {"content-type": "text/plain"}, read, is_cut=True), spellings)["response"])
        assert not any(part in kept for part in ("Bear", "Basi", word[:3], "pl", "5d1f", word[-4:])), kept[-80:]
        assert len(kept) <= calling.KEPT_BYTES


@pytest.mark.parametrize("name", ["Authorization", "cookie", "Host", "Idempotency-Key", "X-Api-Key", "a b", "", "x\n"])
def test_header_that_is_ours_or_secret_is_refused_in_a_template(name: str) -> None:
    with pytest.raises(ValidationError, match="can't be a header here"):
        HttpParameters(url="https://x", headers={name: "v"})


def test_rendered_header_can_not_begin_another_one() -> None:
    with pytest.raises(OperationFailed, match="holds a character that no header can"):
        KIND.check(HttpParameters(url="https://x.example", headers={"X-Title": "a\r\nX-Evil: 1"}))


def test_connection_test_changes_nothing_there_and_tells_of_a_wrong_secret(receiver: Receiver) -> None:
    allowed = frozenset({receiver.host})
    receiver.answers = [(405, {}, b""), (401, {}, b"")]
    asyncio.run(KIND.test(connection(receiver), allowed_hosts=allowed))
    with pytest.raises(OperationFailed, match="answered 401"):
        asyncio.run(KIND.test(connection(receiver), allowed_hosts=allowed))
    assert {each.method for each in receiver.received} == {"HEAD"}


def test_connection_to_an_address_of_ours_is_refused_in_the_form() -> None:
    with pytest.raises(InvalidInput, match="ORCHESTRATOR_ALLOWED_PRIVATE_HOSTS"):
        KIND.check_connection("https://127.0.0.1/v1", {}, SECRET)
    with pytest.raises(InvalidInput, match="can't be the header"):
        KIND.check_connection("https://api.example.com", {"header": "Host"}, SECRET)
