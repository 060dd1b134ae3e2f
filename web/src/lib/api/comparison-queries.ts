/** What is read of comparisons of models. */
import { queryOptions } from "@tanstack/react-query";
import { api, taken } from "./client";
import { keys } from "./queries";
import type { Comparison, ComparisonReport } from "./types";

const RUNNING_POLL_MS = 1_000;

function isOpen({ state }: Comparison): boolean {
  return state === "wanted" || state === "running";
}

/** The latest comparisons. */
export const comparisonsQuery = queryOptions({
  queryKey: keys.comparisons,
  queryFn: async ({ signal }): Promise<Comparison[]> =>
    (await taken(api.GET("/api/v1/drafting/comparisons", { signal }))).items,
  staleTime: 0,
  refetchInterval: ({ state: { data } }) => (data?.some(isOpen) ? RUNNING_POLL_MS : false),
});

/** What a comparison has found so far. */
export const comparisonQuery = (id: string) =>
  queryOptions({
    queryKey: [...keys.comparisons, id],
    queryFn: ({ signal }): Promise<ComparisonReport> =>
      taken(api.GET("/api/v1/drafting/comparisons/{id}", { params: { path: { id } }, signal })),
    refetchInterval: ({ state: { data } }) =>
      data === undefined || isOpen(data.comparison) ? RUNNING_POLL_MS : false,
  });
