/** What is counted of answers, in words. */
import { expect, test } from "vitest";
import type { Measured, ReplyFigures } from "@/lib/api/types";
import {
  answeredLine,
  answerFigures,
  byOf,
  groupName,
  howLong,
  howMuch,
  measuredAddress,
  measuredFilters,
  METRIC,
  troubleFigures,
} from "./metric-words";
import { forDays, periodOf } from "./period";

const rate = (count: number, of: number) => ({ count, of, percent: of === 0 ? null : (100 * count) / of });

const figures = {
  answered: 4,
  answered_here: 3,
  answered_elsewhere: 1,
  in_bulk: 0,
  unmeasured: 0,
  accepted: rate(2, 3),
  edited: rate(1, 3),
  manual: rate(0, 3),
  automatic: rate(0, 3),
  sla_met: rate(1, 2),
  sla_missed: rate(1, 2),
  refused: 1,
  unknown: 0,
  in_doubt: 0,
  failed: 2,
} as ReplyFigures;

test("each number has a name of its own, and leads to the list that it counts", () => {
  const shown = [...answerFigures(figures), ...troubleFigures(figures)];
  expect(new Set(shown.map(({ metric }) => METRIC[metric])).size).toBe(shown.length);
  for (const { metric } of shown) {
    const address = new URL(measuredAddress(30, { metric }), "http://console");
    expect(measuredFilters(address.searchParams)).toEqual({ metric });
  }
  expect(shown.find(({ metric }) => metric === "sla_missed")).toMatchObject({ count: 1, share: 50 });
});

test("a group's list is that of its key, and one without a key is that of those that lack it", () => {
  const of = (address: string) => measuredFilters(new URL(address, "http://console").searchParams);
  const named = { metric: "refused", by: "product", key: "А & Б=1" } as const;
  expect(of(measuredAddress(7, named))).toEqual(named);
  const without = { metric: "answered", by: "intent" } as const;
  expect(of(measuredAddress(7, without))).toEqual(without);
  expect(of("/answers/items?metric=nonsense&by=nonsense&key=1")).toEqual({ metric: "answered" });
  expect(of("/answers/items?metric=failed&cause=no_right")).toEqual({ metric: "failed", cause: "no_right" });
  expect(of("/answers/items?metric=refused&cause=no_right")).toEqual({ metric: "refused" });
  expect(byOf(new URLSearchParams("by=nonsense"))).toBe("day");
});

test("a number of a period opens the list of the same days", () => {
  const params = (address: string) => new URL(address, "http://console").searchParams;
  const week = { from: "2026-11-16", to: "2026-11-23" };
  expect(periodOf(params(measuredAddress(week, { metric: "answered" })))).toEqual(week);
  expect(forDays(week)).toMatch(/^за 16–22 ноября 2026\sг\.$/);
  expect(periodOf(params(measuredAddress(7, { metric: "answered" })))).toBe(7);
  expect(periodOf(params("/answers/items?from=2026-11-23&to=2026-11-16"))).toBe(30);
});

test("groups are called what people call them", () => {
  const name = (by: Parameters<typeof groupName>[0], key: string | null, who: string | null = null) =>
    groupName(by, { key, who }, (id) => `Кабинет ${id}`);
  expect(name("day", "2026-11-23")).toBe("23.11.2026");
  expect(name("rating", "2")).toBe("2 из 5");
  expect(name("account", "1")).toBe("Кабинет 1");
  expect(name("operator", "user:1", "anna@shop.ru")).toBe("anna@shop.ru");
  expect(name("operator", null)).toBe("Без сотрудника");
});

test("how long answers took, and what they changed, is told by two percentiles, and not of nothing", () => {
  expect(howLong({ p50: 1500, p90: 10_800 })).toBe("у половины — 25 мин, у девяти из десяти — 3 ч");
  expect(howLong({ p50: null, p90: null })).toBeNull();
  expect(howMuch({ p50: 4, p90: 12.5 })).toBe(
    "у половины — не больше 4 %, у девяти из десяти — не больше 12,5 %",
  );
  expect(howMuch({ p50: null, p90: null })).toBeNull();
});

test("an interaction says by whom, after how long and how it was answered", () => {
  const answered = {
    answered_at: "2026-11-23T10:00:00Z",
    answered_by: "operator",
    waited_seconds: 1500,
    outcome: "edited",
    changed_percent: 12.5,
  } as Measured;
  expect(answeredLine(answered)).toBe("ответили · ждали 25 мин · черновик с правкой на 12,5 %");
  expect(answeredLine({ ...answered, answered_by: "elsewhere", waited_seconds: null })).toBe(
    "ответили вне AgentIQ",
  );
  expect(answeredLine({ ...answered, answered_at: null })).toBe("ответа нет");
});
