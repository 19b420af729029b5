"""Templates and headers: what a mail says, and what cannot be made of it (MA-2)."""

from dataclasses import replace
from datetime import UTC
from email.headerregistry import Address
from pathlib import Path

import pytest
from jinja2 import UndefinedError

from chalicelib.mail import composing
from chalicelib.mail.composing import Composer
from chalicelib.mail.message import KINDS, Line, Mail, RenderedMail
from chalicelib.users.names import canonical_email
from tests.mail.samples import SAMPLES, sample
from tests.parts.mail_server import as_message

COMPOSER = Composer(
    "https://auth.example.com",
    Address(display_name="The House, Ltd.", addr_spec="no-reply@auth.example.com"),
    Address(addr_spec="help@example.com"),
)
AT = 1_800_000_000
BAD_VALUES = (
    "a\r\nBcc: x@evil.example",
    "a\nSubject: b",
    "<script>alert(1)</script>",
    "a\u2028b",
    "\x00",
    "🦔" * 200,
)


def rendered(kind: str, **changes: str) -> RenderedMail:
    line = sample(kind, **changes)
    return COMPOSER.compose(line, SAMPLES[kind].secrets)


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_has_a_text_and_a_page_that_say_the_same(kind: str) -> None:
    mail = rendered(kind)
    message = as_message(mail.octets)
    assert [part.get_content_type() for part in message.walk()] == [
        "multipart/alternative", "text/plain", "text/html",
    ]  # fmt: skip
    for said in SAMPLES[kind].said:
        assert said in f"{mail.subject}\n{mail.text}"
        assert said in mail.html
    assert mail.subject in mail.html  # its heading


@pytest.mark.parametrize("kind", KINDS)
def test_a_mail_asks_nothing_from_elsewhere(kind: str) -> None:
    """No picture, font, script or form: opening it tells nobody, and links lead to the issuer alone (IN-5)."""
    html = rendered(kind).html
    assert not any(word in html for word in ("src=", "url(", "@import", "<script", "<form", "<link"))
    starts = [part.partition('"')[0] for part in html.split('href="')[1:]]
    assert all(start.startswith("https://auth.example.com/") for start in starts)


@pytest.mark.parametrize("kind", KINDS)
def test_a_mail_is_plain_ascii_in_short_lines_on_the_way(kind: str) -> None:
    octets = rendered(kind).octets
    assert octets.isascii()
    assert max(map(len, octets.split(b"\r\n"))) <= 998  # RFC 5322 section 2.1.1
    assert b"\n" not in octets.replace(b"\r\n", b"")


def test_the_headers_are_those_of_a_program_that_writes_by_itself() -> None:
    message = as_message(rendered("notice").octets)
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["From"] == '"The House, Ltd." <no-reply@auth.example.com>'
    assert message["Reply-To"] == "help@example.com"
    assert message["Message-ID"] == "<line-1@auth.example.com>"
    sent = message["Date"].datetime.replace(tzinfo=UTC)  # -0000: UTC, wherever the test runs
    assert sent.timestamp() == AT


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("bad", BAD_VALUES, ids=ascii)
def test_no_value_breaks_out_of_its_place(kind: str, bad: str) -> None:
    """IN-4, BR-5: neither into a header, nor into a line of its own, nor into the page."""
    names = SAMPLES[kind].values.keys() - {"at", "when"}  # ours, not anybody's text
    plain = as_message(rendered(kind).octets)
    mail = rendered(kind, **dict.fromkeys(names, bad))
    message = as_message(mail.octets)
    assert message.keys() == plain.keys()
    assert message["To"] == "ada@example.com"
    assert "<script>" not in mail.html
    assert not any(line.startswith(("Bcc:", "Subject:")) for line in mail.text.splitlines())


@pytest.mark.parametrize(
    "address",
    [
        "ada@example.com\r\nBcc: eve@example.com", "ada@example.com, eve@example.com", "<ada@example.com>",
        "ada@example.com eve@example.com", "ada", "ada@exämple.com", "a@b@example.com", '"a b"@example.com',
        "ada@example.com> RCPT TO:<eve@example.com", "ada@example.com\x00",
    ],
)  # fmt: skip
def test_a_mail_goes_to_one_plain_address(address: str) -> None:
    with pytest.raises(ValueError, match="canonical address"):
        Mail("notice", address)


@pytest.mark.parametrize("local", ["!#$%&'*+/=?^_`{|}~-", "a.b.c", "0", "x" * 64])
def test_every_address_that_an_account_may_have_can_be_written_to(local: str) -> None:
    address = canonical_email(f"{local}@sub.xn--bcher-kva.example").display
    line = replace(sample("notice"), mail=replace(sample("notice").mail, to=address))
    mail = COMPOSER.compose(line, SAMPLES["notice"].secrets)
    assert as_message(mail.octets)["To"] == mail.to == address


def test_a_value_that_is_missing_is_a_fault_and_not_a_gap() -> None:
    with pytest.raises(UndefinedError):
        COMPOSER.compose(Line(line_id="x", mail=Mail("log_in", "ada@example.com"), at=AT), {})


def test_every_template_is_of_a_kind() -> None:
    names = {path.stem for path in Path(composing.FOLDER).iterdir()}
    assert names == {*KINDS, "layout", "parts"}


def test_a_mail_to_an_address_that_is_not_verified_says_nothing_that_a_stranger_chose() -> None:
    """Or sign-up would carry anybody's advertisement to anybody."""
    mail = rendered("verify_address")
    assert "win-a-prize" not in mail.subject + mail.text + mail.html


def test_the_text_is_not_escaped_as_a_page_is() -> None:
    assert "Tom & Jerry's" in rendered("notice", what="Tom & Jerry's").text
