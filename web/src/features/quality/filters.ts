/** The filters of a list of drafts as the address names them; what is no filter is left out. */
import type { JudgedFilters } from "@/lib/api/types";
import { CHANNEL, INTENT, WRITER } from "@/lib/words";

const OUTCOMES = [
  "accepted",
  "edited",
  "manual",
  "automatic",
  "in_bulk",
  "dismissed",
  "superseded",
  "unused",
  "unmeasured",
] as const;

const FIGURES = ["replies", "slightly_edited", "judged", "not_good"] as const;

/** Reads the filters. */
export function judgedFilters(params: URLSearchParams): JudgedFilters {
  const text = (name: string) => params.get(name) ?? undefined;
  const word = <K extends string>(words: Record<K, unknown>, name: string) =>
    (Object.keys(words) as K[]).find((known) => known === params.get(name));
  const version = Number(text("prompt_version") ?? Number.NaN);
  const filters = {
    outcome: OUTCOMES.find((outcome) => outcome === params.get("outcome")),
    figure: FIGURES.find((figure) => figure === params.get("figure")),
    has_draft: { true: true, false: false }[text("has_draft") ?? ""],
    channel: word(CHANNEL, "channel"),
    intent: word(INTENT, "intent"),
    source: word(WRITER, "source"),
    model: text("model"),
    prompt_version: Number.isInteger(version) ? version : undefined,
    knowledge_id: text("knowledge_id"),
  };
  return Object.fromEntries(Object.entries(filters).filter(([, value]) => value !== undefined));
}
