/** A deadline says how pressing it is, and why it is when it is. */
import { expect, test } from "vitest";
import type { Deadline, DeadlineReasons } from "@/lib/api/types";
import { linesOf, toneOf } from "./deadlines";

const NOON = Date.UTC(2026, 8, 1, 12);
const at = (minutes: number) => new Date(NOON + minutes * 60_000).toISOString();

function deadline(more: Partial<Deadline> = {}): Deadline {
  return {
    answer_by: at(60),
    waits_since: at(0),
    warn_at: at(30),
    priority: "high",
    policy: 0,
    rule: null,
    escalated: false,
    breached: false,
    ...more,
  };
}

function reasons(more: Partial<DeadlineReasons> = {}): DeadlineReasons {
  return {
    minutes: 60,
    rule_phrases: [],
    clock: "working_time",
    off_hours_percent: null,
    zone: "Europe/Moscow",
    pauses: [],
    pauses_left_out: 0,
    paused_minutes: 0,
    marketplace_until: null,
    ...more,
  };
}

const text = (lines: ReturnType<typeof linesOf>, name: string) =>
  lines.filter((line) => line.name === name).map((line) => line.text);

test("what is late is late from its minute on, and what runs out is soon", () => {
  expect(toneOf(deadline(), NOON)).toBe("calm");
  expect(toneOf(deadline(), NOON + 30 * 60_000)).toBe("soon");
  expect(toneOf(deadline(), NOON + 60 * 60_000)).toBe("late");
});

test("the matrix and the seller's rule are told apart", () => {
  expect(text(linesOf(deadline(), reasons(), NOON), "По правилу")).toEqual([
    "общая таблица: канал, оценка и тема",
  ]);
  const ruled = linesOf(
    deadline({ rule: 2, policy: 5 }),
    reasons({ rule_phrases: ["возврат", "брак"] }),
    NOON,
  );
  expect(text(ruled, "По правилу")).toEqual(["правило № 2: «возврат», «брак»"]);
  expect(text(ruled, "Сроки магазина")).toEqual(["версия 5"]);
});

test("both clocks are told, and why the seller's stood still", () => {
  const pauses = Array.from({ length: 7 }, (_, n) => ({
    from: at(n * 10),
    until: at(n * 10 + 5),
    reason: "lunch" as const,
  }));
  const told = linesOf(
    deadline(),
    reasons({
      pauses,
      pauses_left_out: 1,
      paused_minutes: 35,
      off_hours_percent: 150,
      marketplace_until: at(90),
    }),
    NOON,
  );
  expect(text(told, "Часы магазина")).toEqual([
    "рабочее время (Europe/Moscow), стояли 35 мин; пришло в нерабочее время, срок — 150 %",
  ]);
  expect(text(told, "Не считается")).toHaveLength(6);
  expect(text(told, "Не считается").at(-1)).toBe("и ещё 3 перерыва");
  expect(text(told, "Часы площадки")[0]).toMatch(/^ответ примут до .*; они не останавливаются$/);
});

test("what was escalated says so, and what is not explained yet says what is known", () => {
  expect(text(linesOf(deadline({ escalated: true }), null, NOON), "Срочность")).toEqual([
    "важно; срок подошёл, теперь срочно",
  ]);
  expect(text(linesOf(deadline(), null, NOON), "Часы площадки")).toEqual([]);
});
