/** Days as they are written in addresses, "2026-11-23": of the calendar, whatever the clocks of a zone do on them. */

const DAY_MS = 86_400_000;

/** The day that it is in the zone at a moment in milliseconds of the epoch. */
export function dayIn(zone: string, at: number): string {
  // The Swedish write a date as ISO 8601 does.
  return new Intl.DateTimeFormat("sv-SE", { timeZone: zone }).format(new Date(at));
}

/** The day so many days after this one. */
export function dayAfter(day: string, days: number): string {
  return new Date(Date.parse(day) + days * DAY_MS).toISOString().slice(0, 10);
}

/** Whether this is a day of the calendar. */
export function isDay(text: string): boolean {
  return !Number.isNaN(Date.parse(text)) && dayAfter(text, 0) === text;
}
