"""User names, addresses and names for show: what may stand in them, and which are the same (IN-3, IN-4).

Every route, grant and command asks here, so that one spelling is one account everywhere. Why ``I``, ``l`` and
``1`` are one letter is explained in ``docs/decisions/0011-names.md``.
"""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

from chalicelib.errors import Invalid
from chalicelib.i18n.said import said
from chalicelib.users.confusables import LATIN, fold, may_stand_together, scripts_of, skeleton

MAX_USERNAME = 64  # code points
MAX_NAME = 100  # code points
MAX_EMAIL = 254  # octets: RFC 3696 erratum 1690
MAX_LOCAL = 64  # octets: RFC 5321 section 4.5.3.1.1
MAX_DOMAIN = 253  # octets: RFC 1035 section 2.3.4, without the root's dot

# Categories: control (NUL, CR, LF), format (bidi, zero-width), surrogate, private, unassigned, line ends
FORBIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
INVISIBLE = re.compile(  # nothing is seen of these either, though they count as letters, marks or signs
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
RESERVED = frozenset("@#/")  # "@" tells an e-mail address from a user name; the other two cut paths and links

_LOCAL = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
)  # RFC 5322 dot-atom
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")  # RFC 1123 section 2.1
_DEVIATIONS = frozenset(
    "\u00df\u03c2\u200c\u200d"
)  # UTS 46 table 1: IDNA 2003 and 2008 lead to different domains


USERNAME_RULES: dict[str, Callable[[str], bool]] = {
    f"A user name has at most {MAX_USERNAME} characters, ligatures written out.": lambda text: (
        len(text) <= MAX_USERNAME
    ),
    'A user name has no "@", "#" or "/".': RESERVED.isdisjoint,
    "A user name has only plain spaces: none at its ends, no two in a row.": lambda text: (
        text == " ".join(text.split())
    ),
    "A user name does not begin with a combining mark.": lambda text: unicodedata.category(text[0])[0] != "M",
    "A user name has digits of one kind.": lambda text: len(_digit_zeros(text)) <= 1,
    "A user name does not mix alphabets that look alike.": lambda text: may_stand_together(scripts_of(text)),
}


@dataclass(frozen=True, slots=True)
class Name:
    """``display`` is shown and, for an address, written to; equal ``canonical`` means the same account."""

    display: str
    canonical: str


def canonical_username(text: str) -> Name:
    """Return the user name: 1 to 64 code points in NFC. Idempotent. Raises Invalid naming ``username``."""
    display = _visible(text, field="username", most=MAX_USERNAME)
    if not display:
        raise _refused("username", "A user name has at least one character.")
    canonical = _username_key(display)
    for spelling in dict.fromkeys((display, fold(display), canonical)):  # mostly all the same
        if reason := _why_no_username(spelling):
            raise _refused("username", reason)
    return Name(display=display, canonical=canonical)


def canonical_email(text: str) -> Name:
    """Return the address, its domain in ASCII. Idempotent. Raises Invalid naming ``email``."""
    local, at, domain = text.rpartition("@")
    if not at or len(local) > MAX_LOCAL or not _LOCAL.fullmatch(local):
        raise _refused(
            "email", "An e-mail address looks like name@example.com, in plain letters before the @."
        )
    display = f"{local}@{_ascii_domain(_visible(domain, field='email', most=MAX_DOMAIN))}"
    if len(display) > MAX_EMAIL:
        raise _refused("email", said("An e-mail address has at most {most} characters.", most=MAX_EMAIL))
    return Name(display=display, canonical=display.lower())


def clean_name(text: str) -> str:
    """Return a name for show: NFC, 0 to 100 code points, no outer spaces. Raises Invalid naming ``name``."""
    return _visible(text.strip(" "), field="name", most=MAX_NAME)


def _visible(text: str, *, field: str, most: int) -> str:
    if len(text) > 4 * most:  # NFC never shortens further: cheap work only for what can still be right
        raise _refused(field, said("This has more than {most} characters.", most=most))
    composed = unicodedata.normalize("NFC", text)
    if len(composed) > most:
        raise _refused(field, said("This has more than {most} characters.", most=most))
    if INVISIBLE.search(composed) or any(unicodedata.category(each) in FORBIDDEN for each in composed):
        raise _refused(field, "Control, invisible, direction and unassigned characters are not allowed.")
    return composed


def _why_no_username(text: str) -> str | None:
    return next((reason for reason, holds in USERNAME_RULES.items() if not holds(text)), None)


def _digit_zeros(text: str) -> set[int]:
    """Return where the zero of each kind of digit stands (UTS 39 section 5.3)."""
    return {ord(each) - unicodedata.decimal(each) for each in text if each.isdecimal()}


def _username_key(display: str) -> str:
    """Return the plainest look-alike, or that within the script where the plainest would mix scripts.

    So a Cyrillic disguise of "paypal" meets the Latin one, while an honest Cyrillic name stays Cyrillic, and
    the key is itself a user name with this very key.
    """
    folded = fold(display)
    plain = skeleton(folded)
    seen = skeleton(skeleton(display).casefold())
    if seen != plain and _without_marks(seen).isascii() and not scripts_of(display) <= LATIN:
        raise _refused("username", "In capitals this looks like a Latin name: write it in small letters.")
    return skeleton(folded, within_script=True) if _why_no_username(plain) else plain


def _without_marks(text: str) -> str:
    return "".join(each for each in unicodedata.normalize("NFD", text) if not unicodedata.combining(each))


def _ascii_domain(domain: str) -> str:
    if domain.isascii():
        ascii_domain = domain.lower()
    elif not _DEVIATIONS.isdisjoint(domain):
        raise _refused("email", "Write this domain in its ASCII form, which begins with xn--.")
    else:
        try:
            ascii_domain = domain.encode("idna").decode("ascii").lower()
        except UnicodeError:
            raise _refused("email", "This domain is none.") from None
    labels = ascii_domain.split(".")
    if len(labels) == 1 or len(ascii_domain) > MAX_DOMAIN or labels[-1].isdigit():
        raise _refused("email", "An e-mail address ends with a domain such as example.com.")
    if not all(_LABEL.fullmatch(label) for label in labels):
        raise _refused("email", "A domain has letters, digits and hyphens between its dots.")
    return ascii_domain


def _refused(field: str, reason: str) -> Invalid:
    return Invalid(reason, code="invalid_request", errors={field: reason})
