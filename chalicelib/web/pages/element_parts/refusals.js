// Why a log-in was refused, in the card's words: beside the field that it is about, or in its notice.

import { fault } from "./card.js";
import { make } from "./element.js";

const BESIDE = { invalid_credentials: ["password", "wrong"], invalid_second_factor: ["code", "wrongCode"] };
const SAID = { offline: "noAnswer", no_answer: "noAnswer", no_passkey: "noPasskey", log_in_over: "over", account_closed: "closed" };

/** Show a refusal; the focus goes where it is mended. */
export function refused(element, error) {
  const [name, key] = BESIDE[error.code] ?? [];
  if (name && fault(element, name, element.text(key))) return element.shadowRoot.getElementById(name).select();
  const named = Object.entries(error.errors ?? {}).filter(([field, text]) => fault(element, field, text));
  if (named.length) return element.shadowRoot.getElementById(named[0][0]).focus();
  if (error.retryAfter) return wait(element, error.retryAfter);
  return say(element, error);
}

function say(element, error) {
  const notice = element.one(".notice");
  if (!notice) return;
  notice.textContent = SAID[error.code] ? element.text(SAID[error.code]) : error.detail || element.text("failed");
  if (error.code !== "account_closed") return;
  notice.append(" ", make("a", { class: "link", part: "link", href: `${element.client.issuer}/login` }, element.text("logIn")));
}

/** Count the seconds of a refusal down by the wall clock; a screen reader hears the first sentence alone. */
function wait(element, seconds) {
  const notice = element.one(".notice");
  const end = Date.now() + seconds * 1000;
  const tick = () => {
    const left = Math.ceil((end - Date.now()) / 1000);
    if (!notice.isConnected || left <= 0) clearInterval(timer);
    notice.textContent = left > 0 ? element.text("wait", { seconds: String(left) }) : element.text("free");
    setTimeout(() => notice.setAttribute("aria-live", left > 0 ? "off" : "polite"), 500);
  };
  const timer = setInterval(tick, 500);
  tick();
}
