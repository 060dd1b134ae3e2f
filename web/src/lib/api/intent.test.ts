/** One key per intent: what keeps a repeated click from being a second reply. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { intentKey, intentOf, isUnsettled, settleIntent } from "./intent";
import { noAnswer, Problem } from "./problem";

beforeEach(() => {
  const kept = new Map<string, string>();
  vi.stubGlobal("sessionStorage", {
    getItem: (name: string) => kept.get(name) ?? null,
    setItem: (name: string, value: string) => kept.set(name, value),
    removeItem: (name: string) => kept.delete(name),
    text: () => [...kept.values()].join(),
  });
});
afterEach(() => {
  vi.unstubAllGlobals();
});

test("a repeat of the same intent has the same key", () => {
  expect(intentKey("reply.1", { text: "a" })).toBe(intentKey("reply.1", { text: "a" }));
});

test("a repeat names what its author had seen then, until the intent is settled", () => {
  const first = intentOf("reply.1", { text: "a" }, 3);
  expect(intentOf("reply.1", { text: "a" }, 4)).toEqual(first);
  settleIntent("reply.1");
  expect(intentOf("reply.1", { text: "a" }, 4).basis).toBe(4);
});

test("another text or another item is another intent", () => {
  const first = intentKey("reply.1", { text: "a" });
  expect(intentKey("reply.2", { text: "a" })).not.toBe(first);
  expect(intentKey("reply.1", { text: "b" })).not.toBe(first);
});

test("a settled intent is over: the same click later is a new one", () => {
  const first = intentKey("reply.1", { text: "a" });
  settleIntent("reply.1");
  expect(intentKey("reply.1", { text: "a" })).not.toBe(first);
});

test("what is kept does not hold the body", () => {
  intentKey("accounts.connect", { token: "eyJ-secret" });
  expect((sessionStorage as unknown as { text: () => string }).text()).not.toContain("secret");
});

test("only answers that leave the outcome open keep the intent", () => {
  expect(isUnsettled(noAnswer())).toBe(true);
  expect(isUnsettled(new Problem({ code: "idempotency_key_in_flight" }, 409, null))).toBe(true);
  expect(isUnsettled(new Problem({ code: "internal" }, 500, null))).toBe(true);
  expect(isUnsettled(new Problem({ code: "text_too_long" }, 422, null))).toBe(false);
  expect(isUnsettled(new Problem({ code: "marketplace_refused" }, 502, null))).toBe(false);
});
