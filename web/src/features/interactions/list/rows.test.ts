/** Rows keep their places while news comes in. */
import { expect, test } from "vitest";
import type { InteractionSummary } from "@/lib/api/types";
import { arrivals, rowsOf, withNewer, withTail, type Pages } from "./rows";

function row(id: string, version = 1, preview = ""): InteractionSummary {
  return { interaction_id: id, version, preview } as InteractionSummary;
}

function pages(...items: InteractionSummary[][]): Pages {
  return {
    pages: items.map((page, index) => ({
      items: page,
      next: index + 1 < items.length ? String(index) : null,
    })),
    pageParams: items.map((_, index) => (index === 0 ? undefined : String(index - 1))),
  };
}

test("an item seen on two pages is one row", () => {
  expect(
    rowsOf(pages([row("a"), row("b")], [row("b"), row("c")])).map((each) => each.interaction_id),
  ).toEqual(["a", "b", "c"]);
});

test("news replaces a row in its place", () => {
  const next = withNewer(pages([row("a"), row("b")]), [row("b", 2, "new")]);
  expect(rowsOf(next)).toEqual([row("a"), row("b", 2, "new")]);
});

test("an answer older than what is shown changes nothing", () => {
  const before = pages([row("a", 3)]);
  expect(withNewer(before, [row("a", 2, "old"), row("x", 9)])).toBe(before);
});

test("only items not on the list count as new", () => {
  expect(arrivals([row("a")], { items: [row("n"), row("a"), row("m")], next: null })).toBe(2);
  expect(arrivals([row("a")], undefined)).toBe(0);
});

test("items that belong at the end are added there once", () => {
  const next = withTail(pages([row("a")], [row("b")]), { items: [row("b"), row("c")], next: "more" });
  expect(rowsOf(next).map((each) => each.interaction_id)).toEqual(["a", "b", "c"]);
  expect(next.pages.at(-1)?.next).toBe("more");
});
