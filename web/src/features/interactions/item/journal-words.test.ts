/** Events as an operator reads them. */
import { expect, test } from "vitest";
import type { CloudEvent } from "@/lib/api/types";
import { actorWords, eventWords, type Where } from "./journal-words";

const NOW = new Date(2026, 10, 21, 14, 5).getTime();
const REVIEW: Where = { channel: "review", marketplace: "wildberries" };
const CHAT: Where = { channel: "chat", marketplace: "ozon" };
const event = (name: string, data: object = {}) =>
  ({ type: `agentiq.interaction.${name}`, data }) as CloudEvent;

test("an event is a sentence with its text or reason", () => {
  expect(eventWords(event("ReplyRequested", { text: "Спасибо!" }), REVIEW, NOW)).toEqual({
    title: "Ответ поставлен на отправку",
    text: "Спасибо!",
  });
  expect(
    eventWords(
      event("ReplySendFailed", {
        failure: "unavailable",
        retry_at: new Date(2026, 10, 21, 14, 32).toISOString(),
      }),
      REVIEW,
      NOW,
    ).text,
  ).toBe("площадка недоступна; следующая попытка 14:32");
});

test("what goes out without a person says so, and what was stopped why", () => {
  const asked = event("ReplyRequested", { text: "Спасибо!", automation: 3 });
  expect(eventWords(asked, REVIEW, NOW).title).toBe("Ответ поставлен на отправку без человека");
  expect(eventWords(asked, CHAT, NOW).title).toBe("Сообщение поставлено на отправку без человека");
  const cancelled = (reason: string) => eventWords(event("ReplyCancelled", { reason }), REVIEW, NOW).text;
  expect(cancelled("automation_stopped")).toBe("Автоматика остановлена");
  expect(cancelled("by_person")).toBeUndefined();
});

test("a deadline says by when, and by which rule where one decided", () => {
  const answer_by = new Date(NOW + 3_600_000).toISOString();
  const set = (deadline: object, was_past = false) =>
    eventWords(event("DeadlineSet", { deadline, was_past }), REVIEW, NOW);
  expect(set({ answer_by }).text).toMatch(/^До /);
  expect(set({ answer_by, rule: 2 }).text).toMatch(/, правило № 2$/);
  expect(set({ answer_by }, true).title).toBe("Назначен срок ответа, и он уже прошёл");
  expect(eventWords(event("SlaBreached"), REVIEW, NOW).title).toBe("Срок ответа прошёл, ответа нет");
});

test("erased words are left out, and an unknown event keeps its name", () => {
  expect(eventWords(event("ReplyRequested", { text: { $erased: true } }), REVIEW, NOW).text).toBeUndefined();
  expect(eventWords(event("Snoozed"), REVIEW, NOW).title).toBe("Snoozed");
});

test("the actor is a word, not an id", () => {
  expect(actorWords("user:u1", "u1")).toBe("вы");
  expect(actorWords("user:u2", "u1")).toBe("оператор");
  expect(actorWords("system:sync", "u1")).toBe("синхронизация");
  expect(actorWords("system:on_call", "u1")).toBe("дежурный");
  expect(actorWords(null, "u1")).toBe("AgentIQ");
});

test("an erasure says on what ground, and closes the item", () => {
  const erased = eventWords(event("BuyerErased", { ground: "order", reference: "17/2026" }), REVIEW, NOW);
  expect(erased).toEqual({
    title: "Данные покупателя удалены",
    text: "Требование суда или ведомства, № 17/2026",
  });
  expect(eventWords(event("Closed", { reason: "buyer_erased" }), REVIEW, NOW).text).toBe("Ответ невозможен");
});

test("each channel is called by its name, and in a chat a reply is a message", () => {
  const title = (name: string, where: Where, data: object = {}) =>
    eventWords(event(name, data), where, NOW).title;
  expect(title("Ingested", REVIEW)).toBe("Отзыв получен");
  expect(title("Ingested", { ...REVIEW, channel: "question" })).toBe("Вопрос получен");
  expect(title("Ingested", CHAT)).toBe("Чат получен");
  expect(title("ReplySent", REVIEW)).toBe("WB принял ответ");
  expect(title("ReplySent", CHAT)).toBe("Ozon принял сообщение");
  const replied = [
    "ReplyRequested",
    "ReplySent",
    "ReplyConfirmedAbsent",
    "ReplyPublished",
    "ReplyModerationFailed",
  ];
  for (const name of replied) expect(title(name, CHAT)).not.toMatch(/ответ|отзыв|опубликован/i);
});

test("a message says who wrote it and what", () => {
  const wrote = (author: string) =>
    eventWords(event("MessageReceived", { message: { author, words: { text: "Есть синий?" } } }), CHAT, NOW);
  expect(wrote("buyer")).toEqual({ title: "Написал покупатель", text: "Есть синий?" });
  expect(wrote("seller").title).toBe("Написал продавец");
  expect(wrote("marketplace").title).toBe("Написала площадка");
  expect(eventWords(event("Closed", { reason: "chat_closed" }), CHAT, NOW).title).toBe("Ozon закрыл чат");
});

test("a review and its supplement are told apart", () => {
  const linked = (links: object) => eventWords(event("Linked", { links }), REVIEW, NOW).title;
  expect(linked({ supplement: "r-2" })).toBe("Покупатель дополнил отзыв");
  expect(linked({ parent: "r-1" })).toBe("Это дополнение к отзыву");
});
