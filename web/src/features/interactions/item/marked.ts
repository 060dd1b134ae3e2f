/** A text in pieces, so that the places of findings can be marked. */
import type { Finding } from "@/lib/api/types";

export interface Piece {
  text: string;
  severity: Finding["severity"] | undefined;
}

/** Cuts a text at the places of findings, which count characters as people do and not as the browser does. */
export function marked(text: string, found: readonly Finding[]): Piece[] {
  const characters = Array.from(text);
  const pieces: Piece[] = [];
  let done = 0;
  const cut = (end: number, severity: Piece["severity"]) => {
    if (end > done) pieces.push({ text: characters.slice(done, end).join(""), severity });
    done = Math.max(done, end);
  };
  const places = found.flatMap(({ place, severity }) => (place ? [{ ...place, severity }] : []));
  for (const { start, end, severity } of places.sort((one, other) => one.start - other.start)) {
    cut(start, undefined);
    cut(end, severity);
  }
  cut(characters.length, undefined);
  return pieces;
}
