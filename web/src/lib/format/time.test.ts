/** Times as they stand in rows and lines. */
import { expect, test } from "vitest";
import {
  clockTime,
  dayName,
  exactTime,
  exactTimeIn,
  localMoment,
  relativeTime,
  timeLeft,
  untilSent,
} from "./time";

const NOW = new Date(2026, 10, 21, 12, 0, 0).getTime();
const ago = (minutes: number) => new Date(NOW - minutes * 60_000).toISOString();

test("a recent time is told by its age", () => {
  expect(relativeTime(ago(0.5), NOW)).toBe("только что");
  expect(relativeTime(ago(5), NOW)).toBe("5 мин");
  expect(relativeTime(ago(59.9), NOW)).toBe("59 мин");
  expect(relativeTime(ago(60), NOW)).toBe("1 ч");
  expect(relativeTime(ago(25 * 60), NOW)).toBe("вчера");
  expect(relativeTime(ago(4 * 24 * 60), NOW)).toBe("4 дн.");
});

test("what is left to answer is told in whole units, and what is late as well", () => {
  expect(timeLeft(ago(-0.5), NOW)).toBe("осталось меньше минуты");
  expect(timeLeft(ago(-25.9), NOW)).toBe("осталось 25 мин");
  expect(timeLeft(ago(-47 * 60), NOW)).toBe("осталось 47 ч");
  expect(timeLeft(ago(-72 * 60), NOW)).toBe("осталось 3 дн.");
  expect(timeLeft(ago(0), NOW)).toBe("срок прошёл");
  expect(timeLeft(ago(130), NOW)).toBe("просрочено на 2 ч");
});

test("an older time is told by its date, with the year when it is another", () => {
  expect(relativeTime(new Date(2026, 1, 15).toISOString(), NOW)).toBe("15 февр.");
  expect(relativeTime(new Date(2025, 1, 15).toISOString(), NOW)).toBe("15 февр. 2025 г.");
});

test("an exact time has no comma between day and hour", () => {
  expect(exactTime(new Date(2026, 1, 15, 14, 30).toISOString())).toBe("15.02.2026 14:30");
});

test("an exact time is that of the zone that is named", () => {
  expect(exactTimeIn("Asia/Vladivostok", "2026-02-15T14:30:00Z")).toBe("16.02.2026 00:30");
});

test("a clock time names the day only when it is not today", () => {
  expect(clockTime(new Date(2026, 10, 21, 14, 32).toISOString(), NOW)).toBe("14:32");
  expect(clockTime(new Date(2026, 10, 22, 9, 5).toISOString(), NOW)).toBe("22.11.2026 09:05");
});

test("a field for date and time takes the browser's own time, to the second", () => {
  expect(localMoment(new Date(2026, 1, 15, 4, 5, 6, 700).toISOString())).toBe("2026-02-15T04:05:06");
});

test("a day is named, and today and yesterday by these words", () => {
  expect(dayName(ago(0), NOW)).toBe("Сегодня");
  expect(dayName(ago(13 * 60), NOW)).toBe("Вчера");
  expect(dayName(ago(40 * 60), NOW)).toBe("19 ноября");
  expect(dayName(new Date(2025, 1, 15).toISOString(), NOW)).toBe("15 февраля 2025 г.");
});

test("what is held says how long it still is", () => {
  const until = (ms: number) => untilSent(new Date(NOW + ms).toISOString(), NOW);
  expect([until(-5_000), until(0), until(8_200), until(61_000), until(2 * 3_600_000)]).toEqual([
    "через 0 с",
    "через 0 с",
    "через 9 с",
    "через 2 мин",
    "14:00",
  ]);
});
