/** The period that the address names. */
import type { Days, Period } from "@/lib/api/types";
import { dayAfter, isDay } from "@/lib/days";

/** The periods to choose from, in days. */
export const DAYS = [7, 30, 90] as const;

const USUAL = 30;

const DATES = new Intl.DateTimeFormat("ru-RU", {
  timeZone: "UTC",
  day: "numeric",
  month: "long",
  year: "numeric",
});

/** The days that the address names. */
export function daysOf(params: URLSearchParams): number {
  return DAYS.find((days) => String(days) === params.get("days")) ?? USUAL;
}

/** The same, where the address may name the first day and the day after the last instead. */
export function periodOf(params: URLSearchParams): Days {
  const [from, to] = [params.get("from") ?? "", params.get("to") ?? ""];
  return isDay(from) && isDay(to) && from < to ? { from, to } : daysOf(params);
}

/** How an address names the days. */
export function periodSearch(days: Days): Record<string, string> {
  return typeof days === "number" ? { days: String(days) } : { from: days.from, to: days.to };
}

/** "за 30 дней", "за 16–22 ноября 2026 г." */
export function forDays(days: Days): string {
  return typeof days === "number" ? `за ${days} дней` : `за ${datesOf(days)}`;
}

/** "16–22 ноября 2026 г." */
export function datesOf({ from, to }: Period): string {
  return DATES.formatRange(new Date(from), new Date(dayAfter(to, -1)));
}
