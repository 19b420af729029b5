// The address of an account: whether it is proven, the code that proves it, and the mail once more.

import { one, say } from "./dom.js";
import { enhance } from "./forms.js";
import { call } from "./session.js";
import { t } from "./texts.js";
import { trouble } from "./words.js";

/** Say how it stands with the address; `waiting` is a new one that is not proven yet. Pages of a service without mail have no place for it. */
export function showAddress(user, waiting) {
  const place = one("#proof-says");
  if (!place) return;
  const open = waiting ?? (user.email && !user.email_verified ? user.email : null);
  one("#proof-form").hidden = open === null;
  if (open !== null) say(place, t("{address} waits for its proof: open the link in the mail that we sent there, or type its code here.", { address: open }));
  else say(place, user.email ? t("{address} is proven: you can log in by it, and a forgotten password is no loss.", { address: user.email }) : t("There is none: if you forget your password, nobody can send you a new one."));
}

/** Make the form work; `proven` follows a right code. */
export function proveAddress(proven) {
  const form = one("#proof-form");
  if (!form) return;
  enhance(form, {
    submit: ({ code }) => call("PUT", "/email-verifications/code", { body: { code } }),
    done: () => { form.reset(); proven(); },
    special: (answer) => (["wrong_code", "email_taken"].includes(answer.code) ? { field: "code", sentence: answer.detail } : null),
  });
  one("#proof-again").addEventListener("click", async () => {
    const answer = await call("POST", "/email-verifications");
    say(one("[data-done]", form), answer.ok ? t("Sent: look into your mail.") : trouble(answer, answer.retryAfter) || answer.detail);
  });
}
