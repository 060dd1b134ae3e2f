/** What is typed and what is asked of the server. */
import { expect, test } from "vitest";
import type { Automation } from "@/lib/api/types";
import { areSame, asked, faults, rulesOf, typed, type Step } from "./form";

const AUTOMATION: Automation = {
  stage: "observation",
  rules: {
    channels: ["review"],
    rating_min: 4,
    intents: ["thanks"],
    handoff: ["return", "wrong_item", "defect"],
    auto_from: 85,
    escalate_below: 50,
  },
  per_hour: 20,
  per_day: 100,
  hold_seconds: 60,
  backtest_id: null,
};

test("what was loaded is asked for again as it was", () => {
  expect(asked(typed(AUTOMATION), { stage: "observation", backtest_id: null })).toEqual(AUTOMATION);
  const step: Step = { stage: "pilot", backtest_id: "b-1" };
  expect(asked(typed(AUTOMATION), step)).toEqual({ ...AUTOMATION, ...step });
});

test("an intent goes one way", () => {
  const form = typed(AUTOMATION);
  const handed = rulesOf({ ...form, ways: { ...form.ways, thanks: "handoff" } });
  expect(handed.intents).toEqual([]);
  expect(handed.handoff).toContain("thanks");
});

test("what cannot be is named", () => {
  const form = { ...typed(AUTOMATION), ratingMin: "6", perHour: "много", escalateBelow: "90" };
  expect(Object.keys(faults(form, "observation")).sort()).toEqual(["escalateBelow", "perHour", "ratingMin"]);
  expect(faults(typed(AUTOMATION), "observation")).toEqual({});
});

test("a pilot is held to less", () => {
  const form = typed({ ...AUTOMATION, per_hour: 21, per_day: 101, hold_seconds: 59 });
  expect(faults(form, "on")).toEqual({});
  expect(Object.keys(faults(form, "pilot")).sort()).toEqual(["holdSeconds", "perDay", "perHour"]);
  expect(faults(typed(AUTOMATION), "pilot")).toEqual({});
});

test("the order of a list is no difference", () => {
  const { rules } = AUTOMATION;
  expect(areSame(rules, { ...rules, handoff: [...rules.handoff].reverse() })).toBe(true);
  expect(areSame(rules, { ...rules, rating_min: 5 })).toBe(false);
});
