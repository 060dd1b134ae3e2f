/** Which rows of the list are selected, and from where a range is counted. */
import { useState } from "react";
import type { InteractionSummary } from "@/lib/api/types";
import type { ChosenItem } from "@/lib/bulk-choice";

export interface Selection {
  /** Rows selected one by one. */
  ids: ReadonlySet<string>;
  /** How many events each had when it was selected. */
  seen: ReadonlyMap<string, number>;
  /** Everything that the filter finds is meant, loaded or not. */
  isWhole: boolean;
}

const NOTHING: Selection = { ids: new Set(), seen: new Map(), isWhole: false };

export function useSelection(rows: readonly InteractionSummary[], listing: string) {
  const [selection, setSelection] = useState(NOTHING);
  const [anchor, setAnchor] = useState<string>();
  const [of, setOf] = useState(listing);
  // Another list has other rows.
  if (of !== listing) {
    setOf(listing);
    setSelection(NOTHING);
    setAnchor(undefined);
  }
  const choose = (chosen: Iterable<string>, isWhole = false) => {
    const ids = new Set(chosen);
    const shown = rows.filter((row) => ids.has(row.interaction_id));
    // What was seen first counts: the row may have changed under the hand since.
    const seen = new Map([
      ...shown.map((row) => [row.interaction_id, row.version] as const),
      ...[...selection.seen].filter(([id]) => ids.has(id)),
    ]);
    setSelection({ ids, seen, isWhole });
  };
  return {
    ...selection,
    toggle: (id: string) => {
      const ids = new Set(selection.ids);
      if (!ids.delete(id)) ids.add(id);
      setAnchor(id);
      choose(ids);
    },
    extendTo: (id: string) => {
      const place = (wanted: string) => rows.findIndex((row) => row.interaction_id === wanted);
      const ends = [place(anchor ?? id), place(id)].sort((a, b) => a - b);
      const [first = -1, last = -1] = ends;
      if (first < 0) return;
      const between = rows.slice(first, last + 1).map((row) => row.interaction_id);
      choose([...selection.ids, ...between]);
    },
    addLoaded: () => choose(rows.map((row) => row.interaction_id)),
    addWhole: () =>
      choose(
        rows.map((row) => row.interaction_id),
        true,
      ),
    /** Those of `rows` that are selected, in their order. */
    chosen: (listed: readonly InteractionSummary[]): ChosenItem[] =>
      listed
        .filter((row) => selection.ids.has(row.interaction_id))
        .map(({ interaction_id, version }) => ({
          id: interaction_id,
          version: selection.seen.get(interaction_id) ?? version,
        })),
    clear: () => {
      setSelection(NOTHING);
      setAnchor(undefined);
    },
  };
}
