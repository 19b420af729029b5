// Plain words for what machines say.

import { WRITTEN, t, tn } from "./texts.js";

const UNITS = [["day", 86400], ["hour", 3600], ["minute", 60]];
const relative = new Intl.RelativeTimeFormat(WRITTEN, { numeric: "auto" });
const full = new Intl.DateTimeFormat(WRITTEN, { dateStyle: "long", timeStyle: "short" });
const date = new Intl.DateTimeFormat(WRITTEN, { dateStyle: "long" });

export const onDay = (seconds) => date.format(seconds * 1000);
export const exactly = (seconds) => full.format(seconds * 1000);

/** Return how long ago a time was: "just now", "5 minutes ago", a date after a month. */
export function ago(seconds, now = Date.now() / 1000) {
  const passed = Math.max(0, now - seconds);
  if (passed < 45) return t("just now");
  if (passed > 30 * 86400) return onDay(seconds);
  const [unit, size] = UNITS.find(([, size]) => passed >= size) ?? ["minute", 60];
  return relative.format(-Math.max(1, Math.round(passed / size)), unit);
}

/** Return seconds as a clock: 4:32. */
export const clock = (seconds) => `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;

export const inSeconds = (count) => tn("{count} second", "{count} seconds", count);

const BROWSERS = [
  [/Edg(e|A|iOS)?\//, "Edge"], [/OPR\/|Opera/, "Opera"], [/SamsungBrowser/, "Samsung Internet"], [/Firefox\/|FxiOS/, "Firefox"],
  [/Chrome\/|CriOS|Chromium/, "Chrome"], [/Safari\//, "Safari"], [/^curl\//, "curl"], [/^cupbearer command line/, t("The command line")],
  [/python|httpx|okhttp|Go-http|node/i, t("A program")],
];
const SYSTEMS = [
  [/Android/, "Android"], [/iPhone/, "iPhone"], [/iPad/, "iPad"], [/CrOS/, "ChromeOS"], [/Windows/, "Windows"], [/Mac OS X|Macintosh/, "Mac"],
  [/Linux|X11/, "Linux"],
];

/** Return a user agent as a person would say it: "Firefox on Linux". */
export function device(userAgent) {
  const find = (table) => table.find(([pattern]) => pattern.test(userAgent))?.[1];
  const [browser, system] = [find(BROWSERS), find(SYSTEMS)];
  if (browser && system) return t("{browser} on {system}", { browser, system });
  return browser ?? (system ? t("A browser on {system}", { system }) : t("An unknown device"));
}

const ENDINGS = {
  expired: t("Your session reached its maximum age."),
  idle: t("You were away for too long, so your session ended."),
  spent: t("An answer of ours did not reach this browser in time."),
  reused: t("Your session was ended for safety: its key was used twice, and one of the two may not have been you."),
  revoked: t("Your session was ended here or from another device."),
  password_changed: t("Your password was changed, which ended this session."),
  disabled: t("This account is disabled. Ask whoever runs this service."),
};

/** Return why a session is over. */
export const whyOut = (why) => `${ENDINGS[why.code] ?? t("Your session is over.")} ${t("Log in to go on: what you typed is still here.")}`;

/** Return what keeps a call from being answered, for a wait of `left` seconds; empty where the answer itself says it. */
export function trouble(answer, left) {
  if (answer.offline) return navigator.onLine ? t("The service does not answer. Nothing is lost: try again.") : t("You are offline. Nothing is lost: we go on when you are back.");
  if (answer.status === 429) return t("Too many tries in a row. Wait {wait}, then try again.", { wait: inSeconds(left) });
  if (answer.status === 503) return t("The service is busy. We can try again in {wait}.", { wait: inSeconds(left) });
  if (answer.status >= 500) return t("Something went wrong on our side. Nothing you typed is lost.");
  return "";
}

const NAMES = { username: t("The user name"), password: t("The password"), email: t("The address"), name: t("The name"), text: t("A message"), new_password: t("The new password"), current_password: t("The current password") };

/** Return what a server says of a field as a sentence: many are one already. */
export const fieldSentence = (field, text) => (/[.?!؟]$/.test(text) ? text : t("{field} {fault}.", { field: NAMES[field] ?? field, fault: text }));
