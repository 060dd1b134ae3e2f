/** What is read of the seller's knowledge. */
import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { api, taken } from "./client";
import { keys, PAGE_ROWS } from "./queries";
import type { KnowledgeFilters, KnowledgeItem, KnowledgePage, UnansweredList } from "./types";

/** Documents and products, those written last first. */
export function knowledgeQuery(filters: KnowledgeFilters) {
  return infiniteQueryOptions({
    queryKey: keys.knowledgeList(filters),
    queryFn: ({ pageParam, signal }): Promise<KnowledgePage> => {
      const after = pageParam === undefined ? {} : { after: pageParam };
      const query = { ...filters, limit: PAGE_ROWS, ...after };
      return taken(api.GET("/api/v1/knowledge", { params: { query }, signal }));
    },
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
  });
}

/** One document or product. */
export function knowledgeItemQuery(id: string) {
  return queryOptions({
    queryKey: keys.knowledgeItem(id),
    queryFn: ({ signal }): Promise<KnowledgeItem> =>
      taken(api.GET("/api/v1/knowledge/{id}", { params: { path: { id } }, signal })),
  });
}

/** Questions that nothing known answers. */
export const unansweredQuery = queryOptions({
  queryKey: keys.unanswered,
  queryFn: ({ signal }): Promise<UnansweredList> =>
    taken(api.GET("/api/v1/knowledge/unanswered", { signal })),
});
