/**
 * Idempotency keys: one per intent of a person. A repeat of the same click carries the same key, so that the server
 * answers with the first result; an intent that has a definite answer is over, and the next click gets a new key.
 */
import type { Problem } from "./problem";
import { sessionStore } from "@/lib/storage";

interface Pending {
  /** Digest of the body: what is kept in the browser must not hold tokens or texts. */
  digest: string;
  key: string;
  /** What its author had seen. */
  basis?: number | undefined;
}

/** The key for doing `body` in `scope`; the same until the intent is settled or the body changes. */
export function intentKey(scope: string, body: unknown): string {
  return intentOf(scope, body, undefined).key;
}

/** The same with what its author had seen: a repeat is the intent of then, whatever has been seen since. */
export function intentOf(
  scope: string,
  body: unknown,
  basis: number | undefined,
): { key: string; basis: number | undefined } {
  const digest = digestOf(JSON.stringify(body ?? null));
  const pending = sessionStore.read<Pending>(`intent.${scope}`);
  if (pending?.digest === digest) return { key: pending.key, basis: pending.basis };
  const key = crypto.randomUUID();
  sessionStore.write(`intent.${scope}`, { digest, key, basis } satisfies Pending);
  return { key, basis };
}

/** cyrb53, a 53-bit digest: enough to tell two bodies of one scope apart, and synchronous, unlike `crypto.subtle`. */
function digestOf(text: string): string {
  let high = 0xdeadbeef;
  let low = 0x41c6ce57;
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    high = Math.imul(high ^ unit, 2654435761);
    low = Math.imul(low ^ unit, 1597334677);
  }
  high = Math.imul(high ^ (high >>> 16), 2246822507) ^ Math.imul(low ^ (low >>> 13), 3266489909);
  low = Math.imul(low ^ (low >>> 16), 2246822507) ^ Math.imul(high ^ (high >>> 13), 3266489909);
  return (4294967296 * (2097151 & low) + (high >>> 0)).toString(36);
}

/** Ends the intent: the server has given it a definite answer. */
export function settleIntent(scope: string): void {
  sessionStore.remove(`intent.${scope}`);
}

/** Whether a failure leaves open what became of the request, so that a repeat must be the same intent. */
export function isUnsettled(problem: Problem): boolean {
  return (
    problem.status === 0 ||
    problem.status === 401 ||
    problem.status === 429 ||
    problem.status === 500 ||
    problem.status === 503 ||
    problem.status === 504 ||
    problem.code === "idempotency_key_in_flight"
  );
}
