// One request, one answer. Whatever happens comes back as a value: an answer, or `offline` with status 0.

import { API } from "./dom.js";
import { LANGUAGE } from "./texts.js";

export const PATIENCE = 20_000; // milliseconds; the service itself gives up after eight seconds

/** Send one request; `token` goes into the Authorization header, `body` as JSON. Never throws. */
export async function send(method, path, { body, token } = {}) {
  const headers = {};
  if (token) headers.Authorization = `Bearer ${token}`;
  if (body !== undefined) headers["Content-Type"] = "application/json";
  return exchange({ method, path: API + path, headers }, body === undefined ? undefined : JSON.stringify(body));
}

async function exchange(asked, body) {
  const { method, path, headers } = asked;
  try {
    const response = await fetch(path, {
      method,
      headers: { "Accept-Language": LANGUAGE, ...headers }, // refusals come in the page's language
      body,
      credentials: "include", // the refresh cookie, also from a page on a sibling host
      cache: "no-store",
      redirect: "error",
      signal: AbortSignal.timeout(PATIENCE),
    });
    return await answered(asked, response);
  } catch {
    return unanswered(asked);
  }
}

/** Return what came of a request that nobody answered. */
export const unanswered = (asked) => ({ asked, status: 0, ok: false, offline: true, headers: [], text: "", body: null, code: "offline", detail: "", errors: {}, retryAfter: null });

/** Send a form of a page as it stands; the service answers where it leads, or why not. Never throws. */
export const sendForm = (form) => exchange({ method: "POST", path: new URL(form.action).pathname, headers: { Accept: "application/json" } }, new URLSearchParams(new FormData(form)));

/** Return an answer as a value. Throws where its end does not come. */
export async function answered(asked, response) {
  const text = await response.text();
  let body = null;
  try {
    body = JSON.parse(text);
  } catch {
    // an empty answer, or one that is not JSON: the status says enough
  }
  const fields = body && typeof body === "object" ? body : {};
  return {
    asked,
    status: response.status,
    statusText: response.statusText,
    ok: response.ok,
    offline: false,
    headers: [...response.headers],
    text,
    body,
    code: fields.code ?? "",
    detail: fields.detail ?? "",
    errors: fields.errors ?? {},
    retryAfter: seconds(response),
  };
}

/** Return how many seconds a busy or throttling server asks us to wait, or null. */
function seconds(response) {
  if (response.status !== 429 && response.status !== 503) return null;
  const seconds = Number(response.headers.get("Retry-After"));
  return Number.isFinite(seconds) && seconds > 0 ? Math.min(Math.ceil(seconds), 3600) : 2;
}
