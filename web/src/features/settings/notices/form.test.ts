import { expect, test } from "vitest";
import type { Recipient } from "@/lib/api/types";
import { asked, quietFault, typed, USUAL, wishes } from "./form";

const OLGA: Recipient = {
  recipient_id: "1",
  medium: "email",
  address: "olga@example.ru",
  least_severity: "warning",
  quiet_hours: { from: "23:00", to: "07:30" },
  made_at: "2026-11-23T10:00:00Z",
  made_by: "оператор anna@example.ru",
  told_at: null,
  failing: null,
};

test("what is saved is what is typed", () => {
  expect(asked(typed(OLGA))).toEqual({
    least_severity: "warning",
    quiet_hours: { from: "23:00", to: "07:30" },
  });
  expect(asked(typed({ ...OLGA, quiet_hours: null }))).toEqual({
    least_severity: "warning",
    quiet_hours: null,
  });
});

test("whoever hears of what is urgent only has no quiet hours", () => {
  const urgent = { ...USUAL, least: "critical" as const, to: "" };
  expect(quietFault(urgent)).toBeUndefined();
  expect(asked(urgent)).toEqual({ least_severity: "critical", quiet_hours: null });
});

test("quiet hours are two times that differ, or none", () => {
  expect(quietFault(USUAL)).toBeUndefined();
  expect(quietFault({ ...USUAL, to: "22:00" })).toBe("Укажите два разных времени");
  expect(quietFault({ ...USUAL, to: "" })).toBe("Укажите оба времени");
  expect(quietFault({ ...USUAL, to: "", isQuiet: false })).toBeUndefined();
});

test("wishes are told in a sentence", () => {
  expect(wishes(OLGA)).toBe("Все тревоги; с 23:00 до 07:30 только срочные, остальное — после.");
  expect(wishes({ ...OLGA, quiet_hours: null })).toBe("Все тревоги, в любое время.");
});
