/** Weeks and their days. */
import { expect, test } from "vitest";
import { dayIn, isDay } from "@/lib/days";
import { datesOf } from "./period";
import { daysOfWeek, weekAfter, weekBefore, weekOf } from "./week";

const week = (today: string, search = "") => weekOf(new URLSearchParams(search), today);

test("a report is of the last whole week unless the address says otherwise", () => {
  const last = { from: "2026-11-16", to: "2026-11-23", isOver: true };
  // A Monday, a Wednesday and a Sunday.
  expect(["2026-11-23", "2026-11-25", "2026-11-29"].map((today) => week(today))).toEqual([last, last, last]);
  expect(week("2026-11-30").from).toBe("2026-11-23");
});

test("an address names a week by any of its days", () => {
  expect(week("2026-11-25", "from=2026-11-02")).toEqual({
    from: "2026-11-02",
    to: "2026-11-09",
    isOver: true,
  });
  expect(week("2026-11-25", "from=2026-11-08").from).toBe("2026-11-02");
});

test("this week is not over, and one that has not begun is not told", () => {
  expect(week("2026-11-25", "from=2026-11-23")).toEqual({
    from: "2026-11-23",
    to: "2026-11-30",
    isOver: false,
  });
  expect(week("2026-11-29", "from=2026-11-29").isOver).toBe(false);
  expect(week("2026-11-25", "from=2026-11-30").from).toBe("2026-11-16");
  expect(week("2026-11-25", "from=2026-02-31").from).toBe("2026-11-16");
  expect(week("2026-11-25", "from=week").from).toBe("2026-11-16");
});

test("a week goes on over the end of a year and of a February", () => {
  const first = week("2027-01-05");
  expect(first).toEqual({ from: "2026-12-28", to: "2027-01-04", isOver: true });
  // Which spaces these are differs between editions of the locale.
  expect(datesOf(first).replace(/\s/g, " ")).toBe("28 декабря 2026 г. – 3 января 2027 г.");
  expect(daysOfWeek({ from: "2028-02-28", to: "2028-03-06" })).toEqual([
    "2028-02-28",
    "2028-02-29",
    "2028-03-01",
    "2028-03-02",
    "2028-03-03",
    "2028-03-04",
    "2028-03-05",
  ]);
});

test("the weeks beside one begin and end where it does", () => {
  const first = week("2026-01-07");
  expect(weekBefore(first)).toEqual({ from: "2025-12-22", to: "2025-12-29" });
  expect(weekAfter(first)).toEqual({ from: "2026-01-05", to: "2026-01-12" });
});

test("which day it is, and so which week, is a matter of the seller's zone", () => {
  const sundayEvening = Date.parse("2026-11-22T21:30:00Z");
  expect(dayIn("Europe/Moscow", sundayEvening)).toBe("2026-11-23");
  expect(week(dayIn("Europe/Moscow", sundayEvening)).from).toBe("2026-11-16");
  expect(dayIn("Europe/Kaliningrad", sundayEvening)).toBe("2026-11-22");
  expect(week(dayIn("Europe/Kaliningrad", sundayEvening)).from).toBe("2026-11-09");
  expect(dayIn("Asia/Vladivostok", Date.parse("2026-11-22T13:59:59Z"))).toBe("2026-11-22");
  expect(dayIn("Asia/Vladivostok", Date.parse("2026-11-22T14:00:00Z"))).toBe("2026-11-23");
});

test("a change of the clock moves no day of a week", () => {
  // In Berlin the Sunday of 25 October 2026 has 25 hours, that of 29 March 23.
  expect(dayIn("Europe/Berlin", Date.parse("2026-10-25T22:59:59Z"))).toBe("2026-10-25");
  expect(dayIn("Europe/Berlin", Date.parse("2026-10-25T23:00:00Z"))).toBe("2026-10-26");
  expect(dayIn("Europe/Berlin", Date.parse("2026-03-29T21:59:59Z"))).toBe("2026-03-29");
  expect(dayIn("Europe/Berlin", Date.parse("2026-03-29T22:00:00Z"))).toBe("2026-03-30");
  expect(daysOfWeek(week("2026-10-28", "from=2026-10-25")).at(-1)).toBe("2026-10-25");
  expect(week("2026-03-30").to).toBe("2026-03-30");
});

test("a day is one of the calendar, written in full", () => {
  expect(["2028-02-29", "2026-11-23"].every(isDay)).toBe(true);
  expect(["2026-02-29", "2026-11-23T10:00:00Z", "2026-11", "23.11.2026", ""].some(isDay)).toBe(false);
});
