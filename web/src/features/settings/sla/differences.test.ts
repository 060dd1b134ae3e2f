/** What a change of deadlines changed. */
import { expect, test } from "vitest";
import type { Sla } from "@/lib/api/types";
import { differences } from "./differences";

const BEFORE: Sla = {
  minutes: { urgent: 30, high: 60, normal: 240, low: 1440 },
  rules: [],
  clock: "working_time",
  zone: "Europe/Moscow",
  week: [[{ from: "09:00", to: "18:00" }], [], [], [], [], [], []],
  holidays: [],
  off_hours: { factor_percent: 150, level_shift: 0 },
  warn_before_minutes: 30,
};

test("only what differs is told", () => {
  expect(differences(BEFORE, BEFORE)).toEqual([]);
  const after: Sla = {
    ...BEFORE,
    minutes: { ...BEFORE.minutes, high: 45 },
    clock: "wall_clock",
    week: [[], [{ from: "22:00", to: "06:00" }], [], [], [], [], []],
    holidays: [{ date: "2027-01-01", intervals: [] }],
  };
  expect(differences(BEFORE, after)).toEqual([
    "Важно, мин: 60 → 45",
    "Время идёт: по рабочим часам → без остановки",
    "Понедельник: 09:00–18:00 → выходной",
    "Вторник: выходной → 22:00–06:00",
    "Особые дни: было 0, стало 1",
  ]);
});
