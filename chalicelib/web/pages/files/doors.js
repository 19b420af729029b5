// Three doors: call a guarded route, see what was asked and answered, and read why in plain words.

import { all, one, say } from "./dom.js";
import { call, current, token as held, watch } from "./session.js";
import { t } from "./texts.js";
import { trouble } from "./words.js";
import { send } from "./wire.js";

const SHOWN_HEADERS = ["content-type", "www-authenticate", "x-amzn-remapped-www-authenticate", "retry-after", "x-request-id"];
const REASONS = { 200: "OK", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 429: "Too Many Requests", 503: "Service Unavailable" };

export function showDoors() {
  for (const door of all(".door")) door.addEventListener("click", () => knock(door));
  watch((session, before) => {
    if (session.state === "out" && before.state === "in") one('[name="shown"][value="mine"]').checked = true;
  });
}

async function knock(door) {
  const { path, scope, place } = door.dataset;
  const shown = one('[name="shown"]:checked').value;
  for (const other of all(".door")) other.setAttribute("aria-pressed", String(other === door));
  one("#result").setAttribute("aria-busy", "true");
  const token = shown === "forged" ? forged(await held()) : null;
  const answer = shown === "mine" ? await call("GET", path) : { ...(await send("GET", path, { token })), before: [] };
  const showed = shown === "mine" && current().state !== "in" && !answer.asked.headers.Authorization ? "none" : shown;
  draw({ answer, scope, place, showed });
}

/** Return a token whose signature is off by a letter, or a made-up one for somebody without any. */
function forged(token) {
  if (!token) return "eyJhbGciOiJub25lIn0.eyJzdWIiOiJtZSJ9.bm90IGEgc2lnbmF0dXJl";
  const at = token.length - 20;
  return token.slice(0, at) + (token[at] === "A" ? "B" : "A") + token.slice(at + 1);
}

function draw(knocked) {
  const { answer } = knocked;
  const result = one("#result");
  result.replaceChildren(...[...one("#result-template").content.cloneNode(true).children]);
  result.removeAttribute("aria-busy");
  one(".verdict", result).dataset.kind = answer.ok ? "good" : "bad";
  say(one(".status", result), answer.offline ? t("no answer") : String(answer.status));
  const words = explain(knocked);
  say(one("[data-verdict]", result), words.verdict);
  say(one("[data-why]", result), words.why);
  offer(one("[data-next]", result), words);
  walk(all(".way li", result), stations(knocked));
  say(one("[data-asked]"), request(answer));
  say(one("[data-answered]"), [...answer.before, answer].map(response).join(`\n\n— ${t("then, with a new token")} —\n\n`));
  one("#wire").hidden = false;
}

/** Say what to do next, with the command that does it, if there is one. */
function offer(notice, { next = "", command = "" }) {
  notice.hidden = !next;
  say(one("[data-next-says]", notice), next);
  one("[data-command]", notice).hidden = !command;
  say(one("code", notice), command);
  const button = one("button", notice);
  button.addEventListener("click", async () => {
    await navigator.clipboard?.writeText(command);
    say(button, t("Copied"));
  });
}

/** Mark how far the call came: each station with what it did. */
function walk(items, marks) {
  for (const [index, mark] of marks.entries()) {
    if (!mark) continue;
    items[index].dataset.at = mark[0];
    say(one("span", items[index]), mark[1]);
  }
}

function stations({ answer, scope, place, showed }) {
  const you = ["passed", showed === "none" ? t("show nothing") : showed === "forged" ? t("show a forgery") : t("show your token")];
  if (answer.offline || answer.status >= 429) return [you];
  if (!scope) return [you, ["unlooked", t("is not asked")], ["passed", t("answers all")]];
  if (answer.status === 401) return [you, ["stopped", showed === "none" ? t("has nothing to taste") : t("spits it out")]];
  if (answer.status === 403 && place !== "handler") return [you, ["stopped", t("misses {scope}", { scope })]];
  if (answer.status === 403) return [you, ["passed", t("finds it genuine")], ["stopped", t("misses {scope}", { scope })]];
  return [you, ["passed", t("finds it genuine")], ["passed", t("answers you")]];
}

function explain({ answer, scope, place, showed }) {
  if (answer.offline || answer.status === 429 || answer.status >= 500) return { verdict: answer.offline ? t("Nobody came to the door.") : t("Not now."), why: trouble(answer, answer.retryAfter ?? 2) };
  if (answer.ok && !scope) return { verdict: t("Open to everybody."), why: t("Nobody looked at a token: this route is declared public, so the gateway does not even wake the authorizer.") };
  if (answer.ok) return granted({ answer, scope });
  if (answer.status === 401 && showed === "none") return { verdict: t("Who are you?"), why: t("You showed no token, so the gateway answers by itself: 401 means that it does not know you. None of the code behind the route has run."), next: current().state === "in" ? t("Choose “My token” and knock again.") : t("Log in or sign up on this page, then knock again.") };
  if (answer.status === 401 && showed === "forged") return { verdict: t("This is forged."), why: t("One letter of the signature was changed. The authorizer computes it again with our public key, it does not fit, and nothing in the token is believed: 401."), next: t("Your own session is untouched. That is the point.") };
  if (answer.status === 401) return { verdict: t("This token counts no more."), why: t("It has ended or its session was ended, and no new one could be had: 401."), next: t("Log in again, then knock again.") };
  if (answer.status === 403) return refused({ answer, scope, place });
  return { verdict: t("An answer we did not expect."), why: answer.detail || t("The answer below says what it is.") };
}

function granted({ answer, scope }) {
  const grown = answer.before[0]?.status === 403;
  return {
    verdict: t("Let through."),
    why: grown
      ? t("The first try was refused. The page then fetched a new token, this one holds “{scope}”, and the second try was let through: the grant counts without a new log-in.", { scope })
      : t("The authorizer checked the signature, the issuer and the times of your token, found the scope “{scope}” in it, and let the call through to the code.", { scope }),
  };
}

function refused({ answer, scope, place }) {
  const name = one("#who").dataset.username ?? "USER";
  return {
    verdict: t("We know you, but no."),
    why: place === "handler"
      ? t("The authorizer let your token through, and the route’s own code looked again: {detail}. That is 403: asking again with the same token will not help.", { detail: answer.detail || `scope "${scope}" is required` })
      : t("Your token is genuine, so this is not a 401. But it does not hold the scope “{scope}”, and the authorizer stopped the call in front of the code: 403.", { scope }),
    next: t("Whoever runs this service can grant it on the command line. Then knock again: no new log-in is needed."),
    command: one("[data-named]") ? "" : `.venv/bin/cupbearer users grant ${quoted(name)} ${scope}`,
  };
}

/** Return a word as a shell takes it. */
const quoted = (word) => (/^[\w.-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`);

function request({ asked }) {
  const lines = Object.entries(asked.headers).map(([name, value]) => `${name}: ${shortened(value)}`);
  return [`${asked.method} ${asked.path}`, ...lines].join("\n");
}

/** Leave the middle of a token out: it is a key while it lasts, and pictures of pages travel. */
const shortened = (value) => (value.length > 60 ? `${value.slice(0, 24)}…${value.slice(-8)}` : value);

function response(answer) {
  if (answer.offline) return t("no answer");
  const headers = answer.headers.filter(([name]) => SHOWN_HEADERS.includes(name)).map(([name, value]) => `${name}: ${value}`);
  const body = answer.body ? JSON.stringify(answer.body, null, 2) : answer.text;
  return [`${answer.status} ${answer.statusText || REASONS[answer.status] || ""}`.trim(), ...headers, "", body].join("\n").trim();
}
