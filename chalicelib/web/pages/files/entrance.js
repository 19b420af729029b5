// A form of a page, sent by script: what is wrong is said beside the field, and what was typed stays.

import { all, peeks } from "./dom.js";
import { enhance } from "./forms.js";
import { sendForm } from "./wire.js";

for (const form of all("[data-scripted]")) {
  form.noValidate = true;
  enhance(form, { submit: () => sendForm(form), done: ({ body }) => (body ? location.assign(body.location) : form.submit()) });
}
peeks();
