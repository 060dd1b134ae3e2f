/** What became of drafts, in words. */
import { expect, test } from "vitest";
import type { DraftFigures, JudgedDraft, ReplyLineage } from "@/lib/api/types";
import { lineageLine } from "@/lib/lineage";
import { judgedFilters } from "./filters";
import { figuresOf, outcomeLine } from "./quality-words";

const lineage = (fields: Partial<ReplyLineage>): ReplyLineage => ({
  outcome: "edited",
  draft_id: null,
  source: "model",
  model: null,
  prompt_version: null,
  changed_percent: null,
  ...fields,
});

test("a reply tells how far it is from its draft and whose that was", () => {
  expect(lineageLine(lineage({ changed_percent: 12.3 }))).toBe("правка 12,3 % · черновик модели");
  expect(lineageLine(lineage({ outcome: "accepted", source: "template" }))).toBe("без правок · шаблон");
  expect(lineageLine(lineage({ outcome: "manual", source: null }))).toBe("написан без черновика");
  expect(lineageLine(lineage({ outcome: "manual", source: "operator" }))).toBe(
    "другой текст вместо черновика · черновик человека",
  );
});

test("one text for many says that it was no judgement", () => {
  expect(lineageLine(lineage({ outcome: "in_bulk", source: null }))).toBe("общий ответ многим");
  expect(outcomeLine(lineage({ outcome: "in_bulk" }) as JudgedDraft)).toBe(
    "общий ответ многим вместо черновика · черновик модели",
  );
});

test("each number's filter is one that its list reads", () => {
  for (const { name, filter } of figuresOf({} as DraftFigures)) {
    const written = new URLSearchParams(filter);
    const read = Object.entries(judgedFilters(written)).map(([key, value]) => [key, String(value)]);
    expect(read, name).toEqual([...written]);
  }
  for (const figure of ["replies", "slightly_edited", "judged", "not_good"]) {
    expect(judgedFilters(new URLSearchParams({ figure }))).toEqual({ figure });
  }
});

test("a draft that nobody wanted says why", () => {
  const dismissed = { ...lineage({ outcome: "dismissed" }), reason: "wrong_fact" } as JudgedDraft;
  expect(outcomeLine(dismissed)).toBe("отклонён: неверный факт · черновик модели");
});
