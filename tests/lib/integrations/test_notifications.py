import json
from collections.abc import Callable

import pytest

from lib.errors import InvalidInput
from lib.integrations.base import FailureKind, OpenConnection, OperationFailed, Performed
from lib.integrations.kinds.notification_send import KIND, NotificationParameters, _open
from tests.receiver import METADATA, Receiver

SLACK = "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ"
TAKEN = {
    "Slack": ["https://hooks.slack.com/services/T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ", SLACK],
    "Discord": [
        "discord://4174216298/JHMHI8qBe7bk2ZwO5U711o3dV_js",
        "https://discord.com/api/webhooks/4174216298/JHMHI8qBe7bk2ZwO5U711o3dV_js",
    ],
    "Telegram": ["tgram://123456789:abcdefg_hijklmnop/12315544/"],
    "Microsoft Teams": [
        "https://prod-1.westus.logic.azure.com:443/workflows/643e69f83c8944438d68119179a10a64/triggers/manual/paths"
        "/invoke?api-version=2016-06-01&sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0&sig=KAbcdefgh-ijklmnop_0123",
        "workflows://prod-1.westus.logic.azure.com:443/643e69f83c8944438d68119179a10a64/KAbc",
    ],
}
REFUSED = [
    *("", "nonsense", "json://localhost", "jsons://10.0.0.1/x", "https://example.com/hook", "mailto://a:b@gmail.com"),
    *("file:///etc/passwd", "exec://id", "syslog://", "dbus://", "windows://", "apprises://host/token"),
    *("workflows://127.0.0.1:80/643e69f8/KAbc", "workflows://logic.azure.com.evil.example/643e69f8/KAbc"),
    *(f"{SLACK}/?redirect=yes", f"{SLACK}/?verify=no", f"{SLACK}/?template=/etc/passwd"),
    "workflows://prod-1.westus.logic.azure.com:443/643e69f8/KAbc?template=http://169.254.169.254/",
]


@pytest.mark.parametrize(("label", "address"), [(label, one) for label, several in TAKEN.items() for one in several])
def test_channel_of_a_service_with_a_host_of_its_own_is_taken(label: str, address: str) -> None:
    assert _open(address)[0] == label
    assert KIND.check_connection("", {}, address) == label


@pytest.mark.parametrize("address", REFUSED)
def test_anything_else_that_apprise_could_reach_is_refused_without_repeating_it(address: str) -> None:
    with pytest.raises(InvalidInput) as told:
        KIND.check_connection("", {}, address)
    assert address == "" or address not in told.value.message


@pytest.fixture
def send(
    perform: Callable[..., Performed], receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Performed]:
    """Slack's host is our receiver."""
    monkeypatch.setattr("apprise.plugins.slack.NotifySlack.webhook_url", f"{receiver.url}/services")
    channel = OpenConnection(name="Team", target="", secret=SLACK)

    def do(**said: str) -> Performed:
        return perform(KIND, NotificationParameters(connection="team", **said), channel)

    return do


def test_message_arrives_and_calls_nobody(send: Callable[..., Performed], receiver: Receiver) -> None:
    receiver.answers = [(200, {}, b"ok")]
    assert send(title="Ready", body="Done @everyone <!channel> mail@example.com").result == {"service": "Slack"}
    (sent,) = receiver.received
    said = json.dumps(json.loads(sent.body), ensure_ascii=False)
    assert "Ready" in said
    assert "@everyone" not in said
    assert "<!channel" not in said
    assert "mail@example.com" in said


@pytest.mark.parametrize(
    ("status", "kind", "is_retryable"),
    [(403, FailureKind.STATUS, False), (429, FailureKind.BUSY, True), (503, FailureKind.BUSY, True)],
)
def test_refusal_says_the_status_and_not_the_address(
    send: Callable[..., Performed], receiver: Receiver, status: int, kind: FailureKind, is_retryable: bool
) -> None:
    receiver.answers = [(status, {}, b"no")]
    with pytest.raises(OperationFailed, match=rf"Slack did not take the message: it answered {status}") as told:
        send(title="a", body="b")
    assert (told.value.kind, told.value.is_retryable) == (kind, is_retryable)
    assert "TIiajkdnlazkcOXrIdevi7FQ" not in told.value.message


def test_redirect_is_not_followed(send: Callable[..., Performed], receiver: Receiver) -> None:
    receiver.answers = [(307, {"Location": METADATA}, b"")]
    with pytest.raises(OperationFailed):
        send(title="a", body="b")
    assert len(receiver.received) == 1


def test_empty_and_endless_messages_are_refused() -> None:
    for body in (" ", "x" * 20_001):
        with pytest.raises(OperationFailed, match="empty, or longer"):
            KIND.check(NotificationParameters(connection="t", body=body))
