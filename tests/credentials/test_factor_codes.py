"""MF-1, MF-4: authenticator apps and recovery codes, each code once, and what is kept of them."""

import json
import re
from dataclasses import replace
from typing import Any

import pytest

from chalicelib.audit.trail import Source
from chalicelib.credentials import qr_code
from chalicelib.credentials.factor_refusals import SecondFactorRefused
from chalicelib.credentials.recovery_codes import normal
from chalicelib.errors import Invalid, NotAllowed, NotFound, SlowDown, WrongMasterKey
from chalicelib.keys.secret_hash import hash_of
from cupbearer.testing import SOURCE, AppUnderTest
from tests.support.factor_people import STEP, Person, code_of, person

DAY = 86_400


@pytest.fixture
def zoe(cupbearer: AppUnderTest) -> Person:
    return person(cupbearer).with_totp()


def refused(zoe: Person, token: str, **answer: Any) -> str:
    with pytest.raises(SecondFactorRefused) as refusal:
        zoe.finish(token, **answer)
    return refusal.value.reason


class TestTotp:
    @pytest.mark.parametrize("off", [-1, 0, 1])
    def test_the_code_of_the_step_before_now_and_after_is_right(self, zoe: Person, off: int) -> None:
        """MF-1: by our clock, which the codes of an independent implementation agree with."""
        zoe.under_test.clock.advance(2 * STEP)
        assert zoe.finish(zoe.pending(), totp=zoe.code(off=off)).user.user_id == zoe.user_id

    @pytest.mark.parametrize("off", [-3, -2, 2, 3])
    def test_a_code_of_further_away_is_wrong(self, zoe: Person, off: int) -> None:
        zoe.under_test.clock.advance(5 * STEP)
        assert refused(zoe, zoe.pending(), totp=zoe.code(off=off)) == "wrong"

    def test_a_step_counts_once(self, zoe: Person) -> None:
        """MF-1: nor does an earlier one count after it."""
        early, code = zoe.code(off=-1), zoe.code()
        zoe.finish(zoe.pending(), totp=code)
        token = zoe.pending()
        assert refused(zoe, token, totp=code) == "used"
        assert refused(zoe, token, totp=early) == "used"
        assert zoe.finish(token, totp=zoe.next_code())

    def test_the_code_that_proved_the_app_is_spent(self, cupbearer: AppUnderTest) -> None:
        ann = person(cupbearer).with_totp()
        cupbearer.clock.advance(-STEP)
        assert refused(ann, ann.pending(), totp=ann.code()) == "used"

    @pytest.mark.parametrize(
        "text", ["", "12345", "1234567", "\uff11\uff12\uff13456", "12345a", "a" * 1000, "-"]
    )
    def test_what_is_no_code_is_wrong(self, zoe: Person, text: str) -> None:
        assert refused(zoe, zoe.pending(), totp=text) == "wrong"

    def test_it_may_be_typed_in_groups(self, zoe: Person) -> None:
        code = zoe.code()
        assert zoe.finish(zoe.pending(), totp=f"{code[:3]} {code[3:]}")

    def test_an_app_counts_only_from_its_first_code_on(self, cupbearer: AppUnderTest) -> None:
        ann = person(cupbearer)
        own = cupbearer.services.second_factors.own
        secret = own.begin_totp(ann.live).secret
        assert ann.log_in().user.user_id == ann.user_id
        with pytest.raises(Invalid) as wrong:
            own.confirm_totp(ann.live, "000000", source=SOURCE)
        assert set(wrong.value.errors) == {"totp"}
        own.confirm_totp(ann.live, code_of(secret, cupbearer.clock.now), source=SOURCE)
        assert ann.asked().kinds == ("totp",)

    def test_a_secret_that_showed_no_code_is_forgotten_after_a_quarter_of_an_hour(
        self, cupbearer: AppUnderTest
    ) -> None:
        ann = person(cupbearer)
        own = cupbearer.services.second_factors.own
        secret = own.begin_totp(ann.live).secret
        cupbearer.clock.advance(15 * 60)
        with pytest.raises(NotFound):
            own.confirm_totp(ann.live, code_of(secret, cupbearer.clock.now), source=SOURCE)

    def test_a_new_app_takes_the_place_of_the_old_one(self, zoe: Person) -> None:
        old = zoe.secret
        own = zoe.services.second_factors.own
        zoe.secret = own.begin_totp(zoe.live).secret
        assert own.begin_totp(zoe.live).secret != zoe.secret  # asked twice: the last one counts
        zoe.with_totp()
        token = zoe.pending()
        assert refused(zoe, token, totp=code_of(old, zoe.under_test.clock.now)) == "wrong"
        assert zoe.finish(token, totp=zoe.code())

    def test_the_app_reads_it_from_a_picture(self, zoe: Person) -> None:
        """It stands alone: no script, no style, no link."""
        picture = qr_code.svg("otpauth://totp/x?secret=ABCDEFGH")
        assert picture.startswith("<svg xmlns=")
        assert set(re.findall(r"<(\w+)", picture)) == {"svg", "path"}

    def test_the_secret_is_in_the_store_only_wrapped(self, zoe: Person) -> None:
        """MF-4, M9: under the master key."""
        records = zoe.services.store.list(f"user#{zoe.user_id}").records
        kept = json.dumps([dict(record.data) for record in records])
        assert zoe.secret not in kept
        assert zoe.factors.totp
        assert zoe.factors.totp.secret.startswith("mk1.")

    def test_a_secret_laid_in_anothers_record_cannot_be_read(self, zoe: Person) -> None:
        """MF-4: it is bound to its person, so whoever writes the table puts no app of their own in another's place."""
        eve = person(zoe.under_test).with_totp()
        assert eve.factors.totp
        laid = replace(eve.factors.totp, user_id=zoe.user_id)
        with pytest.raises(WrongMasterKey):
            zoe.services.second_factors.totps.step_of(laid, eve.code())


class TestBudget:
    """TH-1, TH-2: five free failures, then one more after 6, 12, 24 … hours: 16 in a year (decision 0083)."""

    def test_five_wrong_codes_are_free_then_the_delay_doubles(self, zoe: Person) -> None:
        clock = zoe.under_test.clock
        assert guesses(zoe) == 5
        for delay in (6, 6, 12, 24):
            with pytest.raises(SlowDown) as slow:
                zoe.finish(zoe.pending(), totp="000000")
            assert slow.value.retry_after <= delay * 3600
            clock.advance(delay * 3600)
            assert guesses(zoe) == 1

    def test_a_year_of_guessing_tries_sixteen_codes(self, zoe: Person) -> None:
        """So the chance over a year is below one in ten thousand, whatever networks they come from."""
        tried = 0
        for day in range(365):
            tried += guesses(zoe, Source(ip=f"192.0.2.{day % 250}"))
            zoe.under_test.clock.advance(DAY)
        assert 14 <= tried <= 16

    def test_who_succeeds_takes_back_the_own_failures_and_nobody_elses(self, zoe: Person) -> None:
        """Else each log-in of the owner would hand who knows the password five new guesses."""
        stranger, own = zoe.pending(), zoe.pending()
        for _ in range(3):
            assert refused(zoe, stranger, totp="000000") == "wrong"
        assert refused(zoe, own, totp="000000") == "wrong"
        zoe.finish(own, totp=zoe.code())
        zoe.under_test.clock.advance(STEP)
        assert guesses(zoe) == 2
        zoe.services.accounts.administration.unlock(zoe.user_id, source=SOURCE)
        assert guesses(zoe) == 5

    def test_a_used_code_is_no_guess(self, zoe: Person) -> None:
        code = zoe.code()
        zoe.finish(zoe.pending(), totp=code)
        for _ in range(10):
            assert refused(zoe, zoe.pending(), totp=code) == "used"

    def test_a_spent_budget_leaves_the_other_ways_open(self, zoe: Person) -> None:
        """TH-5: who knows the password locks nobody out."""
        codes = zoe.recovery_codes()
        key = zoe.with_passkey()
        guesses(zoe)
        assert zoe.finish(zoe.pending(), recovery_code=codes[0])
        options = zoe.services.second_factors.checks.passkey_options(SOURCE, verified=False)
        assert zoe.finish(zoe.pending(), passkey=key.get(options))


class TestRecoveryCodes:
    def test_there_are_ten_of_120_bits_and_each_counts_once(self, zoe: Person) -> None:
        """MF-1."""
        codes = zoe.recovery_codes()
        assert len(set(codes)) == 10
        assert {len(normal(code) or "") for code in codes} == {24}
        for code in codes:
            assert zoe.finish(zoe.pending(), recovery_code=code)
            assert refused(zoe, zoe.pending(), recovery_code=code) == "wrong"
        assert zoe.asked().kinds == ("totp",)  # none is left to ask for

    def test_case_gaps_and_letters_that_look_like_digits_do_not_matter(self, zoe: Person) -> None:
        code = zoe.recovery_codes()[0]
        typed = code.lower().replace("-", " ").replace("0", "o").replace("1", "l")
        assert zoe.finish(zoe.pending(), recovery_code=typed)

    @pytest.mark.parametrize("text", ["", "x", "U" * 24, "0" * 24, "0" * 65, "٣" * 24])
    def test_what_is_no_code_is_wrong(self, zoe: Person, text: str) -> None:
        zoe.recovery_codes()
        assert refused(zoe, zoe.pending(), recovery_code=text) == "wrong"

    def test_new_ones_void_the_old_ones(self, zoe: Person) -> None:
        """MF-4."""
        old = zoe.recovery_codes()
        new = zoe.recovery_codes()
        assert refused(zoe, zoe.pending(), recovery_code=old[0]) == "wrong"
        assert zoe.finish(zoe.pending(), recovery_code=new[0])

    def test_only_their_hashes_are_kept(self, zoe: Person) -> None:
        """MF-4, M9."""
        codes = zoe.recovery_codes()
        records = zoe.services.store.list(f"user#{zoe.user_id}").records
        kept = json.dumps([dict(record.data) for record in records])
        assert not any(code in kept or (normal(code) or code) in kept for code in codes)
        assert zoe.factors.recovery_codes
        assert hash_of(normal(codes[0]) or "") in zoe.factors.recovery_codes.hashes

    def test_they_stand_in_for_a_factor_and_are_none(self, cupbearer: AppUnderTest) -> None:
        with pytest.raises(NotAllowed) as refusal:
            person(cupbearer).recovery_codes()
        assert refusal.value.public_code == "no_second_factor"

    def test_a_use_is_written_down(self, zoe: Person) -> None:
        """LG-1."""
        zoe.finish(zoe.pending(), recovery_code=zoe.recovery_codes()[3])
        events, _ = zoe.services.audit.of(zoe.user_id)
        assert {event.event for event in events} >= {"recovery_codes_made", "recovery_code_used"}


def guesses(zoe: Person, source: Source = SOURCE) -> int:
    """Return how many wrong codes are looked at until the budget is spent."""
    wrong = str((int(zoe.code()) + 500_000) % 1_000_000).zfill(6)
    for count in range(100):
        try:
            zoe.finish(zoe.pending(source), source=source, totp=wrong)
        except SecondFactorRefused:
            continue
        except SlowDown:
            return count
    return 100
