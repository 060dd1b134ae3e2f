/** The days of a week as bars. */
import { expect, test } from "vitest";
import type { ReplyGroup } from "@/lib/api/types";
import { ANSWERED, barsOf, IN_TIME, WAITED } from "./report-days";

const day = (key: string, answered: number, inTime: number | null, p50: number | null) =>
  ({
    key,
    who: null,
    figures: { answered, sla_met: { percent: inTime }, first_answer_seconds: { p50 } },
  }) as ReplyGroup;

test("each day has its bar: nothing on days without anything, and no value where nothing is known", () => {
  const groups = [day("2026-11-23", 1200, 99.6, 30), day("2026-11-25", 0, null, null)];
  const week = { from: "2026-11-23", to: "2026-11-30" };
  const labels = (shown: typeof ANSWERED) =>
    barsOf(groups, week, "2026-11-25", shown).map(({ label }) => label.replace(/\s/g, " "));
  expect(labels(ANSWERED)).toEqual(["1 200", "0", "0", "—", "—", "—", "—"]);
  expect(labels(IN_TIME)).toEqual(["99 %", "—", "—", "—", "—", "—", "—"]);
  expect(labels(WAITED)).toEqual(["<1 мин", "—", "—", "—", "—", "—", "—"]);
  const bars = barsOf(groups, week, "2026-11-25", ANSWERED);
  expect([bars[0], bars[6]].map((bar) => `${bar?.name} ${bar?.note}`)).toEqual(["пн 23.11", "вс 29.11"]);
});
