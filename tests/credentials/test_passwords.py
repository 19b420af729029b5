"""Passwords: PW-1 to PW-5, EN-2, DS-1, D1, D7. Foreign hashes are made by the tools they come from."""

import base64
import hashlib
import importlib.util
import threading
import time
import unicodedata

import argon2
import bcrypt
import pytest

from chalicelib.credentials import passwords as module
from chalicelib.credentials.password_blocklist import common_passwords
from chalicelib.credentials.passwords import CHEAPEST_ONLY_FOR_TESTING, OWASP_19_MIB, Passwords, Profile
from chalicelib.errors import Invalid
from chalicelib.world import SYSTEM

RIGHT, WRONG = "correct horse", "Correct horse"
DEARER = Profile(memory_kib=16, passes=2, lanes=1)


@pytest.fixture
def passwords() -> Passwords:
    return Passwords(SYSTEM, min_length=8, profile=CHEAPEST_ONLY_FOR_TESTING)


def reason(passwords: Passwords, password: str, *context: str) -> str:
    with pytest.raises(Invalid) as refused:
        passwords.check_new(password, context=context)
    assert refused.value.public_code == "weak_password"
    assert refused.value.errors["password"] == refused.value.detail
    return refused.value.detail


def b64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def adapted(raw: bytes) -> str:
    return b64(raw).rstrip("=").replace("+", ".")


def test_a_hash_is_argon2id_with_the_parameters_of_the_owasp_profile_pw_3() -> None:
    hashed = Passwords(SYSTEM, min_length=8).hash(RIGHT)
    assert hashed.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert argon2.PasswordHasher().verify(hashed, RIGHT)


def test_a_right_password_verifies_and_a_wrong_one_does_not(passwords: Passwords) -> None:
    hashed = passwords.hash(RIGHT)
    assert passwords.verify(RIGHT, hashed) == module.Verdict(ok=True)
    assert passwords.verify(WRONG, hashed) == module.Verdict(ok=False)
    assert passwords.hash(RIGHT) != hashed


def test_nobody_has_a_password_en_2(passwords: Passwords) -> None:
    for password in (RIGHT, "", "\0"):
        assert passwords.verify(password, None) == module.Verdict(ok=False)


# -- length and text


def test_length_counts_code_points_after_nfc_pw_1(passwords: Passwords) -> None:
    for unit in ("ж", "😀", "e\u0301"):
        varied = "".join(f"{unit}{digit}" for digit in "7295")
        passwords.check_new(varied, context=())
        assert "at least 8" in reason(passwords, varied[: -len("5")])


def test_the_minimum_is_a_setting_and_never_below_eight_pw_1() -> None:
    strict = Passwords(SYSTEM, min_length=15, profile=CHEAPEST_ONLY_FOR_TESTING)
    assert "at least 15" in reason(strict, "fourteen chars")
    strict.check_new("fifteen charas!", context=())
    with pytest.raises(ValueError, match="at least 8"):
        Passwords(SYSTEM, min_length=7)


def test_both_spellings_of_an_accent_log_in_and_nothing_else_is_changed_pw_4(passwords: Passwords) -> None:
    composed = "caf\u00e9 ﬁne Straße"
    hashed = passwords.hash(composed)
    assert passwords.verify(unicodedata.normalize("NFD", composed), hashed).ok
    for other in (
        composed.upper(),
        f"{composed} ",
        f" {composed}",
        composed.replace("ﬁ", "fi"),
        composed.replace("ß", "ss"),
    ):
        assert not passwords.verify(other, hashed).ok


def test_nothing_is_ever_truncated_pw_2(passwords: Passwords) -> None:
    shared = "x7" * 36
    hashed = passwords.hash(shared + "a")
    assert passwords.verify(shared + "a", hashed).ok
    for other in (shared, shared + "b", shared + "ab", shared + "a\0"):
        assert not passwords.verify(other, hashed).ok


@pytest.mark.parametrize("password", ["é" * 512, "😀" * 256, "a" * 1024, "a\0b" * 9])
def test_up_to_1024_bytes_of_any_characters_work_pw_2(passwords: Passwords, password: str) -> None:
    assert passwords.verify(password, passwords.hash(password)).ok


@pytest.mark.parametrize("password", ["a" * 1025, "é" * 513, "\ufb2c" * 300, "a" * 10_000_000, "half \ud83d"])
def test_what_can_be_no_password_is_refused_before_it_costs_anything_pw_2_ds_1(
    passwords: Passwords, password: str
) -> None:
    started = time.process_time()  # the hash has a thread of its own; work, not waiting for a busy machine
    for ask in (passwords.check_form, passwords.hash, lambda text: passwords.verify(text, None)):
        with pytest.raises(Invalid) as refused:
            ask(password)
        assert set(refused.value.errors) == {"password"}
    assert time.process_time() - started < 0.1


# -- weak passwords


def test_the_offline_list_is_long_and_every_entry_is_refused_pw_5(passwords: Passwords) -> None:
    assert len(common_passwords()) >= 10_000
    for common in sorted(common_passwords())[::97]:
        assert reason(passwords, common)
        assert reason(passwords, common.upper())


@pytest.mark.parametrize(
    "password", ["password", "Passw0rd", "iloveyou", "football", "SUPERMAN", "trustno1", "password123"]
)
def test_famous_passwords_are_refused_in_any_case_pw_5(passwords: Passwords, password: str) -> None:
    assert "common" in reason(passwords, password)


@pytest.mark.parametrize("password", ["zzzzzzzz", "        ", "ababababab", "xyzxyzxyzx", "x9!qx9!qx9!q"])
def test_one_piece_said_again_is_refused_pw_5(passwords: Passwords, password: str) -> None:
    assert "repeats" in reason(passwords, password)


@pytest.mark.parametrize(
    "password", ["12345678901", "98765432", "abcdefghij", "ZYXWVUTSR", "asdfghjkl", "qwertzuio", "1qaz2wsx3e"]
)
def test_rows_of_keys_are_refused_pw_5(passwords: Passwords, password: str) -> None:
    assert "row" in reason(passwords, password)


@pytest.mark.parametrize(
    "password",
    [
        "cupbearer",
        "Cupbearer1!",
        "sommelier",
        "SOMMELIER2024",
        "vintner@example.com",
        "Vintner.9999",
        "Cellarmaster",
        "winecellars",
        "WineCellars99!",
    ],
)
def test_what_everybody_knows_of_the_account_is_refused_pw_5(passwords: Passwords, password: str) -> None:
    context = ("Sommelier", "vintner@example.com", "vintner.", "cellarmaster", "wine@winecellars.example")
    assert "everybody knows" in reason(passwords, password, *context)


@pytest.mark.parametrize(
    "password",
    [
        "correct horse battery",
        "my password is long",
        "sommelier of the year",
        "пароль не тут",
        "aaaaaaaab",
        "UNSEEN word",
    ],
)
def test_only_the_whole_password_counts_and_no_mixture_is_demanded_pw_5(
    passwords: Passwords, password: str
) -> None:
    passwords.check_new(password, context=("sommelier",))


# -- outdated and foreign hashes


def test_a_hash_with_other_parameters_is_replaced_at_log_in_pw_3(passwords: Passwords) -> None:
    dearer = Passwords(SYSTEM, min_length=8, profile=DEARER)
    verdict = dearer.verify(RIGHT, passwords.hash(RIGHT))
    assert verdict.ok
    assert verdict.new_hash is not None
    assert "m=16,t=2,p=1" in verdict.new_hash
    assert dearer.verify(RIGHT, verdict.new_hash) == module.Verdict(ok=True)
    assert dearer.verify(WRONG, passwords.hash(RIGHT)) == module.Verdict(ok=False)


def foreign_hashes() -> dict[str, str]:
    password, salt = RIGHT.encode(), b"0123456789abcdef"
    pbkdf2 = hashlib.pbkdf2_hmac("sha256", password, salt, 1000)
    pbkdf2_512 = hashlib.pbkdf2_hmac("sha512", password, salt, 1000)
    scrypt = hashlib.scrypt(password, salt=salt, n=16, r=8, p=1, dklen=32)
    digest = hashlib.sha256(password).hexdigest().encode()
    hasher = argon2.PasswordHasher(time_cost=1, memory_cost=64, parallelism=2)
    argon2i = argon2.PasswordHasher(time_cost=1, memory_cost=64, parallelism=1, type=argon2.Type.I)
    return {
        "bcrypt": bcrypt.hashpw(password, bcrypt.gensalt(4)).decode(),
        "bcrypt of PHP": bcrypt.hashpw(password, bcrypt.gensalt(4)).decode().replace("$2b$", "$2y$"),
        "pbkdf2": f"$pbkdf2-sha256$1000${adapted(salt)}${adapted(pbkdf2)}",
        "pbkdf2 sha512": f"$pbkdf2-sha512$1000${adapted(salt)}${adapted(pbkdf2_512)}",
        "scrypt": f"$scrypt$ln=4,r=8,p=1${b64(salt).rstrip('=')}${b64(scrypt).rstrip('=')}",
        "django pbkdf2": f"pbkdf2_sha256$1000${salt.decode()}${b64(pbkdf2)}",
        "django bcrypt": f"bcrypt_sha256${bcrypt.hashpw(digest, bcrypt.gensalt(4)).decode()}",
        "django 1.4 bcrypt": f"bcrypt${bcrypt.hashpw(password, bcrypt.gensalt(4)).decode()}",
        "django argon2id": f"argon2{hasher.hash(password)}",
        "django argon2i": f"argon2{argon2i.hash(password)}",
        "argon2id": hasher.hash(password),
    }


@pytest.mark.parametrize("name", foreign_hashes())
def test_a_hash_from_elsewhere_verifies_and_becomes_ours_d7(passwords: Passwords, name: str) -> None:
    hashed = foreign_hashes()[name]
    passwords.check_import(hashed)
    assert passwords.verify(WRONG, hashed) == module.Verdict(ok=False)
    verdict = passwords.verify(RIGHT, hashed)
    assert verdict.ok
    assert verdict.new_hash is not None
    assert verdict.new_hash.startswith("$argon2id$")
    assert passwords.verify(RIGHT, verdict.new_hash) == module.Verdict(ok=True)


@pytest.mark.parametrize("password", ["x" * 73, "x" * 72 + "\0", "a\0b", "é" * 40])
def test_a_password_that_bcrypt_cannot_hold_is_simply_wrong_d7(passwords: Passwords, password: str) -> None:
    hashed = bcrypt.hashpw(b"x" * 72, bcrypt.gensalt(4)).decode()
    assert passwords.verify("x" * 72, hashed).ok
    assert passwords.verify(password, hashed) == module.Verdict(ok=False)


MALFORMED = [
    "",
    "x",
    "\0",
    "é",
    "correct horse",
    "$argon2id$",
    "$argon2id$v=19$m=8,t=1,p=1$AAAA",
    "$argon2id$v=19$m=8,t=0,p=1$c29tZXNhbHQ$c29tZXNhbHQ",
]
MALFORMED += [
    "$argon2id$v=19$m=4294967295,t=1,p=1$c29tZXNhbHQ$c29tZXNhbHQxMjM0",
    "$argon2id$v=99$m=8,t=1,p=1$c29tZXNhbHQ$c29tZXNhbHQx",
]
MALFORMED += [
    "$2b$99$",
    "$2b$04$short",
    "argon2$argon2",
    "bcrypt_sha256$",
    "pbkdf2_sha256$x$y$z",
    "$scrypt$ln=99,r=8,p=1$aaaa$bbbb",
    "*",
    "!",
]


@pytest.mark.parametrize("hashed", MALFORMED)
def test_a_malformed_stored_hash_fails_closed_pw_3(passwords: Passwords, hashed: str) -> None:
    assert passwords.verify(RIGHT, hashed) == module.Verdict(ok=False)


@pytest.mark.parametrize(
    "hashed", ["", "plain text", "$argon2id$", "$2b$04$short", "5f4dcc3b5aa765d61d8327deb882cf99", "md5$a$b"]
)
def test_a_hash_that_no_log_in_could_match_is_not_imported(passwords: Passwords, hashed: str) -> None:
    with pytest.raises(Invalid) as refused:
        passwords.check_import(hashed)
    assert set(refused.value.errors) == {"password_hash"}


# -- cost


def test_unknown_wrong_and_malformed_cost_the_same_en_2() -> None:
    """The real profile, medians of interleaved rounds; the bound is wide, since caches are shared."""
    passwords = Passwords(SYSTEM, min_length=8, profile=OWASP_19_MIB)
    stored = {"wrong": passwords.hash(RIGHT), "unknown": None, "malformed": "$argon2id$v=19$"}
    spent: dict[str, list[float]] = {name: [] for name in stored}
    for _ in range(9):
        for name, hashed in stored.items():
            started = time.process_time()  # the hash has a thread of its own
            passwords.verify(WRONG, hashed)
            spent[name].append(time.process_time() - started)
    medians = {name: sorted(times)[4] for name, times in spent.items()}
    assert max(medians.values()) < 1.5 * min(medians.values()), medians


def test_many_threads_may_begin_at_once() -> None:
    """In a process that has verified nothing yet."""
    fresh = importlib.util.module_from_spec(importlib.util.find_spec(module.__name__))  # type: ignore[arg-type]
    fresh.__spec__.loader.exec_module(fresh)  # type: ignore[union-attr]
    passwords = fresh.Passwords(SYSTEM, min_length=8, profile=fresh.CHEAPEST_ONLY_FOR_TESTING)
    oks: list[bool] = []
    hashed = foreign_hashes()["scrypt"]
    threads = [
        threading.Thread(target=lambda: oks.append(passwords.verify(RIGHT, hashed).ok)) for _ in range(16)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert oks == [True] * 16
