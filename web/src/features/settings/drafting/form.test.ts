/** What is typed and what is asked of the server. */
import { expect, test } from "vitest";
import type { Drafting } from "@/lib/api/types";
import { asked, faults, isChanged, typed } from "./form";

const DRAFTING: Drafting = {
  ahead: true,
  by_model: false,
  batch_size: 20,
  delay_ms: 1500,
  daily_limit: 200,
  daily_budget_micro_usd: 100_000,
  tone: "friendly",
  address: "ty",
  signature: null,
  phrases: ["Плед и чай", "Тепло рядом"],
  forbidden_topics: [],
  not_learned: ["return"],
};

test("what was loaded is asked for again as it was", () => {
  expect(asked(typed(DRAFTING))).toEqual(DRAFTING);
  expect(typed(DRAFTING)).toMatchObject({ delaySeconds: "1,5", dailyBudgetUsd: "0,1" });
});

test("a point and a comma are the same", () => {
  const form = { ...typed(DRAFTING), dailyBudgetUsd: "0.25", delaySeconds: " 2 " };
  expect(asked(form)).toMatchObject({ daily_budget_micro_usd: 250_000, delay_ms: 2000 });
});

test("what is no number is named", () => {
  const form = { ...typed(DRAFTING), batchSize: "0", dailyLimit: "много", dailyBudgetUsd: "101" };
  expect(Object.keys(faults(form))).toEqual(["batchSize", "dailyLimit", "dailyBudgetUsd"]);
  expect(faults(typed(DRAFTING))).toEqual({});
});

test("empty lines are no entries", () => {
  const form = { ...typed(DRAFTING), phrases: "\n Плед \n\n", signature: "  " };
  expect(asked(form)).toMatchObject({ phrases: ["Плед"], signature: null });
});

test("what was just loaded is unchanged, in whatever order its fields came", () => {
  const loaded = Object.fromEntries(Object.entries(DRAFTING).reverse()) as unknown as Drafting;
  const form = typed(loaded);
  expect(isChanged(form, loaded)).toBe(false);
  expect(isChanged({ ...form, phrases: `${form.phrases}\n`, dailyBudgetUsd: "0.10" }, loaded)).toBe(false);
  expect(isChanged({ ...form, tone: "formal" }, loaded)).toBe(true);
  expect(isChanged({ ...form, notLearned: [] }, loaded)).toBe(true);
  expect(isChanged({ ...form, dailyLimit: "много" }, loaded)).toBe(true);
});

test("topics are asked for in one order, whatever was pressed first", () => {
  const form = { ...typed(DRAFTING), notLearned: ["defect", "thanks"] as const };
  expect(asked(form).not_learned).toEqual(["thanks", "defect"]);
});
