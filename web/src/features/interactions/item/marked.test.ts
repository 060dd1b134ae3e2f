/** Where findings are marked in a text. */
import { expect, test } from "vitest";
import type { Finding } from "@/lib/api/types";
import { marked } from "./marked";

function finding(start: number, end: number, severity = "error"): Finding {
  const told = { type: "ai_mention", category: "ai_mention", message: "", instead: "", listed: null };
  return { ...told, severity, phrase: "", place: { start, end } };
}

test("a place counts characters, also those that are two for the browser", () => {
  expect(marked("🙂 бот тут", [finding(2, 5)])).toEqual([
    { text: "🙂 ", severity: undefined },
    { text: "бот", severity: "error" },
    { text: " тут", severity: undefined },
  ]);
});

test("places come in any order, touch and overlap, and no character is shown twice", () => {
  const found = [finding(4, 6, "warning"), finding(0, 3), finding(2, 4)];
  expect(marked("абвгдеж", found)).toEqual([
    { text: "абв", severity: "error" },
    { text: "г", severity: "error" },
    { text: "де", severity: "warning" },
    { text: "ж", severity: undefined },
  ]);
});

test("what is about the whole text marks nothing", () => {
  expect(marked("абв", [{ ...finding(0, 1), place: null }])).toEqual([{ text: "абв", severity: undefined }]);
});
