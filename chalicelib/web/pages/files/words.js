// Plain words for what machines say.

const UNITS = [["day", 86400], ["hour", 3600], ["minute", 60]];
const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
const full = new Intl.DateTimeFormat("en", { dateStyle: "long", timeStyle: "short" });
const date = new Intl.DateTimeFormat("en", { dateStyle: "long" });

export const onDay = (seconds) => date.format(seconds * 1000);
export const exactly = (seconds) => full.format(seconds * 1000);

/** Return how long ago a time was: "just now", "5 minutes ago", a date after a month. */
export function ago(seconds, now = Date.now() / 1000) {
  const passed = Math.max(0, now - seconds);
  if (passed < 45) return "just now";
  if (passed > 30 * 86400) return onDay(seconds);
  const [unit, size] = UNITS.find(([, size]) => passed >= size) ?? ["minute", 60];
  return relative.format(-Math.max(1, Math.round(passed / size)), unit);
}

/** Return seconds as a clock: 4:32. */
export const clock = (seconds) => `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;

export const inSeconds = (count) => `${count} second${count === 1 ? "" : "s"}`;

const BROWSERS = [
  [/Edg(e|A|iOS)?\//, "Edge"], [/OPR\/|Opera/, "Opera"], [/SamsungBrowser/, "Samsung Internet"], [/Firefox\/|FxiOS/, "Firefox"],
  [/Chrome\/|CriOS|Chromium/, "Chrome"], [/Safari\//, "Safari"], [/^curl\//, "curl"],
  [/python|httpx|okhttp|Go-http|node/i, "A program"],
];
const SYSTEMS = [
  [/Android/, "Android"], [/iPhone/, "iPhone"], [/iPad/, "iPad"], [/CrOS/, "ChromeOS"], [/Windows/, "Windows"], [/Mac OS X|Macintosh/, "Mac"],
  [/Linux|X11/, "Linux"],
];

/** Return a user agent as a person would say it: "Firefox on Linux". */
export function device(userAgent) {
  const find = (table) => table.find(([pattern]) => pattern.test(userAgent))?.[1];
  const [browser, system] = [find(BROWSERS), find(SYSTEMS)];
  if (browser && system) return `${browser} on ${system}`;
  return browser ?? (system ? `A browser on ${system}` : "An unknown device");
}

const ENDINGS = {
  expired: "Your session reached its maximum age.",
  idle: "You were away for too long, so your session ended.",
  spent: "An answer of ours did not reach this browser in time.",
  reused: "Your session was ended for safety: its key was used twice, and one of the two may not have been you.",
  revoked: "Your session was ended here or from another device.",
  password_changed: "Your password was changed, which ended this session.",
  disabled: "This account is disabled. Ask whoever runs this service.",
};

/** Return why a session is over. */
export const whyOut = (why) => `${ENDINGS[why.code] ?? "Your session is over."} Log in to go on: what you typed is still here.`;

/** Return what keeps a call from being answered, for a wait of `left` seconds; empty where the answer itself says it. */
export function trouble(answer, left) {
  if (answer.offline) return navigator.onLine ? "The service does not answer. Nothing is lost: try again." : "You are offline. Nothing is lost: we go on when you are back.";
  if (answer.status === 429) return `Too many tries in a row. Wait ${inSeconds(left)}, then try again.`;
  if (answer.status === 503) return `The service is busy. We can try again in ${inSeconds(left)}.`;
  if (answer.status >= 500) return "Something went wrong on our side. Nothing you typed is lost.";
  return "";
}

const NAMES = { username: "The user name", password: "The password", email: "The address", name: "The name", text: "A message", new_password: "The new password", current_password: "The current password" };

/** Return what a server says of a field as a sentence: many are one already. */
export const fieldSentence = (field, text) => (/^[A-Z].*\.$/s.test(text) ? text : `${NAMES[field] ?? field} ${text}.`);
