// A form that says what is wrong beside the field, waits when it has to, and never loses what was typed.

import { API, all, countdown, one, say } from "./dom.js";
import { t } from "./texts.js";
import { fieldSentence, trouble } from "./words.js";

/**
 * Send a form by script. `check(values)` may return `{field: sentence}` before anything is sent; `submit(values)` returns
 * the answer; `done(answer)` follows a good one. `special(answer)` may return `{field, sentence}` for a refusal with a code
 * of its own, beside those that the form brings along, and `alias` maps a server's field names to those of the form.
 */
export function enhance(form, { check = () => ({}), submit, done, special = wordOf(form), alias = {} }) {
  const button = one('button[type="submit"]', form);
  const notice = one("[data-said]", form);
  let waits = () => {};
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (button.getAttribute("aria-disabled") === "true") return;
    waits();
    clear(form, notice);
    const values = Object.fromEntries(new FormData(form));
    const wrong = { ...missing(form), ...check(values) };
    if (Object.keys(wrong).length) return showErrors(form, wrong);
    button.setAttribute("aria-disabled", "true");
    form.setAttribute("aria-busy", "true");
    const answer = await submit(values);
    form.removeAttribute("aria-busy");
    button.removeAttribute("aria-disabled");
    if (answer.ok) return done(answer);
    waits = refuse({ form, button, notice, answer, special, alias });
  });
  form.addEventListener("input", ({ target }) => showError(form, target.name, ""));
}

/** Return the words that the server gave the form: `{code: [field, sentence]}`. */
export function wordOf(form) {
  const words = JSON.parse(form.dataset.words ?? "{}");
  return ({ code }) => (words[code] ? { field: words[code][0], sentence: words[code][1] } : null);
}

function missing(form) {
  const empty = all("[required]", form).filter((input) => !input.value);
  return Object.fromEntries(empty.map((input) => [input.name, t("Please fill this in.")]));
}

function clear(form, notice) {
  say(notice, "", { hide: true });
  for (const input of all("input[name], textarea[name]", form)) showError(form, input.name, "");
  const done = one("[data-done]", form);
  if (done) say(done, "");
}

/** Go to the page that says until when an account that its person closed can be taken back. */
function showClosed(token) {
  const form = Object.assign(document.createElement("form"), { method: "post", action: `${API}/restore-account`, hidden: true });
  form.append(Object.assign(document.createElement("input"), { name: "restore_token", value: token }));
  document.body.append(form);
  form.submit();
  return () => {};
}

/** Show why an answer is a refusal; returns what ends a running countdown. */
function refuse({ form, button, notice, answer, special, alias }) {
  if (answer.code === "account_closed") return showClosed(answer.body.restore_token);
  const refused = special(answer);
  if (refused?.field) {
    showErrors(form, { [refused.field]: refused.sentence });
    return () => {};
  }
  const named = Object.entries(answer.errors).map(([name, text]) => [alias[name] ?? name, fieldSentence(name, text)]);
  const here = named.filter(([name]) => form.elements[name]);
  if (here.length) {
    showErrors(form, Object.fromEntries(here));
    return () => {};
  }
  if (answer.retryAfter) return wait({ button, notice, answer });
  say(notice, refused?.sentence || trouble(answer) || answer.detail || t("That did not work. Try again."), { hide: true });
  if (answer.offline) addEventListener("online", () => say(notice, "", { hide: true }), { once: true });
  return () => {};
}

function wait({ button, notice, answer }) {
  button.setAttribute("aria-disabled", "true");
  // A screen reader hears the first sentence; the seconds after it are for the eye.
  const free = () => {
    button.removeAttribute("aria-disabled");
    notice.removeAttribute("aria-live");
    say(notice, t("You can try again now."));
  };
  const stop = countdown(answer.retryAfter, (left) => {
    say(notice, trouble(answer, left));
    notice.hidden = false;
    setTimeout(() => notice.setAttribute("aria-live", "off"), 500);
  }, () => setTimeout(free, 0));
  return stop;
}

function showErrors(form, errors) {
  for (const [name, sentence] of Object.entries(errors)) showError(form, name, sentence);
  [...form.elements].find((control) => errors[control.name])?.focus(); // the first as one reads them
}

/** Say one field's error beside it, tied to it for screen readers; an empty sentence takes it away. */
export function showError(form, name, sentence) {
  const input = form.elements[name];
  const place = input?.id && document.getElementById(`${input.id}-error`);
  if (!place) return;
  say(place, sentence);
  if (sentence) input.setAttribute("aria-invalid", "true");
  else input.removeAttribute("aria-invalid");
}
