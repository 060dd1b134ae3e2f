/** Times as people read them: relative at a glance, exact on demand, in the browser's time zone where none is named. */

const TO_THE_MINUTE: Intl.DateTimeFormatOptions = {
  day: "2-digit",
  month: "2-digit",
  year: "numeric",
  hour: "2-digit",
  minute: "2-digit",
};
const DATE_TIME = new Intl.DateTimeFormat("ru-RU", TO_THE_MINUTE);
const CLOCK = new Intl.DateTimeFormat("ru-RU", { hour: "2-digit", minute: "2-digit" });
const SECONDS = new Intl.DateTimeFormat("ru-RU", {
  day: "2-digit",
  month: "2-digit",
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
});
const DAY = new Intl.DateTimeFormat("ru-RU", { day: "numeric", month: "short" });
const DAY_YEAR = new Intl.DateTimeFormat("ru-RU", { day: "numeric", month: "short", year: "numeric" });
const LONG_DAY = new Intl.DateTimeFormat("ru-RU", { day: "numeric", month: "long" });
const LONG_DAY_YEAR = new Intl.DateTimeFormat("ru-RU", { day: "numeric", month: "long", year: "numeric" });

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** "15.02.2026 14:30" */
export function exactTime(iso: string): string {
  return DATE_TIME.format(new Date(iso)).replace(",", "");
}

/** The same by the clocks of a zone. */
export function exactTimeIn(zone: string, iso: string): string {
  const format = new Intl.DateTimeFormat("ru-RU", { ...TO_THE_MINUTE, timeZone: zone });
  return format.format(new Date(iso)).replace(",", "");
}

/** "15.02, 14:30:07": for the journal, where order within a minute matters. */
export function journalTime(iso: string): string {
  return SECONDS.format(new Date(iso));
}

/** "14:30" today, else day and time. */
export function clockTime(iso: string | number, now: number): string {
  const then = new Date(iso);
  const isToday = then.toDateString() === new Date(now).toDateString();
  return isToday ? CLOCK.format(then) : DATE_TIME.format(then).replace(",", "");
}

/** How long until what is held goes out: "8 с", "5 мин", and the time beyond an hour. */
export function untilSent(until: string, now: number): string {
  const seconds = Math.max(0, Math.ceil((Date.parse(until) - now) / 1000));
  if (seconds < 60) return `через ${seconds} с`;
  if (seconds < 3600) return `через ${Math.ceil(seconds / 60)} мин`;
  return clockTime(until, now);
}

/** "осталось 25 мин", "просрочено на 2 ч": whole units, so that what is left is never said to be more than it is. */
export function timeLeft(until: string, now: number): string {
  const left = Date.parse(until) - now;
  if (left <= 0 && -left < MINUTE_MS) return "срок прошёл";
  return left > 0 ? `осталось ${lasting(left)}` : `просрочено на ${lasting(-left)}`;
}

/** "меньше минуты", "25 мин", "3 ч", "2 дн.": a length in whole units. */
export function lasting(ms: number): string {
  if (ms < MINUTE_MS) return "меньше минуты";
  if (ms < HOUR_MS) return `${Math.floor(ms / MINUTE_MS)} мин`;
  if (ms < 2 * DAY_MS) return `${Math.floor(ms / HOUR_MS)} ч`;
  return `${Math.floor(ms / DAY_MS)} дн.`;
}

/** "14:30": where the day is said elsewhere. */
export function clockOnly(iso: string): string {
  return CLOCK.format(new Date(iso));
}

/** "Сегодня", "Вчера", "15 февраля", "15 февраля 2025 г.": the day that messages stand under. */
export function dayName(iso: string, now: number): string {
  const then = new Date(iso);
  const isDay = (moment: number) => then.toDateString() === new Date(moment).toDateString();
  if (isDay(now)) return "Сегодня";
  if (isDay(now - DAY_MS)) return "Вчера";
  return then.getFullYear() === new Date(now).getFullYear()
    ? LONG_DAY.format(then)
    : LONG_DAY_YEAR.format(then);
}

/** "только что", "5 мин", "3 ч", "вчера", "4 дн.", "15 февр.", "15 февр. 2025 г." */
export function relativeTime(iso: string, now: number): string {
  const then = new Date(iso);
  const age = now - then.getTime();
  if (age < MINUTE_MS) return "только что";
  if (age < HOUR_MS) return `${Math.floor(age / MINUTE_MS)} мин`;
  if (age < DAY_MS) return `${Math.floor(age / HOUR_MS)} ч`;
  if (age < 2 * DAY_MS) return "вчера";
  if (age < 7 * DAY_MS) return `${Math.floor(age / DAY_MS)} дн.`;
  return then.getFullYear() === new Date(now).getFullYear() ? DAY.format(then) : DAY_YEAR.format(then);
}

/** "2026-02-15T14:30:07": what a field for date and time takes, in the browser's time zone. */
export function localMoment(iso: string): string {
  const then = new Date(iso);
  return new Date(then.getTime() - then.getTimezoneOffset() * MINUTE_MS).toISOString().slice(0, 19);
}
