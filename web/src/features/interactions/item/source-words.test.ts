/** What a draft rests on, as it is called. */
import { expect, test } from "vitest";
import type { Interaction, KnowledgeItem } from "@/lib/api/types";
import { exampleWords, knowledgeWords } from "./source-words";

test("a document and a product are called by their titles, and a later version is told", () => {
  const document = { version: 2, document: { title: "Возврат" }, product: null } as KnowledgeItem;
  expect(knowledgeWords("passage", document, 2)).toBe("Документ «Возврат»");
  expect(knowledgeWords("passage", document, 1)).toBe("Документ «Возврат» (с тех пор изменён)");
  const product = { version: 1, document: null, product: { name: "Плед" } } as KnowledgeItem;
  expect(knowledgeWords("product", product, 1)).toBe("Товар «Плед»");
});

test("an example is called by how the buyer began", () => {
  const example = (channel: Interaction["channel"], preview: string) =>
    exampleWords({ channel, preview, product: { name: "Плед" } } as Interaction);
  expect(example("review", "Плед тёплый")).toBe("Ответ на отзыв «Плед тёплый»");
  expect(example("question", "")).toBe("Ответ на вопрос «Плед»");
  expect(example("chat", "а".repeat(41))).toBe(`Сообщение в чате «${"а".repeat(40)}…»`);
});
