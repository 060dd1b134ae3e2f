/** The rows a list has loaded, and how news is put into them without moving them. */
import type { InfiniteData, QueryClient } from "@tanstack/react-query";
import { keys } from "@/lib/api/queries";
import type { InteractionPage, InteractionSummary } from "@/lib/api/types";

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

/** The pages with rows that belong after the last one. */
export function withTail(pages: Pages, tail: InteractionPage): Pages {
  const seen = new Set(rowsOf(pages).map((row) => row.interaction_id));
  const added = tail.items.filter((row) => !seen.has(row.interaction_id));
  const last = pages.pages.at(-1);
  if (!last || added.length === 0) return pages;
  return {
    ...pages,
    pages: [...pages.pages.slice(0, -1), { items: [...last.items, ...added], next: tail.next }],
  };
}

/** Items of a fresh first page that the list does not show. */
export function arrivals(rows: readonly InteractionSummary[], head: InteractionPage | undefined): number {
  if (!head) return 0;
  const seen = new Set(rows.map((row) => row.interaction_id));
  return head.items.filter((row) => !seen.has(row.interaction_id)).length;
}

/** Puts an item's news into every list that shows it. */
export function placeRow(client: QueryClient, row: InteractionSummary): void {
  client.setQueriesData<Pages>({ queryKey: keys.lists }, (pages) => pages && withNewer(pages, [row]));
}
