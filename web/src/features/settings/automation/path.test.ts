/** The path to replies that need nobody. */
import { expect, test } from "vitest";
import type { Automation, AutomationStage, Backtest } from "@/lib/api/types";
import { around, consequences, NOT_OFFERED, obstacle, PATH, proofWords, type Place } from "./path";

const at = (stage: AutomationStage, more: Partial<Automation> = {}): Automation => ({
  stage,
  rules: {
    channels: ["review"],
    rating_min: 4,
    intents: ["thanks"],
    handoff: [],
    auto_from: 85,
    escalate_below: 50,
  },
  per_hour: 20,
  per_day: 100,
  hold_seconds: 60,
  backtest_id: stage === "observation" ? null : "b-1",
  ...more,
});

const MADE_AT = new Date(2026, 10, 21, 14, 5).toISOString();
const PROOF = {
  backtest_id: "b-1",
  made_at: MADE_AT,
  agreement_percent: 93,
  auto_send: { all: 50, unanswered: 8, unmeasured: 1 },
} as Backtest;

const place = (automation: Automation, more: Partial<Place> = {}): Place => ({
  automation,
  offered: true,
  isEdited: false,
  proof: PROOF,
  ...more,
});

test("one goes step by step", () => {
  expect(PATH.map((stage) => around(stage))).toEqual([
    { back: undefined, next: "backtested" },
    { back: "observation", next: "pilot" },
    { back: "backtested", next: "on" },
    { back: "pilot", next: undefined },
  ]);
});

test("with a check that says something and modest limits every step can be taken", () => {
  for (const stage of PATH) {
    const { back, next } = around(stage);
    for (const to of [back, next]) if (to) expect(obstacle(to, place(at(stage)))).toBeUndefined();
  }
});

test("what keeps one from a step is told", () => {
  expect(obstacle("backtested", place(at("observation"), { proof: undefined }))).toMatch(
    /^Сначала проверьте/,
  );
  // Back from the pilot, nothing more is asked for.
  expect(obstacle("backtested", place(at("pilot"), { proof: undefined }))).toBeUndefined();
  for (const more of [{ per_hour: 21 }, { per_day: 101 }, { hold_seconds: 59 }]) {
    const beyond = place(at("backtested", more));
    expect(obstacle("pilot", beyond)).toBe(
      "В пилоте не больше 20 ответов в час и 100 в день, и отменить каждый можно не меньше 60 с. Измените «Сколько» и сохраните.",
    );
  }
  expect(obstacle("pilot", place(at("backtested"), { isEdited: true }))).toMatch(/^Сначала сохраните/);
});

test("where nothing is sent by itself, one can only go back", () => {
  const here = { offered: false };
  expect(obstacle("pilot", place(at("backtested"), here))).toBe(NOT_OFFERED);
  expect(obstacle("on", place(at("pilot"), here))).toBe(NOT_OFFERED);
  expect(obstacle("backtested", place(at("pilot"), here))).toBeUndefined();
});

test("a step says how many replies go out, and how long each can be taken back", () => {
  expect(consequences("pilot", at("backtested"))[0]).toBe(
    "Ответы, которые разрешают правила, начнут уходить сами: не больше 20 в час и 100 в день, и каждый можно отменить в течение 60 секунд.",
  );
  const more = at("pilot", { per_hour: 12, per_day: 61, hold_seconds: 61 });
  expect(consequences("on", more)[0]).toMatch(/12 в час и 61 в день.* в течение 61 секунды\.$/);
  expect(consequences("backtested", at("pilot"))[0]).toMatch(/перестанут уходить сами/);
  expect(consequences("backtested", at("observation")).join(" ")).toMatch(/отправляют люди/);
});

test("the check in force says how many agreed", () => {
  expect(proofWords(PROOF)).toBe("люди поступили так же в 93 % случаев из 41, проверено 21.11.2026 14:05.");
  expect(proofWords(undefined)).toMatch(/^проверка, в которой видно/);
});
