/** Events as an operator reads them. */
import { expect, test } from "vitest";
import type { CloudEvent } from "@/lib/api/types";
import { actorWords, eventWords } from "./journal-words";

const NOW = new Date(2026, 10, 21, 14, 5).getTime();
const event = (name: string, data: object = {}) =>
  ({ type: `agentiq.interaction.${name}`, data }) as CloudEvent;

test("an event is a sentence with its text or reason", () => {
  expect(eventWords(event("ReplyRequested", { text: "Спасибо!" }), "WB", NOW)).toEqual({
    title: "Ответ поставлен на отправку",
    text: "Спасибо!",
  });
  expect(
    eventWords(
      event("ReplySendFailed", {
        failure: "unavailable",
        retry_at: new Date(2026, 10, 21, 14, 32).toISOString(),
      }),
      "WB",
      NOW,
    ).text,
  ).toBe("площадка недоступна; следующая попытка 14:32");
});

test("erased words are left out, and an unknown event keeps its name", () => {
  expect(eventWords(event("ReplyRequested", { text: { $erased: true } }), "WB", NOW).text).toBeUndefined();
  expect(eventWords(event("SlaBreached"), "WB", NOW).title).toBe("SlaBreached");
});

test("the actor is a word, not an id", () => {
  expect(actorWords("user:u1", "u1")).toBe("вы");
  expect(actorWords("user:u2", "u1")).toBe("оператор");
  expect(actorWords("system:sync", "u1")).toBe("синхронизация");
  expect(actorWords("system:on_call", "u1")).toBe("дежурный");
  expect(actorWords(null, "u1")).toBe("AgentIQ");
});

test("an erasure says on what ground, and closes the item", () => {
  const erased = eventWords(event("BuyerErased", { ground: "order", reference: "17/2026" }), "WB", NOW);
  expect(erased).toEqual({
    title: "Данные покупателя удалены",
    text: "Требование суда или ведомства, № 17/2026",
  });
  expect(eventWords(event("Closed", { reason: "buyer_erased" }), "WB", NOW).text).toBe("Ответ невозможен");
});
