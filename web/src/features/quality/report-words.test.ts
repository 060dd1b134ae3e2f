/** What a weekly report begins with, in words. */
import { expect, test } from "vitest";
import type { Complaints, ReplyFigures } from "@/lib/api/types";
import { changeLine, changeOf, headlines, type Told } from "./report-words";

const rate = (count: number, of: number) => ({ count, of, percent: of === 0 ? null : (100 * count) / of });

const figures = (answered: number, inTime: number, p50: number | null): ReplyFigures => ({
  answered,
  answered_here: answered,
  answered_elsewhere: 0,
  in_bulk: 0,
  unmeasured: 0,
  accepted: rate(0, 0),
  edited: rate(0, 0),
  manual: rate(0, 0),
  automatic: rate(0, answered),
  sla_met: rate(inTime, answered),
  sla_missed: rate(answered - inTime, answered),
  first_answer_seconds: { p50, p90: p50, of: answered },
  handling_seconds: { p50: null, p90: null, of: 0 },
  changed_percent: { p50: null, p90: null, of: 0 },
  refused: 0,
  unknown: 0,
  in_doubt: 0,
  failed: 0,
  failures: [],
});

const complaints = (written: number, writtenBefore: number) =>
  ({
    written_since: "2026-11-15T21:00:00Z",
    written_until: "2026-11-22T21:00:00Z",
    written: { count: written, before: writtenBefore },
    complaints: { count: 1, before: writtenBefore === 0 ? 0 : 1 },
  }) as Complaints;

const WEEK = { from: "2026-11-16", to: "2026-11-23" };

const lines = (told: Told, isOver = true) =>
  Object.fromEntries(
    headlines(told, WEEK, isOver).map(({ name, value, before, change }) => [
      name,
      `${value}, было ${before}: ${change === null ? "не сравнить" : changeLine(change)}`,
    ]),
  );

test("each number stands beside that of the week before, with whether it is better", () => {
  const told = {
    total: figures(18, 17, 600),
    before: figures(20, 18, 1500),
    complaints: complaints(10, 5),
  };
  expect(lines(told)).toEqual({
    Отвечено: "18, было 20: меньше на 2",
    "Первый ответ у половины": "10 мин, было 25 мин: быстрее на 15 мин — лучше",
    "Первый ответ у девяти из десяти": "10 мин, было 25 мин: быстрее на 15 мин — лучше",
    "Ответили в срок": "94,4 %, было 90 %: больше на 4,4 п. п. — лучше",
    "Черновик без правок": "—, было —: не сравнить",
    Автоматически: "0 %, было 0 %: столько же",
    Жалуются: "10 %, было 20 %: меньше на 10 п. п. — лучше",
    "Отклонила модерация": "0, было 0: столько же",
    "Отправка не удалась": "0, было 0: столько же",
  });
});

test("nothing is held against a week in which nothing was counted", () => {
  const told = { total: figures(3, 2, 600), before: figures(0, 0, null), complaints: complaints(10, 0) };
  for (const { before, change } of headlines(told, WEEK, true)) expect([before, change]).toEqual(["—", null]);
});

test("a week in which nothing was counted is held against none", () => {
  const told = { total: figures(0, 0, null), before: figures(20, 18, 600), complaints: complaints(0, 5) };
  for (const { change } of headlines(told, WEEK, true)) expect(change).toBeNull();
});

test("counts of a week that is not over are not held against a whole one", () => {
  const told = { total: figures(3, 3, 600), before: figures(20, 10, 600), complaints: complaints(1, 5) };
  expect(lines(told, false)).toMatchObject({
    Отвечено: "3, было 20: не сравнить",
    "Ответили в срок": "100 %, было 50 %: больше на 50 п. п. — лучше",
  });
});

test("a change is told in the unit of its number, and what is written alike is the same", () => {
  const change = (measure: "count" | "percent" | "seconds", now: number, before: number) => {
    const told = changeOf({ measure, wanted: "less", now, before });
    return told && `${told.way}: ${changeLine(told)}`;
  };
  expect(change("count", 1200, 0)).toMatch(/^up: больше на 1\s200 — хуже$/);
  expect(change("percent", 33.333, 33.32)).toBe("same: столько же");
  expect(change("percent", 0.3, 0.1)).toBe("up: больше на 0,2 п. п. — хуже");
  expect(change("seconds", 59, 2)).toBe("same: столько же");
  expect(change("seconds", 3 * 3600 + 1200, 3 * 3600)).toBe("up: дольше на 20 мин — хуже");
  expect(change("seconds", 3600, 5 * 3600)).toBe("down: быстрее на 4 ч — лучше");
});

test("a number leads to the list of its week", () => {
  const told = { total: figures(3, 2, 600), before: figures(0, 0, null), complaints: complaints(10, 0) };
  const address = (name: string) => headlines(told, WEEK, true).find((each) => each.name === name)?.basis;
  expect(address("Отвечено")).toMatchObject({
    count: 3,
    address: "/answers/items?from=2026-11-16&to=2026-11-23&metric=answered",
  });
  expect(address("Ответили в срок")).toMatchObject({ count: 2, of: 3 });
  expect(address("Жалуются")?.address).toMatch(/^\/queue\?complaint=true&written_since=2026-11-15T21/);
});
