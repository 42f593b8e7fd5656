import json
import logging
import re
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests
from apprise import AppriseAttachment
from hypothesis import given
from hypothesis import strategies as st

from lib.errors import InvalidInput
from lib.integrations.base import FailureKind, OpenConnection, OperationFailed, Performed
from lib.integrations.kinds.notification_send import KIND, NotificationParameters, _open, _send
from tests.receiver import METADATA, Receiver

SLACK = "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ"
DISCORD = "discord://4174216298/JHMHI8qBe7bk2ZwO5U711o3dV_js"
TELEGRAM = "tgram://123456789:abcdefg_hijklmnop/12315544"
WORKFLOW = "workflows://prod-1.westus.logic.azure.com:443/643e69f83c8944438d68119179a10a64/KAbc"
TAKEN = {
    "Slack": [
        "https://hooks.slack.com/services/T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ",
        "https://hooks.slack-gov.com/services/T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ",
        "https://hooks.slack.com/triggers/T1JJ3T3L2/123456/abcdef",
        SLACK,
        f"{SLACK}/#general",
    ],
    "Discord": [
        DISCORD,
        "https://discord.com/api/webhooks/4174216298/JHMHI8qBe7bk2ZwO5U711o3dV_js",
    ],
    "Telegram": [f"{TELEGRAM}/"],
    "Microsoft Teams": [
        "https://prod-1.westus.logic.azure.com:443/workflows/643e69f83c8944438d68119179a10a64/triggers/manual/paths"
        "/invoke?api-version=2016-06-01&sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0&sig=KAbcdefgh-ijklmnop_0123",
        "https://default1.api.powerplatform.com:443/powerautomate/automations/direct/cu/12/workflows/643e69f83c894443"
        "/triggers/manual/paths/invoke?api-version=1&sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0&sig=KAbcdefgh-ijklmnop_0123",
        WORKFLOW,
    ],
}
#: What apprise reads as options, wherever we would see none; and a file or a page behind each.
TAILS = [
    *(
        "?template=/etc/passwd",
        "#?template=/etc/passwd",
        "/#/?cto=1&template=/etc/passwd",
        "?sp=x#&template=/etc/passwd",
    ),
    *("?sp=1;template=/etc/passwd", "?sig=1?&template=/etc/passwd", "?sv=1&TEMPLATE=/etc/passwd", "?%74emplate=/etc/x"),
    *(
        "?+X-Header=1",
        "?-x=1",
        "?:x=1",
        "?rto=9",
        "?format=html",
        "?tags=a",
        "?avatar_url=http://10.0.0.1/",
        "?href=http://x",
    ),
]
REFUSED = [
    *("", "nonsense", "json://localhost", "jsons://10.0.0.1/x", "https://example.com/hook", "mailto://a:b@gmail.com"),
    *("file:///etc/passwd", "exec://id", "syslog://", "dbus://", "windows://", "apprises://host/token"),
    *("workflows://127.0.0.1:80/643e69f8/KAbc", "workflows://logic.azure.com.evil.example/643e69f8/KAbc"),
    *(f"{SLACK}/?redirect=yes", f"{SLACK}/?verify=no", f"{SLACK}/?template=/etc/passwd"),
    *("workflows://logic.azure.com/643e69f8/KAbc", "workflows://prod-1.westus.logic.azure.com:22/643e69f8/KAbc"),
    *(
        "workflows://127.0.0.1%2f.logic.azure.com/643e69f8/KAbc",
        "workflows://a:b@prod-1.westus.logic.azure.com/643e69f8/K",
    ),
    *(f"{WORKFLOW}?template=http://169.254.169.254/", "tgram://123456789:abcdefg_hijklmnop", "tgram://123456789:"),
    *(f"{channel}{tail}" for channel in (SLACK, DISCORD, TELEGRAM, WORKFLOW) for tail in TAILS),
]
#: Where messages may go.
HOSTS = re.compile(
    r"hooks\.slack(-gov)?\.com|slack\.com|discord\.com|api\.telegram\.org|[a-z0-9.-]+\.(logic\.azure|api\.powerplatform)\.com",
    re.IGNORECASE,
)
PIECES = st.sampled_from(
    [
        *(
            "#",
            "?",
            "&",
            ";",
            "/",
            "//",
            "=",
            "%23",
            "%3F",
            "%26",
            "+",
            ":",
            "-",
            "@",
            "\\",
            " ",
            "%2f",
            "%00",
            "?sp=x",
            "general",
        ),
        *(
            "template=",
            "TEMPLATE=",
            "sig=",
            "mode=",
            "mode=w",
            "mode=bot",
            "to=",
            "token=xoxb-1-a",
            "verify=no",
            "redirect=yes",
        ),
        *(
            "attach=",
            "avatar_url=",
            "href=",
            "route=",
            "pa=yes",
            "http://127.0.0.1/",
            "file:///etc/passwd",
            "/etc/passwd",
        ),
        *("127.0.0.1", ".logic.azure.com", "localhost:80", "xoxb-123456-abcdef", "12345"),
    ]
)


@pytest.mark.parametrize(("label", "address"), [(label, one) for label, several in TAKEN.items() for one in several])
def test_channel_of_a_service_with_a_host_of_its_own_is_taken(label: str, address: str) -> None:
    assert _open(address)[0] == label
    assert KIND.check_connection("", {}, address) == label


@pytest.mark.parametrize("address", REFUSED)
def test_anything_else_that_apprise_could_reach_is_refused_without_repeating_it(address: str) -> None:
    with pytest.raises(InvalidInput) as told:
        KIND.check_connection("", {}, address)
    assert address == "" or address not in told.value.message


@given(
    channel=st.sampled_from([each for several in TAKEN.values() for each in several]),
    pieces=st.lists(PIECES, min_size=1, max_size=5),
    place=st.floats(0, 1),
)
def test_no_address_leads_anywhere_but_to_its_service(channel: str, pieces: list[str], place: float) -> None:
    reached: list[str] = []

    def refuse(_: requests.Session, method: str, url: str, **said: object) -> requests.Response:
        reached.append(url)
        assert (said["allow_redirects"], said["verify"]) == (False, True), method
        raise requests.ConnectionError

    at = round(place * len(channel))
    with pytest.MonkeyPatch.context() as patch, suppress(InvalidInput):
        patch.setattr(requests.Session, "request", refuse)
        patch.setattr(AppriseAttachment, "add", lambda *_, **__: pytest.fail("a file or a page was asked for"))
        patch.setattr(Path, "open", lambda *_, **__: pytest.fail("a file was opened"))
        _send(_open(channel[:at] + "".join(pieces) + channel[at:])[1], NotificationParameters(connection="t", body="b"))
    assert all(HOSTS.fullmatch(str(urlsplit(url).hostname)) for url in reached), reached


def test_address_that_is_refused_stands_in_no_log(
    caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    apprise = logging.getLogger("apprise")
    monkeypatch.setattr(apprise, "propagate", True)  # as in a process that has sent nothing yet
    monkeypatch.setattr(apprise, "handlers", [])
    with pytest.raises(InvalidInput):
        _open(TAKEN["Microsoft Teams"][0].replace("sig=", "sig=planted!"))
    assert "planted" not in caplog.text + "".join(capfd.readouterr())


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
