// A form of a page, sent by script: what is wrong is said beside the field, and what was typed stays.

import { all, peeks } from "./dom.js";
import { enhance } from "./forms.js";
import { sendForm } from "./wire.js";

for (const form of all("[data-scripted]")) {
  form.noValidate = true;
  enhance(form, { submit: () => sent(form), done: ({ body }) => (body ? location.assign(body.location) : form.submit()) });
}
peeks();

/** Send a form. A person's answer to a vendor's widget is good once, so what was refused needs another. */
async function sent(form) {
  const answer = await sendForm(form);
  if (!answer.ok) for (const vendor of [globalThis.turnstile, globalThis.hcaptcha]) vendor?.reset();
  return answer;
}
