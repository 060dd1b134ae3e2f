/** What was chosen in the queue to be answered at once; it travels in the history entry, so that a reload keeps it. */
import type { InteractionFilters } from "@/lib/api/types";

export type BulkChoice = { ids: readonly string[] } | { filters: InteractionFilters };

/** Interactions of one bulk at most, as the server has it. */
export const BULK_ITEMS_MAX = 1_000;

/** Reads what a history entry holds; anything may stand there. */
export function readChoice(state: unknown): BulkChoice | undefined {
  if (typeof state !== "object" || state === null) return undefined;
  if ("ids" in state && Array.isArray(state.ids) && state.ids.every((id) => typeof id === "string")) {
    return { ids: state.ids };
  }
  if ("filters" in state && typeof state.filters === "object" && state.filters !== null) {
    return { filters: state.filters };
  }
  return undefined;
}
