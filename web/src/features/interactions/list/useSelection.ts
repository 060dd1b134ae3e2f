/** Which rows of the list are selected, and from where a range is counted. */
import { useState } from "react";
import type { InteractionSummary } from "@/lib/api/types";

export interface Selection {
  /** Rows selected one by one. */
  ids: ReadonlySet<string>;
  /** Everything that the filter finds is meant, loaded or not. */
  isWhole: boolean;
}

const NOTHING: Selection = { ids: new Set(), isWhole: false };

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
  const choose = (ids: Iterable<string>) => setSelection({ ids: new Set(ids), isWhole: false });
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
    addWhole: () => setSelection({ ids: new Set(rows.map((row) => row.interaction_id)), isWhole: true }),
    clear: () => {
      setSelection(NOTHING);
      setAnchor(undefined);
    },
  };
}
