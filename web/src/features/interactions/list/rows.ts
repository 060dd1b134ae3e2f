/** The rows a list has loaded, and how news is put into them without moving them. */
import type { InfiniteData, QueryClient } from "@tanstack/react-query";
import { keys } from "@/lib/api/queries";
import type { InteractionOrder, InteractionPage, InteractionSummary } from "@/lib/api/types";

export type Pages = InfiniteData<InteractionPage>;

/** The rows of all pages in order, each once: an item that moved between two reads is kept where it came first. */
export function rowsOf(pages: Pages | undefined): InteractionSummary[] {
  const seen = new Set<string>();
  return (pages?.pages ?? [])
    .flatMap((page) => page.items)
    .filter((row) => !seen.has(row.interaction_id) && seen.add(row.interaction_id));
}

/** The pages with newer versions of their rows in place; the same object when nothing is newer. */
export function withNewer(pages: Pages, rows: readonly InteractionSummary[]): Pages {
  const newer = new Map(rows.map((row) => [row.interaction_id, row]));
  const newsOf = (row: InteractionSummary) => {
    const news = newer.get(row.interaction_id);
    return news && news.version > row.version ? news : undefined;
  };
  if (!pages.pages.some((page) => page.items.some(newsOf))) return pages;
  return {
    ...pages,
    pages: pages.pages.map((page) => ({ ...page, items: page.items.map((row) => newsOf(row) ?? row) })),
  };
}

/** The pages with rows of `tail` that belong after the last one. */
export function withTail(pages: Pages, tail: InteractionPage, order: InteractionOrder): Pages {
  const rows = rowsOf(pages);
  const last = pages.pages.at(-1);
  if (!last) return pages;
  const seen = new Set(rows.map((row) => row.interaction_id));
  const added = tail.items.filter(
    (row) => !seen.has(row.interaction_id) && !comesBefore(row, rows.at(-1), order),
  );
  if (added.length === 0) return pages;
  return {
    ...pages,
    pages: [...pages.pages.slice(0, -1), { items: [...last.items, ...added], next: tail.next }],
  };
}

/**
 * Items of a fresh first page that would stand above the last row shown. When rows leave the listing, its first page
 * reaches further down than before: what it brings up from there is not new.
 */
export function arrivals(
  rows: readonly InteractionSummary[],
  head: InteractionPage | undefined,
  order: InteractionOrder,
): number {
  if (!head) return 0;
  const seen = new Set(rows.map((row) => row.interaction_id));
  return head.items.filter((row) => !seen.has(row.interaction_id) && comesBefore(row, rows.at(-1), order))
    .length;
}

function comesBefore(
  row: InteractionSummary,
  last: InteractionSummary | undefined,
  order: InteractionOrder,
): boolean {
  if (!last) return false;
  if (order === "deadline") return answerBy(row) < answerBy(last);
  const older = Date.parse(row.occurred_at) - Date.parse(last.occurred_at);
  return order === "newest" ? older > 0 : older < 0;
}

/** By when to answer; what is not to be answered by any time comes last. */
function answerBy(row: InteractionSummary): number {
  return row.deadline ? Date.parse(row.deadline.answer_by) : Infinity;
}

/** Puts an item's news into every list that shows it. */
export function placeRow(client: QueryClient, row: InteractionSummary): void {
  client.setQueriesData<Pages>({ queryKey: keys.lists }, (pages) => pages && withNewer(pages, [row]));
}
