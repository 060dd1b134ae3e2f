/** The week that a report is of: from Monday on, in the seller's zone. */
import type { Period } from "@/lib/api/types";
import { dayAfter, isDay } from "@/lib/days";

const WEEK_DAYS = 7;

export interface Week extends Period {
  isOver: boolean;
}

/** The week of the day that the address names, and the last whole one where it names none that has begun. */
export function weekOf(params: URLSearchParams, today: string): Week {
  const current = mondayOf(today);
  const named = params.get("from") ?? "";
  const from = isDay(named) && named <= today ? mondayOf(named) : dayAfter(current, -WEEK_DAYS);
  return { from, to: dayAfter(from, WEEK_DAYS), isOver: from < current };
}

/** The week before. */
export function weekBefore({ from }: Period): Period {
  return { from: dayAfter(from, -WEEK_DAYS), to: from };
}

/** The week after. */
export function weekAfter({ to }: Period): Period {
  return { from: to, to: dayAfter(to, WEEK_DAYS) };
}

/** The days of the week. */
export function daysOfWeek({ from }: Period): string[] {
  return Array.from({ length: WEEK_DAYS }, (_, index) => dayAfter(from, index));
}

function mondayOf(day: string): string {
  const sinceMonday = (new Date(day).getUTCDay() + 6) % WEEK_DAYS;
  return dayAfter(day, -sinceMonday);
}
