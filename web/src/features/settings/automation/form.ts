/** What is wanted answered without a person, as it is typed. */
import type { Automation, AutomationRules, AutomationStage, Channel, Intent } from "@/lib/api/types";
import { INTENT_ORDER } from "@/lib/words";

export const CHANNEL_ORDER: readonly Channel[] = ["review", "question", "chat"];

/** What a pilot is held to: at most so many replies, each of which can be taken back for at least so long. */
export const PILOT = { per_hour: 20, per_day: 100, hold_seconds: 60 } as const;

/** How far the rules have come, and what that rests on. */
export interface Step {
  stage: AutomationStage;
  backtest_id: string | null;
}

/** What is done with what a buyer wants: one of three, so that nothing is both allowed and a person's. */
export type Way = "allowed" | "approval" | "handoff";

/** The settings with their numbers as text. */
export interface Typed {
  channels: Record<Channel, boolean>;
  ways: Record<Intent, Way>;
  ratingMin: string;
  autoFrom: string;
  escalateBelow: string;
  perHour: string;
  perDay: string;
  holdSeconds: string;
}

export function typed({ rules, per_hour, per_day, hold_seconds }: Automation): Typed {
  const way = (intent: Intent): Way => {
    if (rules.handoff.includes(intent)) return "handoff";
    return rules.intents.includes(intent) ? "allowed" : "approval";
  };
  return {
    channels: mapped(CHANNEL_ORDER, (channel) => rules.channels.includes(channel)),
    ways: mapped(INTENT_ORDER, way),
    ratingMin: String(rules.rating_min),
    autoFrom: String(rules.auto_from),
    escalateBelow: String(rules.escalate_below),
    perHour: String(per_hour),
    perDay: String(per_day),
    holdSeconds: String(hold_seconds),
  };
}

export function rulesOf(form: Typed): AutomationRules {
  const withWay = (way: Way) => INTENT_ORDER.filter((intent) => form.ways[intent] === way);
  return {
    channels: CHANNEL_ORDER.filter((channel) => form.channels[channel]),
    rating_min: whole(form.ratingMin),
    intents: withWay("allowed"),
    handoff: withWay("handoff"),
    auto_from: whole(form.autoFrom),
    escalate_below: whole(form.escalateBelow),
  };
}

/** What is asked of the server. */
export function asked(form: Typed, step: Step): Automation {
  return {
    ...step,
    rules: rulesOf(form),
    per_hour: whole(form.perHour),
    per_day: whole(form.perDay),
    hold_seconds: whole(form.holdSeconds),
  };
}

/** What is wrong with the numbers for this stage, by field; nothing when all can be sent. */
export function faults(form: Typed, stage: AutomationStage): Partial<Record<keyof Typed, string>> {
  const found: Partial<Record<keyof Typed, string>> = {};
  const check = (field: keyof Typed, text: string, min: number, max: number) => {
    const value = whole(text);
    if (!(value >= min && value <= max)) found[field] = `Введите целое число от ${min} до ${max}`;
  };
  check("ratingMin", form.ratingMin, 1, 5);
  check("autoFrom", form.autoFrom, 0, 100);
  check("escalateBelow", form.escalateBelow, 0, 100);
  const isPilot = stage === "pilot";
  check("perHour", form.perHour, 1, isPilot ? PILOT.per_hour : 1000);
  check("perDay", form.perDay, 1, isPilot ? PILOT.per_day : 10_000);
  check("holdSeconds", form.holdSeconds, isPilot ? PILOT.hold_seconds : 10, 3600);
  if (!found.autoFrom && whole(form.escalateBelow) > whole(form.autoFrom)) {
    found.escalateBelow ??= "Не больше порога отправки";
  }
  return found;
}

/** Tells whether two sets of rules are the same, whatever order their lists are in. */
export function areSame(one: AutomationRules, other: AutomationRules): boolean {
  const ordered = (rules: AutomationRules) =>
    JSON.stringify([
      [...rules.channels].sort(),
      [...rules.intents].sort(),
      [...rules.handoff].sort(),
      rules.rating_min,
      rules.auto_from,
      rules.escalate_below,
    ]);
  return ordered(one) === ordered(other);
}

function mapped<K extends string, V>(names: readonly K[], value: (name: K) => V): Record<K, V> {
  return Object.fromEntries(names.map((name) => [name, value(name)])) as Record<K, V>;
}

function whole(text: string): number {
  return /^\d+$/.test(text.trim()) ? Number(text.trim()) : NaN;
}
