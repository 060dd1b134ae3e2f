/** Deadlines as a form and back. */
import { expect, test } from "vitest";
import type { Sla } from "@/lib/api/types";
import { asked, faults, intervalsOf, isShown, said, typed, withHoliday, withRule, written } from "./form";

const DAY = [
  { from: "09:00", to: "13:00" },
  { from: "14:00", to: "18:00" },
];

const SAVED: Sla = {
  minutes: { urgent: 30, high: 60, normal: 240, low: 1440 },
  rules: [{ phrases: ["брак", "не работает"], channel: "chat", priority: "urgent", minutes: 15 }],
  clock: "working_time",
  zone: "Europe/Moscow",
  week: [DAY, DAY, DAY, DAY, [{ from: "22:00", to: "06:00" }], [], []],
  holidays: [{ date: "2027-01-01", intervals: [] }],
  off_hours: { factor_percent: 150, level_shift: -1 },
  warn_before_minutes: 30,
};

test("what is saved comes back as it was", () => {
  expect(asked(typed(SAVED))).toEqual(SAVED);
  expect(faults(typed(SAVED)).size).toBe(0);
});

test("hours are read as people write them", () => {
  expect(intervalsOf("9-13, 14:00 – 18:00")).toEqual(DAY);
  expect(intervalsOf(" ")).toEqual([]);
  expect(written(DAY)).toBe("09:00–13:00, 14:00–18:00");
  for (const text of ["с девяти", "9", "9-25", "9:60-10", "9-10-11"]) {
    expect(intervalsOf(text), text).toBeNull();
  }
});

test("what cannot be is named by its field", () => {
  const form = typed(SAVED);
  const wrong = faults({
    ...withHoliday(withRule(form)),
    minutes: { ...form.minutes, low: "много" },
    week: ["9", ...form.week.slice(1)],
  });
  expect([...wrong.keys()]).toEqual([
    "sla.minutes.low",
    "sla.rules.1.phrases",
    "sla.week.0",
    expect.stringMatching(/^date\./),
  ]);
});

test("a date is named once", () => {
  const form = withHoliday(typed(SAVED));
  const twice = form.holidays.map((holiday) => ({ ...holiday, date: "2027-01-01" }));
  expect([...faults({ ...form, holidays: twice }).values()]).toEqual(["Эта дата уже названа"]);
});

test("what is said in no place of the form is known", () => {
  const form = typed(SAVED);
  const wrong = faults({ ...form, warnBeforeMinutes: "", week: ["9", ...form.week.slice(1)] });
  const shown = [
    ...wrong.keys(),
    "sla.rules",
    "sla.rules.0.phrases.1",
    "sla.week.1.0",
    "sla.holidays.2027-01-01.0",
  ];
  const elsewhere = ["since", "until", "sla.rules.1.minutes", "sla.rules.0.channel", "sla.holidays.0.date"];
  expect([...shown, ...elsewhere].filter((field) => isShown(form, field))).toEqual(shown);
});

test("what is said of a part is said of the whole", () => {
  const fields = new Map([["sla.week.1.0", "рано"]]);
  expect(said(fields, "sla.week.1")).toBe("рано");
  expect(said(fields, "sla.week.10")).toBeUndefined();
});
