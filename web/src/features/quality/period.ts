/** The period that the address names. */

/** The periods to choose from, in days. */
export const DAYS = [7, 30, 90] as const;

const USUAL = 30;

/** The days that the address names. */
export function daysOf(params: URLSearchParams): number {
  return DAYS.find((days) => String(days) === params.get("days")) ?? USUAL;
}
