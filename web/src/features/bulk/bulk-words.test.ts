/** What the console says about a bulk. */
import { expect, test } from "vitest";
import type { Bulk } from "@/lib/api/types";
import { durationOf, progressOf, sendWords } from "./bulk-words";

function bulk(state: Bulk["state"], sent: number): Bulk {
  return {
    bulk_id: "b",
    state,
    drafts: true,
    requested_at: "2026-07-20T09:00:00Z",
    requested_by: null,
    counts: { total: 12, sent, by_state: {} },
    items: [],
    cursor: "c",
  };
}

test("progress goes on until it is over", () => {
  expect(progressOf(bulk("running", 5))).toBe("Отправлено 5 из 12…");
  expect(progressOf(bulk("done", 12))).toBe("Отправлено 12 из 12");
});

test("durations are about", () => {
  expect(durationOf(1)).toBe("пару секунд");
  expect(durationOf(41)).toBe("около 41 секунды");
  expect(durationOf(240)).toBe("около 4 минут");
  expect(durationOf(7_300)).toBe("около 2 часов");
});

test("replies are counted", () => {
  expect(sendWords(1)).toBe("Отправить 1 ответ");
  expect(sendWords(12)).toBe("Отправить 12 ответов");
});
