/** The days of a weekly report as charts show them. */
import type { Bar } from "@/components/BarChart";
import type { Period, ReplyFigures, ReplyGroup } from "@/lib/api/types";
import { grouped } from "@/lib/format/count";
import { lasting } from "@/lib/format/time";
import { percent } from "@/lib/lineage";
import { daysOfWeek } from "./week";

const WEEKDAY = new Intl.DateTimeFormat("ru-RU", { timeZone: "UTC", weekday: "short" });
const DATE = new Intl.DateTimeFormat("ru-RU", { timeZone: "UTC", day: "2-digit", month: "2-digit" });

/** What is shown of each day. */
interface Shown {
  value: (figures: ReplyFigures) => number | null;
  /** What a day is on which nothing happened. */
  without: number | null;
  label: (value: number) => string;
}

export const ANSWERED: Shown = { value: ({ answered }) => answered, without: 0, label: grouped };

/** In whole per cent, as there is no room for more over a bar: never more than it is. */
export const IN_TIME: Shown = {
  value: ({ sla_met }) => sla_met.percent,
  without: null,
  label: (share) => percent(Math.floor(share)),
};

export const WAITED: Shown = {
  value: ({ first_answer_seconds }) => first_answer_seconds.p50,
  without: null,
  label: (seconds) => (seconds < 60 ? "<1 мин" : lasting(seconds * 1000)),
};

/** A bar for each day of the week; days that have not come have no value. */
export function barsOf(groups: readonly ReplyGroup[], week: Period, today: string, shown: Shown): Bar[] {
  return daysOfWeek(week).map((day) => {
    const figures = groups.find(({ key }) => key === day)?.figures;
    const value = figures === undefined ? (day > today ? null : shown.without) : shown.value(figures);
    return {
      name: WEEKDAY.format(new Date(day)),
      note: DATE.format(new Date(day)),
      value,
      label: value === null ? "—" : shown.label(value),
    };
  });
}
