/** What is read of bulks, and how they are asked for and stopped. */
import { queryOptions, useMutation, useQueryClient, type QueryClient } from "@tanstack/react-query";
import { api, intended, taken } from "@/lib/api/client";
import { historyQuery, keys } from "@/lib/api/queries";
import type { Bulk, BulkItemState, BulkRequest, BulkSummary, Preflight } from "@/lib/api/types";
import type { BulkChoice } from "@/lib/bulk-choice";

/** How often a bulk is looked at while it goes on: as fast as a person reads a number. */
const RUNNING_POLL_MS = 1_000;
/** An outcome that nobody knows is settled within minutes. */
const SETTLING_POLL_MS = 5_000;

/** Replies whose end is still to come. */
const OPEN: readonly BulkItemState[] = ["held", "sending", "unknown"];

/** What a bulk would send. Read anew by every visit: what was judged a minute ago may have changed. */
export const preflightQuery = (choice: BulkChoice, text: string | undefined) =>
  queryOptions({
    queryKey: [...keys.bulks, "preflight", choice, text],
    queryFn: ({ signal }): Promise<Preflight> =>
      taken(
        api.POST("/api/v1/interactions/bulk/preflight", {
          body: { ...wished(choice), ...(text === undefined ? {} : { text }) },
          signal,
        }),
      ),
    staleTime: 0,
    gcTime: 0,
  });

function wished(choice: BulkChoice) {
  if ("items" in choice) {
    return {
      items: choice.items.map(({ id, version }) => ({ interaction_id: id, basis: null, version })),
    };
  }
  const { account_id, channel, intent, marketplace, needs_response, priority } = choice.filters;
  const { rating, reply_state, sentiment, status, breached, due_within_minutes } = choice.filters;
  const { complaint, product, written_since, written_until } = choice.filters;
  return {
    filter: {
      account_id: account_id ?? null,
      breached: breached ?? null,
      channel: channel ?? null,
      complaint: complaint ?? null,
      due_within_minutes: due_within_minutes ?? null,
      intent: intent ?? null,
      marketplace: marketplace ?? null,
      needs_response: needs_response ?? null,
      priority: priority ?? null,
      product: product ?? null,
      rating: rating ?? null,
      reply_state: reply_state ?? null,
      sentiment: sentiment ?? null,
      status: status ?? null,
      written_since: written_since ?? null,
      written_until: written_until ?? null,
    },
  };
}

/** A bulk with what became of each item. */
export const bulkQuery = (id: string) =>
  queryOptions({
    queryKey: [...keys.bulks, id],
    queryFn: ({ signal }): Promise<Bulk> =>
      taken(api.GET("/api/v1/interactions/bulk/{id}", { params: { path: { id } }, signal })),
    refetchInterval: ({ state: { data } }) => {
      if (data === undefined || data.state === "running" || data.state === "stopping") return RUNNING_POLL_MS;
      return OPEN.some((state) => countOf(data, state) > 0) ? SETTLING_POLL_MS : false;
    },
  });

/** The latest bulks. */
export const bulksQuery = queryOptions({
  queryKey: keys.bulks,
  queryFn: async ({ signal }): Promise<BulkSummary[]> =>
    (await taken(api.GET("/api/v1/interactions/bulk", { signal }))).items,
  staleTime: 0,
});

/** The text of the first reply that was asked for: what one text was for all. */
export async function textOf(client: QueryClient, bulk: Bulk): Promise<string> {
  const asked = bulk.items.find((item) => item.reply_id !== null);
  if (!asked) return "";
  const versions = await client.query(historyQuery(asked.interaction_id));
  return versions.find((version) => version.reply_id === asked.reply_id)?.text ?? "";
}

export function countOf(bulk: Bulk, state: BulkItemState): number {
  return bulk.counts.by_state[state] ?? 0;
}

/** Asks for a bulk; answers with its id. */
export function useRequestBulk(onAccepted: (id: string) => void) {
  return useMutation({
    mutationFn: (body: BulkRequest) =>
      intended("bulk", body, (key) =>
        api.POST("/api/v1/interactions/bulk", {
          params: { header: { "Idempotency-Key": key } },
          body,
        }),
      ),
    onSuccess: ({ bulk_id }) => onAccepted(bulk_id),
  });
}

/** Stops a bulk. */
export function useStopBulk(id: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () =>
      intended(`bulk stop ${id}`, null, (key) =>
        api.POST("/api/v1/interactions/bulk/{id}/stop", {
          params: { path: { id }, header: { "Idempotency-Key": key } },
        }),
      ),
    onSuccess: (bulk) => client.setQueryData(bulkQuery(id).queryKey, bulk),
  });
}
