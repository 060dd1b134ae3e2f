/** What became of drafts, in words. */
import { expect, test } from "vitest";
import type { JudgedDraft, ReplyLineage } from "@/lib/api/types";
import { lineageLine } from "@/lib/lineage";
import { outcomeLine } from "./quality-words";

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

test("a draft that nobody wanted says why", () => {
  const dismissed = { ...lineage({ outcome: "dismissed" }), reason: "wrong_fact" } as JudgedDraft;
  expect(outcomeLine(dismissed)).toBe("отклонён: неверный факт · черновик модели");
});
