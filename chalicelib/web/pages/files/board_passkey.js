// The board's log-in by passkey: by a button, or taken from the names that the browser offers in the field.

import { ISSUER, one } from "./dom.js";
import { enhance } from "./forms.js";
import { logInByPasskey, watch } from "./session.js";
import { t } from "./texts.js";
import { hasPasskeys, offerPasskey, showPasskey } from "./webauthn.js";

const NONE = { ok: false, detail: t("No passkey was shown. Try again, or use another way."), errors: {} };

let offer = new AbortController();
let taken = null; // the passkey that was picked in the field

/** Show the button, and offer passkeys while nobody is logged in; `done(answer)` follows a log-in. */
export function showPasskeys(done) {
  const form = one("#by-passkey");
  // A passkey belongs to the service's own origin: on another host of the site none can be shown.
  if (!hasPasskeys() || location.origin !== new URL(ISSUER).origin) return;
  form.hidden = false;
  enhance(form, { submit, done });
  watch((session, before) => {
    if (session.state !== "out") offer.abort();
    else if (before.state !== "out" || session === before) wait(form);
  });
}

async function submit() {
  offer.abort();
  const passkey = taken ?? (await showPasskey());
  taken = null;
  return passkey ? logInByPasskey(passkey) : NONE;
}

async function wait(form) {
  offer = new AbortController();
  taken = await offerPasskey(offer.signal);
  if (taken) form.requestSubmit();
}
