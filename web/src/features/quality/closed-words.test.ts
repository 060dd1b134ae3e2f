import { expect, test } from "vitest";
import type { ChangedInteraction, ClosedWeek, ReplyFigures } from "@/lib/api/types";
import { changedWords, metricsLine, moved, reason } from "./closed-words";

const rate = { count: 0, of: 0, percent: null };
const NOTHING: ReplyFigures = {
  answered: 0,
  answered_here: 0,
  answered_elsewhere: 0,
  in_bulk: 0,
  unmeasured: 0,
  accepted: rate,
  edited: rate,
  manual: rate,
  automatic: rate,
  sla_met: rate,
  sla_missed: rate,
  first_answer_seconds: { of: 0, p50: null, p90: null },
  handling_seconds: { of: 0, p50: null, p90: null },
  changed_percent: { of: 0, p50: null, p90: null },
  refused: 0,
  unknown: 0,
  in_doubt: 0,
  failed: 0,
  failures: [],
};

const WEEK: ClosedWeek = {
  from: "2026-11-16",
  to: "2026-11-23",
  zone: "Europe/Moscow",
  version: 2,
  closed_at: "2026-11-22T21:10:00Z",
  then: NOTHING,
  now: { ...NOTHING, answered: 1, first_answer_seconds: { of: 1, p50: 3_600, p90: 3_600 } },
  changed: 1,
  items: [],
};

function item(part: Partial<ChangedInteraction>): ChangedInteraction {
  return {
    interaction_id: "1",
    gained: [],
    lost: [],
    read_later: false,
    measured_otherwise: false,
    ...part,
  };
}

test("only what moved is told, as it was and as it is", () => {
  expect(moved(WEEK)).toEqual([
    { name: "Отвечено", then: "0", now: "1" },
    { name: "Первый ответ у половины", then: "—", now: "1 ч" },
    { name: "Первый ответ у девяти из десяти", then: "—", now: "1 ч" },
  ]);
  expect(moved({ ...WEEK, now: NOTHING })).toEqual([]);
});

test("each interaction says why it is counted otherwise", () => {
  expect(reason(item({ gained: ["answered"], read_later: true }))).toMatch(/уже после закрытия/);
  expect(reason(item({ gained: ["refused"], lost: ["answered"] }))).toBe("модерация отклонила ответ");
  expect(reason(item({ lost: ["answered", "timed"] }))).toBe("ответ больше не стоит у площадки");
  expect(reason(item({ measured_otherwise: true }))).toBe("уточнилось время или правка");
  expect(metricsLine(item({ gained: ["refused", "failed_by_no_right"], lost: ["answered"] }))).toBe(
    "+ Отклонила модерация, − Отвечено",
  );
  expect(changedWords(3)).toBe("3 обращения считаются иначе");
});
