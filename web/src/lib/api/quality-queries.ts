/** What is read of how good drafts and answers were. */
import { infiniteQueryOptions, queryOptions, type QueryClient } from "@tanstack/react-query";
import { dayAfter, dayIn } from "@/lib/days";
import { api, taken } from "./client";
import { keys, PAGE_ROWS, slaQuery } from "./queries";
import type {
  ClosedWeek,
  Complaints,
  Days,
  DraftQuality,
  JudgedFilters,
  JudgedPage,
  MeasuredFilters,
  MeasuredPage,
  MetricBy,
  Period,
  ReplyQuality,
} from "./types";

const DAY_MS = 86_400_000;

/** What operators did with the drafts of so many days. */
export function draftQualityQuery(days: number) {
  return queryOptions({
    queryKey: keys.quality(days),
    queryFn: ({ signal }): Promise<DraftQuality> =>
      taken(api.GET("/api/v1/quality/drafts", { params: { query: { since: daysAgo(days) } }, signal })),
  });
}

/** The drafts and replies of so many days, those decided last first. */
export function judgedQuery(days: number, filters: JudgedFilters) {
  return infiniteQueryOptions({
    queryKey: keys.judged(days, filters),
    queryFn: ({ pageParam, signal }): Promise<JudgedPage> => {
      const after = pageParam === undefined ? {} : { after: pageParam };
      const query = { ...filters, since: daysAgo(days), limit: PAGE_ROWS, ...after };
      return taken(api.GET("/api/v1/quality/drafts/items", { params: { query }, signal }));
    },
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
  });
}

/** What there is most to learn from. */
export const learningQuery = infiniteQueryOptions({
  queryKey: keys.learning,
  queryFn: ({ pageParam, signal }): Promise<JudgedPage> => {
    const query = { limit: PAGE_ROWS, ...(pageParam === undefined ? {} : { after: pageParam }) };
    return taken(api.GET("/api/v1/learning", { params: { query }, signal }));
  },
  initialPageParam: undefined as string | undefined,
  getNextPageParam: (page) => page.next ?? undefined,
});

function daysAgo(days: number): string {
  return new Date(Date.now() - days * DAY_MS).toISOString();
}

/** How well interactions were answered within so many days, also by what they have in common where that is asked. */
export function replyQualityQuery(days: Days, by?: MetricBy) {
  return queryOptions({
    queryKey: keys.replyQuality(days, by),
    queryFn: async ({ client, signal }): Promise<ReplyQuality> => {
      const query = { ...(await period(days, client)), ...(by === undefined ? {} : { by }) };
      return taken(api.GET("/api/v1/interactions/metrics/quality", { params: { query }, signal }));
    },
  });
}

/** The same as a file. */
export async function replyQualityFile(
  client: QueryClient,
  days: number,
  by: MetricBy,
  format: "csv" | "xlsx",
): Promise<Blob> {
  const query = { ...(await period(days, client)), by, format };
  const file = api.GET("/api/v1/interactions/metrics/quality/export", { params: { query }, parseAs: "blob" });
  return taken(file);
}

/** A week as it was known when it was closed, and as it is now; none where it was not closed. */
export function closedWeekQuery(from: string) {
  return queryOptions({
    queryKey: keys.closedWeek(from),
    queryFn: async ({ signal }): Promise<ClosedWeek | null> => {
      const path = "/api/v1/interactions/metrics/quality/closed";
      return (await taken(api.GET(path, { params: { query: { from } }, signal }))).week;
    },
  });
}

/** What buyers complained about within so many days, and in as many before them. */
export function complaintsQuery(days: Days) {
  return queryOptions({
    queryKey: keys.complaints(days),
    queryFn: async ({ client, signal }): Promise<Complaints> => {
      const query = await period(days, client);
      return taken(api.GET("/api/v1/interactions/metrics/complaints", { params: { query }, signal }));
    },
  });
}

/** The interactions that a number of so many days counts, those counted last first. */
export function measuredQuery(days: Days, filters: MeasuredFilters) {
  return infiniteQueryOptions({
    queryKey: keys.measured(days, filters),
    queryFn: async ({ client, pageParam, signal }): Promise<MeasuredPage> => {
      const after = pageParam === undefined ? {} : { after: pageParam };
      const query = { ...filters, ...(await period(days, client)), limit: PAGE_ROWS, ...after };
      return taken(api.GET("/api/v1/interactions/metrics/quality/items", { params: { query }, signal }));
    },
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
  });
}

/** The days by the clocks of the seller's zone. */
async function period(days: Days, client: QueryClient): Promise<Period> {
  if (typeof days !== "number") return { from: days.from, to: days.to };
  const { sla } = await client.query({ ...slaQuery, staleTime: "static" });
  const today = dayIn(sla.zone, Date.now());
  return { from: dayAfter(today, 1 - days), to: dayAfter(today, 1) };
}
