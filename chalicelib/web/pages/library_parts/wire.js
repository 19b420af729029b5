// What the library says to the service and hears from it: one shape of errors, and the waits that are asked for.

const PATIENCE = 20_000; // milliseconds; the service itself gives up after eight seconds
export const REFRESH_PATIENCE = 8_000; // milliseconds, so that one is sent again within the service's grace of ten seconds
const LONGEST_WAIT = 30; // seconds of a Retry-After that are waited for; a longer one is the caller's to show
const REPEATABLE = ["GET", "HEAD", "OPTIONS", "PUT", "DELETE"]; // RFC 9110 section 9.2.2

/** Why something did not happen: `code` is the service's stable word or one of ours; `status` is 0 without an answer. */
export class CupbearerError extends Error {
  constructor(code, detail = "", { status = 0, body = null, retryAfter = null, cause } = {}) {
    super(detail || code, { cause });
    const { errors = {}, factors = [] } = body ?? {};
    Object.assign(this, { name: "CupbearerError", code, detail, status, body, retryAfter, errors, factors });
  }
}

/** Return why there was no answer at all. */
export const unanswered = (cause) => new CupbearerError(navigator.onLine ? "no_answer" : "offline", "The service could not be reached.", { cause });

/** Return how many seconds a busy or throttling server asks us to wait, or null. */
export function waitOf({ status, headers }) {
  if (status !== 429 && status !== 503) return null;
  const seconds = Number(headers.get("Retry-After"));
  return seconds > 0 ? Math.ceil(seconds) : null;
}

/** Post JSON or a form to the service itself. Returns the body of the answer; throws CupbearerError for a refusal and for none. */
export async function post(url, { json, form, token, method = "POST", patience = PATIENCE } = {}) {
  const headers = token ? { Authorization: `Bearer ${token}` } : {};
  if (json) headers["Content-Type"] = "application/json";
  const body = json ? JSON.stringify(json) : form && new URLSearchParams(form);
  const options = { method, headers, body, cache: "no-store", redirect: "error", signal: AbortSignal.timeout(patience) };
  // Cookies come along in cookie mode alone: there the page is of the same site.
  const response = await fetch(url, { ...options, credentials: form ? "omit" : "include" }).catch((cause) => { throw unanswered(cause); });
  const text = await response.text().catch((cause) => { throw unanswered(cause); });
  if (!response.ok) throw refusal(response, text);
  return text ? read(text) : null;
}

/** Return the error that an answer of the service is: a problem document (RFC 9457), or OAuth's (RFC 6749 section 5.2). */
export function refusal(response, text) {
  const body = read(text) ?? {};
  const more = { status: response.status, body, retryAfter: waitOf(response) };
  return new CupbearerError(body.reason ?? body.code ?? body.error ?? `http_${response.status}`, body.detail ?? body.error_description, more);
}

function read(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null; // empty, or not JSON: the status says enough
  }
}

/** Wait, or reject as soon as the caller's signal says so. */
export function pause(milliseconds, signal) {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const stop = () => { clearTimeout(timer); reject(signal.reason); };
    const timer = setTimeout(() => { signal?.removeEventListener("abort", stop); resolve(); }, milliseconds);
    signal?.addEventListener("abort", stop, { once: true });
  });
}

/** Run `act(last)` until it gives no answer to wait for: at most `tries` times, with the pauses that the server asks for. */
export async function patiently(act, { tries, method, signal }) {
  for (let left = tries; ; left -= 1) {
    const { answer, error } = await act(left === 1).then((answer) => ({ answer }), (error) => ({ error }));
    const wait = error ? error.retryAfter : waitOf(answer);
    // A 429 was refused before anything was done; after a 503 only what may be done twice is.
    const again = wait && wait <= LONGEST_WAIT && (error || answer.status === 429 || REPEATABLE.includes(method));
    if (left === 1 || !again) {
      if (error) throw error;
      return answer;
    }
    await pause(wait * 1000, signal);
  }
}

/** Tell whether a scope is missing: of our own service the body says so, where a gateway swallowed the challenge. */
export async function lacksScope(response, ours) {
  if (response.status !== 403) return false;
  if (response.headers.get("WWW-Authenticate")?.includes("insufficient_scope")) return true;
  if (!ours) return false;
  const { code } = read(await response.clone().text()) ?? {};
  return !code || code === "insufficient_scope";
}
