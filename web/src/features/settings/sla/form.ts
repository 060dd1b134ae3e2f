/** What is wanted of deadlines, as it is typed. */
import type { Channel, Priority, Sla, SlaClock, WorkingInterval } from "@/lib/api/types";

export const PRIORITY_ORDER: readonly Priority[] = ["urgent", "high", "normal", "low"];

export const WEEKDAYS = [
  "Понедельник",
  "Вторник",
  "Среда",
  "Четверг",
  "Пятница",
  "Суббота",
  "Воскресенье",
] as const;

/** A keyword rule in the form; its key stays with it while others come and go. */
export interface TypedRule {
  key: number;
  phrases: string;
  channel: Channel | "any";
  priority: Priority;
  minutes: string;
}

export interface TypedHoliday {
  key: number;
  date: string;
  intervals: string;
}

export interface Typed {
  minutes: Record<Priority, string>;
  rules: readonly TypedRule[];
  clock: SlaClock;
  zone: string;
  week: readonly string[];
  holidays: readonly TypedHoliday[];
  factorPercent: string;
  levelShift: string;
  warnBeforeMinutes: string;
  /** The key that the next new line gets. */
  nextKey: number;
}

export function typed(sla: Sla): Typed {
  return {
    minutes: {
      urgent: String(sla.minutes.urgent),
      high: String(sla.minutes.high),
      normal: String(sla.minutes.normal),
      low: String(sla.minutes.low),
    },
    rules: sla.rules.map((rule, key) => ({
      key,
      phrases: rule.phrases.join(", "),
      channel: rule.channel ?? "any",
      priority: rule.priority,
      minutes: String(rule.minutes),
    })),
    clock: sla.clock,
    zone: sla.zone,
    week: sla.week.map(written),
    holidays: sla.holidays.map(({ date, intervals }, at) => ({
      key: sla.rules.length + at,
      date,
      intervals: written(intervals),
    })),
    factorPercent: String(sla.off_hours.factor_percent),
    levelShift: String(sla.off_hours.level_shift),
    warnBeforeMinutes: String(sla.warn_before_minutes),
    nextKey: sla.rules.length + sla.holidays.length,
  };
}

/** What is asked of the server. */
export function asked(form: Typed): Sla {
  const { minutes } = form;
  return {
    minutes: {
      urgent: whole(minutes.urgent),
      high: whole(minutes.high),
      normal: whole(minutes.normal),
      low: whole(minutes.low),
    },
    rules: form.rules.map((rule) => ({
      phrases: phrasesOf(rule.phrases),
      channel: rule.channel === "any" ? null : rule.channel,
      priority: rule.priority,
      minutes: whole(rule.minutes),
    })),
    clock: form.clock,
    zone: form.zone,
    week: form.week.map((day) => intervalsOf(day) ?? []),
    holidays: form.holidays.map(({ date, intervals }) => ({ date, intervals: intervalsOf(intervals) ?? [] })),
    off_hours: { factor_percent: whole(form.factorPercent), level_shift: Number(form.levelShift) },
    warn_before_minutes: whole(form.warnBeforeMinutes),
  };
}

export function withRule(form: Typed): Typed {
  const rule: TypedRule = {
    key: form.nextKey,
    phrases: "",
    channel: "any",
    priority: "urgent",
    minutes: form.minutes.urgent,
  };
  return { ...form, rules: [...form.rules, rule], nextKey: form.nextKey + 1 };
}

export function withHoliday(form: Typed): Typed {
  const holiday: TypedHoliday = { key: form.nextKey, date: "", intervals: "" };
  return { ...form, holidays: [...form.holidays, holiday], nextKey: form.nextKey + 1 };
}

const MINUTES_MAX = 10_080;

/** What is wrong, under the names that the server has for the fields; nothing when all can be sent. */
export function faults(form: Typed): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  const check = (field: string, text: string, min: number, max: number) => {
    const value = whole(text);
    if (!(value >= min && value <= max)) found.set(field, `Введите целое число от ${min} до ${max}`);
  };
  for (const priority of PRIORITY_ORDER) {
    check(`sla.minutes.${priority}`, form.minutes[priority], 1, MINUTES_MAX);
  }
  check("sla.off_hours.factor_percent", form.factorPercent, 100, 500);
  check("sla.warn_before_minutes", form.warnBeforeMinutes, 0, 1440);
  form.rules.forEach((rule, at) => {
    if (phrasesOf(rule.phrases).length === 0) {
      found.set(`sla.rules.${at}.phrases`, "Напишите хотя бы одно слово");
    }
    check(`sla.rules.${at}.minutes`, rule.minutes, 1, MINUTES_MAX);
  });
  form.week.forEach((day, at) => {
    if (intervalsOf(day) === null) found.set(`sla.week.${at}`, INTERVALS);
  });
  const dates = new Set<string>();
  form.holidays.forEach(({ key, date, intervals }) => {
    if (!/^\d{4}-\d{2}-\d{2}$/.test(date)) found.set(`date.${key}`, "Выберите дату");
    else if (dates.has(date)) found.set(`date.${key}`, "Эта дата уже названа");
    dates.add(date);
    if (intervalsOf(intervals) === null) found.set(`sla.holidays.${date}`, INTERVALS);
  });
  return found;
}

const INTERVALS = "Напишите часы в виде 09:00–18:00, через запятую";

/** The first of what is said about a field or a part of it. */
export function said(fields: ReadonlyMap<string, string>, field: string): string | undefined {
  const part = [...fields].find(([name]) => name === field || name.startsWith(`${field}.`));
  return part?.[1];
}

/** Fields of which only what is said about the whole is shown in their place. */
const WHOLE = ["sla.rules", "sla.week", "sla.holidays"];

/** Whether what is wrong with a field is said beside it; the rest has to be said elsewhere. */
export function isShown(form: Typed, field: string): boolean {
  const places = [
    ...PRIORITY_ORDER.map((priority) => `sla.minutes.${priority}`),
    "sla.warn_before_minutes",
    "sla.off_hours.factor_percent",
    "sla.off_hours.level_shift",
    "sla.zone",
    ...form.rules.flatMap((_, at) => [`sla.rules.${at}.phrases`, `sla.rules.${at}.minutes`]),
    ...form.week.map((_, at) => `sla.week.${at}`),
    ...form.holidays.flatMap(({ key, date }) => [`date.${key}`, `sla.holidays.${date}`]),
  ];
  return WHOLE.includes(field) || places.some((place) => field === place || field.startsWith(`${place}.`));
}

/** "09:00–13:00, 14:00–18:00" */
export function written(intervals: readonly WorkingInterval[]): string {
  return intervals.map(({ from, to }) => `${from}–${to}`).join(", ");
}

/** Reads hours as people write them; nothing is a day off, and null is what cannot be read. */
export function intervalsOf(text: string): WorkingInterval[] | null {
  const parts = text.split(/[,;]/).map((part) => part.trim());
  const intervals: WorkingInterval[] = [];
  for (const part of parts.filter((one) => one !== "")) {
    const times = /^(\d{1,2})(?::(\d{2}))?\s*[-–—]\s*(\d{1,2})(?::(\d{2}))?$/.exec(part);
    if (!times) return null;
    const from = timeOf(times[1], times[2]);
    const to = timeOf(times[3], times[4]);
    if (from === null || to === null) return null;
    intervals.push({ from, to });
  }
  return intervals;
}

function timeOf(hours = "", minutes = "00"): string | null {
  const time = `${hours.padStart(2, "0")}:${minutes}`;
  return Number(hours) * 60 + Number(minutes) <= 24 * 60 && Number(minutes) < 60 ? time : null;
}

function phrasesOf(text: string): string[] {
  return text
    .split(",")
    .map((phrase) => phrase.trim())
    .filter((phrase) => phrase !== "");
}

function whole(text: string): number {
  return /^\d+$/.test(text.trim()) ? Number(text.trim()) : NaN;
}
