// A form that a passkey fills: asks the server for a challenge, the browser for an answer, and sends the form with it.
// Of its kinds, "autofill" also lets a field offer passkeys, "second" comes after another proof, and "beside" stands in a
// form with other ways: there a passkey is asked for where no code was typed.

import { all, one, say } from "./dom.js";
import { t } from "./texts.js";
import { hasPasskeys, offerPasskey, showPasskey } from "./webauthn.js";

const CODES = '[name="totp"], [name="recovery_code"]';

function fill(form, passkey) {
  one('[name="passkey"]', form).value = JSON.stringify(passkey);
  form.submit();
}

function enhance(form) {
  const kind = form.dataset.passkey;
  const waiting = new AbortController();
  form.addEventListener("submit", async (event) => {
    if (kind === "beside" && all(CODES, form).some((input) => input.value)) return;
    event.preventDefault();
    waiting.abort();
    const notice = one("[data-said]", form) ?? one('[role="alert"]');
    say(notice, "", { hide: true });
    const passkey = await showPasskey({ secondFactor: kind !== "autofill" });
    if (passkey) fill(form, passkey);
    else say(notice, t("No passkey was shown. Try again, or use another way."), { hide: true });
  });
  if (kind === "autofill") offerPasskey(waiting.signal).then((passkey) => passkey && fill(form, passkey));
}

for (const form of all("[data-passkey]")) {
  if (hasPasskeys()) enhance(form);
  else if (form.dataset.passkey !== "beside") form.hidden = true;
}
for (const element of all("[data-about-passkey]")) element.hidden = !hasPasskeys();
