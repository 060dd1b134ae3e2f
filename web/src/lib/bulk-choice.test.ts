/** What a history entry holds may be anything. */
import { expect, test } from "vitest";
import { readChoice } from "./bulk-choice";

test("a choice is read as it was written, and anything else is none", () => {
  const items = [{ id: "a", version: 3 }];
  expect(readChoice({ items, text: "Спасибо!" })).toEqual({ items, text: "Спасибо!" });
  expect(readChoice({ filters: { status: "waiting" } })).toEqual({ filters: { status: "waiting" } });
  for (const other of [null, "a", {}, { items: ["a"] }, { items: [{ id: "a" }] }, { filters: null }])
    expect(readChoice(other)).toBeUndefined();
});
