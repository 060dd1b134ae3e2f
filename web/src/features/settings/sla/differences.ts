/** What a change of deadlines changed, in words. */
import type { Sla } from "@/lib/api/types";
import { PRIORITY } from "@/lib/words";
import { PRIORITY_ORDER, WEEKDAYS, written } from "./form";

const CLOCK = { working_time: "по рабочим часам", wall_clock: "без остановки" } as const;

export function differences(before: Sla, after: Sla): string[] {
  const told: string[] = [];
  const tell = (name: string, one: string | number, other: string | number) => {
    if (one !== other) told.push(`${name}: ${one} → ${other}`);
  };
  for (const priority of PRIORITY_ORDER) {
    tell(`${PRIORITY[priority]}, мин`, before.minutes[priority], after.minutes[priority]);
  }
  tell("Время идёт", CLOCK[before.clock], CLOCK[after.clock]);
  tell("Предупредить, мин", before.warn_before_minutes, after.warn_before_minutes);
  tell("Вне часов, %", before.off_hours.factor_percent, after.off_hours.factor_percent);
  tell("Вне часов, уровней срочнее", before.off_hours.level_shift, after.off_hours.level_shift);
  tell("Пояс", before.zone, after.zone);
  WEEKDAYS.forEach((name, day) => {
    tell(name, hours(before.week[day]), hours(after.week[day]));
  });
  if (JSON.stringify(before.rules) !== JSON.stringify(after.rules)) {
    told.push(`Правила по словам: было ${before.rules.length}, стало ${after.rules.length}`);
  }
  if (JSON.stringify(before.holidays) !== JSON.stringify(after.holidays)) {
    told.push(`Особые дни: было ${before.holidays.length}, стало ${after.holidays.length}`);
  }
  return told;
}

function hours(intervals: Sla["week"][number] = []): string {
  return intervals.length === 0 ? "выходной" : written(intervals);
}
