// "Is it you?": a dialog for what a sensitive act asks again, while everything typed for the act stays where it is.

import { one, say } from "./dom.js";
import { enhance } from "./forms.js";
import { t } from "./texts.js";
import { hasPasskeys, showPasskey } from "./webauthn.js";

const WRONG = { wrong_password: ["password", t("This is not your password. Nothing was changed.")], invalid_second_factor: ["code", null] };
const CANCELLED = { ok: false, status: 0, code: "cancelled", detail: t("Nothing was changed."), errors: {}, retryAfter: null };

let kinds = []; // which second factors there are
let waiting = null; // the act that waits: {act, finish}

/** Say which kinds of second factor the person has. */
export function useKinds(found) {
  kinds = found;
}

/** Return the answer of `act(proof)`: first without a proof, and where one is asked for with what the person shows. */
export async function withProof(act) {
  const answer = await act({});
  const wanted = wantedBy(answer);
  return wanted ? ask(act, wanted) : answer;
}

function wantedBy({ ok, code, errors }) {
  if (ok) return null;
  if (code === "second_factor_required") return "factor";
  return code === "invalid_request" && "password" in errors ? "password" : null;
}

function ask(act, wanted) {
  const dialog = one("#prove");
  one("#prove-by-password").hidden = wanted !== "password";
  one("#prove-by-code").hidden = wanted !== "factor" || !kinds.some((kind) => kind !== "passkey");
  one("#prove-by-passkey").hidden = wanted !== "factor" || !kinds.includes("passkey") || !hasPasskeys();
  one("#prove-form").reset();
  one("#prove-form button[type=submit]").hidden = wanted === "factor" && one("#prove-by-code").hidden;
  return new Promise((resolve) => {
    waiting = { act, finish: (answer) => { waiting = null; resolve(answer); dialog.close(); } };
    dialog.showModal();
  });
}

const shown = ({ password, code }) => {
  if (password) return { password };
  return /^[\d ]+$/.test(code) ? { totp: code.replaceAll(" ", "") } : { recovery_code: code };
};

/** Try the act with a proof; what is wrong about the proof is told in the dialog, any other answer ends it. */
async function attempt(proof) {
  const answer = await waiting.act(proof);
  return WRONG[answer.code] || wantedBy(answer) || answer.retryAfter || answer.offline ? answer : { ok: true, given: answer };
}

/** Make the dialog work. */
export function prepareProof() {
  const dialog = one("#prove");
  const form = one("#prove-form");
  enhance(form, {
    check: ({ password, code }) => (password || code ? {} : { [one("#prove-by-password").hidden ? "code" : "password"]: t("Please fill this in.") }),
    submit: (values) => attempt(shown(values)),
    done: ({ given }) => waiting.finish(given),
    special: ({ code, detail }) => (WRONG[code] ? { field: WRONG[code][0], sentence: WRONG[code][1] ?? detail } : null),
  });
  one("#prove-by-passkey").addEventListener("click", async () => {
    const passkey = await showPasskey({ secondFactor: true });
    const answer = passkey ? await attempt({ passkey }) : null;
    if (answer?.ok) return waiting.finish(answer.given);
    return say(one("[data-said]", form), answer ? answer.detail : t("No passkey was shown. Try again, or use another way."), { hide: true });
  });
  one("#prove-cancel").addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => waiting?.finish(CANCELLED));
}
