// A form that a passkey fills: asks the server for a challenge, the browser for an answer, and sends the form with it.

import { all, one, say } from "./dom.js";
import { hasPasskeys, showPasskey } from "./webauthn.js";

/** Ask for a passkey; `more` may make it wait in the list that a field offers. Returns JSON, or null where there is none. */
async function ask(form, more = {}) {
  const passkey = await showPasskey({ secondFactor: form.dataset.passkey === "second", ...more });
  return passkey && JSON.stringify(passkey);
}

function fill(form, answer) {
  one('[name="passkey"]', form).value = answer;
  form.submit();
}

function enhance(form) {
  let waiting = new AbortController();
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    waiting.abort();
    const notice = one("[data-said]", form) ?? one('[role="alert"]');
    say(notice, "", { hide: true });
    const answer = await ask(form);
    if (answer) fill(form, answer);
    else say(notice, "No passkey was shown. Try again, or use another way.", { hide: true });
  });
  if (form.dataset.passkey === "autofill") offer(form, waiting);
}

/** Let the browser offer passkeys among the names that a field suggests. */
async function offer(form, waiting) {
  if (!(await PublicKeyCredential.isConditionalMediationAvailable?.())) return;
  const answer = await ask(form, { mediation: "conditional", signal: waiting.signal });
  if (answer) fill(form, answer);
}

for (const form of all("[data-passkey]")) hasPasskeys() ? enhance(form) : (form.hidden = true);
