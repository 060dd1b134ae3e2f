/** What is said of a comparison. */
import { describe, expect, it } from "vitest";
import type { Comparison, ComparisonDraft, ComparisonFigures } from "@/lib/api/types";
import { dollars, draftLine, failureOf, linesOf, microUsd, progressOf } from "./comparison-words";

const COMPARISON: Comparison = {
  comparison_id: "1",
  made_at: "2026-11-20T10:00:00Z",
  made_by: "user:1",
  since: "2026-11-13T10:00:00Z",
  until: "2026-11-20T10:00:00Z",
  model: "other",
  budget_micro_usd: 1_000_000,
  drafts_max: 100,
  state: "running",
  failure: null,
  spent_micro_usd: 12_345,
  drafts: 21,
  looked_at: 4,
  passed_over: null,
  ended_at: null,
};

const DRAFT: ComparisonDraft = {
  interaction_id: "1",
  draft_id: "2",
  proposed_at: "2026-11-14T10:00:00Z",
  model_before: "first",
  prompt_before: 3,
  changed_before_per_mille: 125,
  cost_before_micro_usd: 100,
  duration_before_ms: 900,
  outcome: "written",
  reason: null,
  changed_per_mille: 0,
  cost_micro_usd: 50,
  duration_ms: 300,
};

const FIGURES: ComparisonFigures = {
  drafts: 3,
  accepted: 1,
  slight: 1,
  edited: 0,
  manual: 1,
  unfit: 0,
  unreadable: 0,
  declined: 0,
  changed_mean_per_mille: 333,
  cost_micro_usd: 300,
  priced: 3,
  duration_p50_ms: 1_000,
  duration_p90_ms: null,
};

describe("a comparison", () => {
  it("tells how far it has come and why it broke off", () => {
    expect(progressOf(COMPARISON)).toBe("идёт: 4 из 21 черновика");
    expect(progressOf({ ...COMPARISON, state: "wanted" })).toBe("ждёт очереди");
    expect(failureOf(COMPARISON)).toBeUndefined();
    expect(failureOf({ ...COMPARISON, state: "failed", failure: "bad_key" })).toContain("ключ");
  });

  it("tells both shares of a draft, or why there is one alone", () => {
    expect(draftLine(DRAFT)).toBe("было изменено 12,5 %; в пересчёте — 0 %");
    expect(draftLine({ ...DRAFT, outcome: null })).toContain("ещё не пересчитан");
    expect(draftLine({ ...DRAFT, outcome: "left_out", reason: "erased" })).toContain("стёрты");
  });

  it("sets both sides beside each other, with a dash where nothing is known", () => {
    const lines = linesOf({ ...FIGURES, priced: 0 }, FIGURES);
    expect(lines).toContainEqual({ name: "Стоили", before: "—", again: "0,0003 $" });
    expect(lines).toContainEqual({ name: "Времени у половины, до", before: "1 с", again: "1 с" });
    expect(lines).toContainEqual({ name: "Правка в среднем", before: "33,3 %", again: "33,3 %" });
    expect(lines).toContainEqual({ name: "У девяти из десяти, до", before: "—", again: "—" });
  });

  it("reads dollars and writes them", () => {
    expect([microUsd("0,5"), microUsd("2"), microUsd(""), microUsd("два")]).toEqual([
      500_000,
      2_000_000,
      undefined,
      undefined,
    ]);
    expect([dollars(1_500_000), dollars(45)]).toEqual(["1,5 $", "0,000045 $"]);
  });
});
