/** Complaints in words, and the way to those that a number counts. */
import type { Complaints } from "@/lib/api/types";
import { grouped } from "@/lib/format/count";

/** How many there are, and how many there were in as many days before. */
export interface Trend {
  count: number;
  before: number;
}

/** "было 3, больше на 2". */
export function trendWords({ count, before }: Trend): string {
  if (count === before) return `столько же, сколько было`;
  const change = count > before ? "больше" : "меньше";
  return `было ${grouped(before)}, ${change} на ${grouped(Math.abs(count - before))}`;
}

/** A share in per cent, with one digit after the point. */
export function share(count: number, of: number): number {
  return of === 0 ? 0 : Math.round((1000 * count) / of) / 10;
}

/** Where those are listed who complain in the period, of one topic or product or of all. */
export function complaintsAddress(
  { written_since, written_until }: Pick<Complaints, "written_since" | "written_until">,
  filters: { intent?: string; product?: string },
): string {
  const search = new URLSearchParams({ complaint: "true", written_since, written_until, ...filters });
  return `/queue?${search.toString()}`;
}
