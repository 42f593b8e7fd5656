import pytest
from pydantic import SecretStr

from lib.errors import ConfigurationError
from lib.mail.server import SmtpServer, read_smtp_url


def read(url: str) -> SmtpServer:
    return read_smtp_url(SecretStr(url))


@pytest.mark.parametrize(
    ("url", "port"),
    [
        ("smtp://mail.example.com", 25),
        ("smtp://ann:x@mail.example.com", 587),
        ("smtps://ann:x@mail.example.com", 465),
        ("smtp://mail.example.com:2525", 2525),
        ("smtp://[::1]:2525/", 2525),
    ],
)
def test_port_is_the_usual_one_unless_it_is_said(url: str, port: int) -> None:
    assert read(url).port == port


def test_name_and_password_may_have_any_sign() -> None:
    server = read("smtp://ann%40acme.example:p%2F%40%3Ass%20word@mail.example.com")
    assert server.user == "ann@acme.example"
    assert server.password is not None
    assert server.password.get_secret_value() == "p/@:ss word"
    assert "ss word" not in repr(server)


@pytest.mark.parametrize(
    ("url", "wants", "needs"),
    [
        ("smtp://mail.example.com", True, False),
        ("smtp://mail.example.com?starttls=no", False, False),
        ("smtp://ann:x@mail.example.com", True, True),
        ("smtp://ann:x@127.0.0.1", True, False),
        ("smtp://ann:x@localhost?starttls=no", False, False),
        ("smtps://ann:x@mail.example.com", False, False),
    ],
)
def test_password_leaves_this_machine_by_tls_only(url: str, wants: bool, needs: bool) -> None:
    assert (read(url).wants_starttls, read(url).needs_starttls) == (wants, needs)


def test_password_in_the_open_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="in the open"):
        read("smtp://ann:secret-word@mail.example.com?starttls=no")


@pytest.mark.parametrize(
    "url",
    [
        "mail.example.com",
        "http://ann:secret-word@mail.example.com",
        "smtp://",
        "smtp://ann:secret-word@mail.example.com:port",
        "smtp://ann:secret-word@mail.example.com/path",
        "smtp://ann:secret-word@mail.example.com?tls=1",
        "smtp://ann:secret-word@mail.example.com?starttls=maybe",
        "smtp://ann:secret-word@[mail",
    ],
)
def test_url_that_can_not_be_read_is_refused_without_its_password(url: str) -> None:
    with pytest.raises(ConfigurationError, match="must look like smtp://name:password@") as refused:
        read(url)
    assert "secret-word" not in str(refused.value)
