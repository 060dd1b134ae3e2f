/** The line of history. */
import { expect, test } from "vitest";
import type { Reply } from "@/lib/api/types";
import { historyLine } from "./history-line";

const version = (
  kind: Reply["kind"],
  sent: Date | null,
  state: Reply["state"] = sent ? "published" : "failed",
) => ({ kind, state, sent_at: sent?.toISOString() ?? null }) as Reply;

test("sent and edited are told in one line", () => {
  expect(
    historyLine([
      version("answer", new Date(2026, 1, 15, 14, 30)),
      version("edit", null),
      version("edit", new Date(2026, 1, 16, 10, 15)),
    ]),
  ).toBe("Ответ отправлен 15.02.2026 14:30, отредактирован 16.02.2026 10:15");
});

test("nothing is said of an answer that never left", () => {
  expect(historyLine([version("answer", null)])).toBe("");
});

test("a refusal of what had been accepted is told", () => {
  expect(historyLine([version("answer", new Date(2026, 1, 15, 14, 30), "rejected")])).toBe(
    "Ответ отправлен 15.02.2026 14:30, отклонён модерацией",
  );
});

test("a rejected question was not answered", () => {
  const rejected = version("rejection", new Date(2026, 1, 15, 14, 30));
  expect(historyLine([rejected])).toBe("Вопрос отклонён 15.02.2026 14:30");
  expect(historyLine([version("rejection", null), version("answer", new Date(2026, 1, 16, 10, 15))])).toBe(
    "Ответ отправлен 16.02.2026 10:15",
  );
});
