/** The newest position of the log this tab has heard of; reads ask for an answer that includes it. */

let latest: string | undefined;

/** Newest cursor seen, if any. */
export function positionSeen(): string | undefined {
  return latest;
}

/** Notes a cursor that came with an event or an answer. */
export function notePosition(cursor: string | undefined): void {
  latest = cursor;
}
