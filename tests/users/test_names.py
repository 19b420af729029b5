"""Names: IN-3, IN-4 and the attacks behind them."""
# ruff: noqa: RUF001 - look-alikes are what is tested

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.errors import Invalid
from chalicelib.users.names import MAX_NAME, MAX_USERNAME, canonical_email, canonical_username, clean_name


def key(text: str) -> str:
    return canonical_username(text).canonical


def reason(text: str) -> str:
    with pytest.raises(Invalid) as refused:
        canonical_username(text)
    assert refused.value.public_code == "invalid_request"
    return refused.value.errors["username"]


# Letters of several alphabets: chance alone would hardly ever make a name of one script.
ALPHABETS = [
    "abcilmnorwIO01.-_' ",
    "äßŒıİſﬁéñ",
    "авеіорсухьӏПпитйЮы",
    "αβγικνορτυχςΣΆ",
    "אבוסש",
    "ابة١٣",
    "日本語口ロ一ーニ",
    "안녕ㄱ",
]
TEXTS = st.one_of(
    st.text(max_size=12), *(st.text(alphabet=letters + "0'", min_size=1, max_size=8) for letters in ALPHABETS)
)


@given(TEXTS)
def test_the_canonical_user_name_is_its_own_canonical_form_in_3(text: str) -> None:
    try:
        name = canonical_username(text)
    except Invalid:
        return
    assert key(name.canonical) == name.canonical
    assert key(name.display) == name.canonical
    assert name.display == unicodedata.normalize("NFC", text)


@given(TEXTS)
def test_case_and_composition_make_no_second_account_in_3(text: str) -> None:
    try:
        name = canonical_username(text)
    except Invalid:
        return
    assert key(unicodedata.normalize("NFD", text)) == name.canonical
    assert key(name.display.casefold()) == name.canonical


@given(st.characters(exclude_categories=["Cs"]))
def test_every_single_character_is_refused_or_has_a_stable_key_in_3(letter: str) -> None:
    try:
        name = canonical_username(f"a{letter}")
    except Invalid:
        return
    assert key(name.canonical) == name.canonical


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("paypal", "PAYPAL"),
        ("paypal", "PaypaI"),
        ("paypal", "раураӏ"),  # wholly Cyrillic
        ("Bill1", "Billl"),
        ("root", "r00t"),
        ("modem", "modern"),
        ("file", "ﬁle"),
        ("mike", "mıke"),
        ("strasse", "Straße"),
        ("alice", "ａｌｉｃｅ"),
        ("josé", "jose\u0301"),
        ("σίσυφος", "ΣΊΣΥΦΟΣ"),
        ("привет", "ПРИВЕТ"),
        ("口ロ", "ロ口"),
    ],
)
def test_spellings_that_look_alike_are_one_account_in_4(one: str, other: str) -> None:
    assert key(one) == key(other)


@pytest.mark.parametrize(
    ("one", "other"), [("anna", "hanna"), ("jose", "josé"), ("ann", "ana"), ("мир", "мера")]
)
def test_names_that_differ_to_the_eye_stay_apart(one: str, other: str) -> None:
    assert key(one) != key(other)


@pytest.mark.parametrize("text", ["pаypal", "αdmin", "helloпривет", "Ωmega", "аdmin日"])
def test_mixed_alphabets_are_refused_in_4(text: str) -> None:
    assert "mix" in reason(text)


@pytest.mark.parametrize("text", ["ΑΝΝΑ", "ВОН"])
def test_capitals_that_pass_for_a_latin_name_are_refused_in_4(text: str) -> None:
    assert "capitals" in reason(text)
    assert key(text.capitalize())


@pytest.mark.parametrize(
    "text",
    [
        "привет",
        "Άννα",
        "יהודה",
        "محمد",
        "日本ユーザー",
        "山田太郎Jr",
        "김민준",
        "สมชาย",
        "अमित",
        "Søren",
        "O'Neil",
    ],
)
def test_honest_names_of_the_world_are_shown_as_written(text: str) -> None:
    assert canonical_username(text).display == text


INVISIBLE = [
    "\0",
    "\t",
    "\n",
    "\r",
    "\x7f",
    "\x85",
    "\u00ad",
    "\u034f",
    "\u115f",
    "\u200b",
    "\u200d",
    "\u200e",
    "\u202e",
]
INVISIBLE += [
    "\u2028",
    "\u2029",
    "\u2060",
    "\u2066",
    "\u2800",
    "\u3164",
    "\ufe0f",
    "\ufeff",
    "\uffa0",
    "\ue000",
    "\U000e0041",
]
INVISIBLE += ["\ud800", "\uffff", "\U000e01ef", "\u0378"]


@pytest.mark.parametrize("bad", INVISIBLE)
def test_what_cannot_be_seen_is_refused_everywhere_in_4(bad: str) -> None:
    assert "invisible" in reason(f"al{bad}ice")
    with pytest.raises(Invalid):
        clean_name(f"al{bad}ice")
    for address in (f"al{bad}ice@example.com", f"alice@exa{bad}mple.com"):
        with pytest.raises(Invalid):
            canonical_email(address)


@pytest.mark.parametrize(
    "text", ["a@b", "a#b", "a/b", "a＠b", "a℅b", " a", "a ", "a  b", "a\u00a0b", "a\u3000b", "\u0301a", "1٢"]
)
def test_what_confuses_paths_addresses_and_eyes_is_refused(text: str) -> None:
    assert reason(text)


def test_a_user_name_has_one_to_sixty_four_code_points() -> None:
    assert reason("")
    assert key("m" * MAX_USERNAME) == "m" * MAX_USERNAME
    assert canonical_username("e\u0301" * MAX_USERNAME).display == "é" * MAX_USERNAME
    assert reason("x" * (MAX_USERNAME + 1))
    assert reason("x" * 1_000_000)
    assert reason("\ufdfa" * MAX_USERNAME)


@given(st.emails() | st.from_regex(r"\A[A-Za-z.+-]{1,9}@[a-zA-Zäé.-]{1,9}\.(com|DE)\Z"))
def test_the_canonical_address_is_its_own_canonical_form_in_3(text: str) -> None:
    try:
        name = canonical_email(text)
    except Invalid:
        return
    assert canonical_email(name.canonical).canonical == name.canonical
    assert canonical_email(name.display) == name
    assert name.display.isascii()


def test_case_makes_no_second_mailbox_but_mail_goes_to_the_spelling_given() -> None:
    name = canonical_email("Alice.Smith+x@Example.COM")
    assert name.display == "Alice.Smith+x@example.com"
    assert name.canonical == "alice.smith+x@example.com"


@pytest.mark.parametrize(
    "text", ["mıke@example.org", "mİke@example.org", "ﬁona@example.org", "\u212aate@example.org"]
)
def test_no_foreign_letter_folds_into_anothers_mailbox_cve_2019_19844(text: str) -> None:
    with pytest.raises(Invalid):
        canonical_email(text)


def test_a_domain_look_alike_is_another_domain_cve_2019_19844() -> None:
    assert canonical_email("mike@exаmple.org").canonical == "mike@xn--exmple-4nf.org"
    assert canonical_email("mike@g\u0131thub.com").canonical != "mike@github.com"


def test_a_domain_has_one_spelling() -> None:
    spellings = (
        "a@münchen.de",
        "a@MÜNCHEN.DE",
        "a@mu\u0308nchen.de",
        "a@xn--mnchen-3ya.de",
        "a@XN--MNCHEN-3YA.de",
    )
    assert {canonical_email(text).display for text in spellings} == {"a@xn--mnchen-3ya.de"}


@pytest.mark.parametrize("domain", ["straße.de", "σας.gr", "a\u200db.de"])
def test_a_domain_that_two_standards_read_differently_is_refused(domain: str) -> None:
    with pytest.raises(Invalid):
        canonical_email(f"a@{domain}")


BAD_ADDRESSES = [
    "",
    "@",
    "a",
    "a@",
    "@b.com",
    "a@b",
    "a b@c.com",
    ".a@b.com",
    "a.@b.com",
    "a..b@c.com",
    "a@b@c.com",
]
BAD_ADDRESSES += [
    '"a b"@c.com',
    "a@-b.com",
    "a@b-.com",
    "a@b..com",
    "a@.com",
    "a@b.com.",
    "a@1.2.3.4",
    "a@[1.2.3.4]",
]
BAD_ADDRESSES += [
    "a@b.com\r\nBcc: x@y.com",
    "a\r\nb@c.com",
    "a@b.com, x@y.com",
    "<a@b.com>",
    "a@℀.com",
    "a@" + "ä" * 300 + ".com",
]


@pytest.mark.parametrize("text", BAD_ADDRESSES)
def test_what_is_no_address_is_refused_in_4(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        canonical_email(text)
    assert set(refused.value.errors) == {"email"}


def test_an_address_keeps_the_limits_of_smtp() -> None:
    assert canonical_email("a" * 64 + "@example.com")
    with pytest.raises(Invalid):
        canonical_email("a" * 65 + "@example.com")
    domain = ".".join(["d" * 61] * 3) + ".com"
    assert canonical_email("a" * (254 - 1 - len(domain)) + "@" + domain)
    with pytest.raises(Invalid):
        canonical_email("a" * (255 - 1 - len(domain)) + "@" + domain)


def test_a_name_for_show_is_kept_but_for_composition_and_outer_spaces() -> None:
    assert clean_name("") == ""
    assert clean_name("  Jose\u0301 Ørsted @ 5/7 #1 😀 ") == "José Ørsted @ 5/7 #1 😀"
    assert clean_name("x" * MAX_NAME)
    with pytest.raises(Invalid) as refused:
        clean_name("x" * (MAX_NAME + 1))
    assert set(refused.value.errors) == {"name"}
