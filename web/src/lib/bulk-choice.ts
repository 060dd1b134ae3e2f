/** What was chosen in the queue to be answered at once; it travels in the history entry, so that a reload keeps it. */
import type { InteractionFilters } from "@/lib/api/types";

/** One of those chosen, as far as the list told of it then: what came in since is told before it is answered. */
export interface ChosenItem {
  id: string;
  version: number;
}

/** What is chosen, and the text for all where one is known already. */
export type BulkChoice = ({ items: readonly ChosenItem[] } | { filters: InteractionFilters }) & {
  text?: string;
};

/** Interactions of one bulk at most, as the server has it. */
export const BULK_ITEMS_MAX = 1_000;

/** Reads what a history entry holds; anything may stand there. */
export function readChoice(state: unknown): BulkChoice | undefined {
  if (typeof state !== "object" || state === null) return undefined;
  const text = "text" in state && typeof state.text === "string" ? { text: state.text } : {};
  if ("items" in state && Array.isArray(state.items) && state.items.every(isChosenItem)) {
    return { items: state.items, ...text };
  }
  if ("filters" in state && typeof state.filters === "object" && state.filters !== null) {
    return { filters: state.filters, ...text };
  }
  return undefined;
}

function isChosenItem(value: unknown): value is ChosenItem {
  if (typeof value !== "object" || value === null || !("id" in value) || !("version" in value)) return false;
  return typeof value.id === "string" && typeof value.version === "number";
}
