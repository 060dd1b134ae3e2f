/** Rows keep their places while news comes in. */
import { expect, test } from "vitest";
import type { InteractionSummary } from "@/lib/api/types";
import { arrivals, rowsOf, withNewer, withTail, type Pages } from "./rows";

/** A row whose letter tells its age: "a" is the newest. */
function row(id: string, version = 1, preview = ""): InteractionSummary {
  const occurred_at = new Date(Date.UTC(2026, 0, 100 - id.charCodeAt(0) + 97)).toISOString();
  return { interaction_id: id, version, preview, occurred_at } as InteractionSummary;
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

test("by deadline the sooner comes first, and what has none last", () => {
  const due = (id: string, minute: number): InteractionSummary =>
    ({
      ...row(id),
      deadline: { answer_by: new Date(Date.UTC(2026, 0, 1, 0, minute)).toISOString() },
    }) as InteractionSummary;
  const shown = [due("a", 10), due("b", 20)];
  const head = { items: [due("c", 5), ...shown, due("d", 30), row("e")], next: null };
  expect(arrivals(shown, head, "deadline")).toBe(1);
  expect(rowsOf(withTail(pages(shown), head, "deadline")).map((each) => each.interaction_id)).toEqual([
    "a",
    "b",
    "d",
    "e",
  ]);
});

test("only items above the last row shown count as new", () => {
  const shown = [row("c"), row("e")];
  expect(arrivals(shown, { items: [row("a"), row("c"), row("d"), row("e")], next: null }, "newest")).toBe(2);
  expect(arrivals(shown, undefined, "newest")).toBe(0);
});

test("a row that the first page brings up from below is not new", () => {
  const afterOneLeft = { items: [row("b"), row("c"), row("d")], next: "more" };
  expect(arrivals([row("a"), row("b"), row("c")], afterOneLeft, "newest")).toBe(0);
});

test("items that belong at the end are added there once, others are not", () => {
  const next = withTail(
    pages([row("b")], [row("c")]),
    { items: [row("a"), row("c"), row("d")], next: "more" },
    "newest",
  );
  expect(rowsOf(next).map((each) => each.interaction_id)).toEqual(["b", "c", "d"]);
  expect(next.pages.at(-1)?.next).toBe("more");
});
