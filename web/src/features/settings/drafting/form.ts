/** What is wanted of drafts, as it is typed. */
import type { Drafting, Intent } from "@/lib/api/types";
import { lines } from "@/lib/lines";
import { INTENT_ORDER } from "@/lib/words";

/** Money in the API is in millionths of a dollar. */
const MICRO = 1_000_000;

/** The settings with their numbers and lists as text. */
export interface Typed extends Pick<Drafting, "ahead" | "by_model" | "tone" | "address"> {
  batchSize: string;
  delaySeconds: string;
  dailyLimit: string;
  dailyBudgetUsd: string;
  signature: string;
  /** One entry a line. */
  phrases: string;
  forbiddenTopics: string;
  notLearned: readonly Intent[];
}

export function typed(drafting: Drafting): Typed {
  const { ahead, by_model, tone, address } = drafting;
  return {
    ahead,
    by_model,
    tone,
    address,
    batchSize: String(drafting.batch_size),
    delaySeconds: decimal(drafting.delay_ms / 1000),
    dailyLimit: String(drafting.daily_limit),
    dailyBudgetUsd: decimal(drafting.daily_budget_micro_usd / MICRO),
    signature: drafting.signature ?? "",
    phrases: drafting.phrases.join("\n"),
    forbiddenTopics: drafting.forbidden_topics.join("\n"),
    notLearned: drafting.not_learned,
  };
}

/** What is asked of the server; a number that cannot be read becomes one that it refuses by name. */
export function asked(form: Typed): Drafting {
  const { ahead, by_model, tone, address } = form;
  return {
    ahead,
    by_model,
    tone,
    address,
    batch_size: whole(form.batchSize),
    delay_ms: Math.round(number(form.delaySeconds) * 1000),
    daily_limit: whole(form.dailyLimit),
    daily_budget_micro_usd: Math.round(number(form.dailyBudgetUsd) * MICRO),
    signature: form.signature.trim() === "" ? null : form.signature.trim(),
    phrases: lines(form.phrases),
    forbidden_topics: lines(form.forbiddenTopics),
    // In one order, whatever was pressed first.
    not_learned: INTENT_ORDER.filter((intent) => form.notLearned.includes(intent)),
  };
}

/** Whether what is typed says anything else than what is saved: both as they would be asked for, in one order of fields. */
export function isChanged(form: Typed, saved: Drafting): boolean {
  return JSON.stringify(asked(form)) !== JSON.stringify(asked(typed(saved)));
}

/** What is wrong with the numbers, by field; nothing when all can be sent. */
export function faults(form: Typed): Partial<Record<keyof Typed, string>> {
  const found: Partial<Record<keyof Typed, string>> = {};
  const check = (field: keyof Typed, value: number, max: number, min = 0) => {
    if (!(value >= min && value <= max)) {
      found[field] = `Введите число от ${decimal(min)} до ${decimal(max)}`;
    }
  };
  check("batchSize", whole(form.batchSize), 100, 1);
  check("delaySeconds", number(form.delaySeconds), 60);
  check("dailyLimit", whole(form.dailyLimit), 10_000);
  check("dailyBudgetUsd", number(form.dailyBudgetUsd), 100);
  return found;
}

function decimal(value: number): string {
  return String(value).replace(".", ",");
}

function number(text: string): number {
  return /^\d+([.,]\d+)?$/.test(text.trim()) ? Number(text.trim().replace(",", ".")) : NaN;
}

function whole(text: string): number {
  return /^\d+$/.test(text.trim()) ? Number(text.trim()) : NaN;
}
