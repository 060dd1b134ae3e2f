/** What a step of the history says. */
import { expect, test } from "vitest";
import type { Step } from "@/lib/api/types";
import { changeWords, stepOf } from "./past-words";

test("changes are told in the words of the screen, in one order", () => {
  expect(
    changeWords([
      { field: "version", before: 2, after: 3 },
      { field: "reply.state", before: "sending", after: "published" },
      { field: "can_edit.allowed", before: false, after: true },
      { field: "status", before: "replying", after: "responded" },
    ]),
  ).toEqual([
    { name: "Состояние", before: "Ответ в пути", after: "Отвечено" },
    { name: "Ответ на площадке", before: "Отправка...", after: "Опубликовано" },
    { name: "Можно править ответ", before: "нет", after: "да" },
  ]);
});

test("what appears is shown by its text, and a word the console does not know as it is", () => {
  expect(
    changeWords([
      { field: "draft", before: null, after: { text: "Спасибо!", source: "template" } },
      { field: "reply.failure", before: null, after: { message: "Площадка не отвечает." } },
      { field: "status", before: "", after: "constructor-like" },
    ]),
  ).toEqual([
    { name: "Состояние", before: "нет", after: "constructor-like" },
    { name: "Черновик", before: "нет", after: "Спасибо!" },
    { name: "Что не так", before: "нет", after: "Площадка не отвечает." },
  ]);
});

test("what changes among the messages of a chat is one line, wherever they stand", () => {
  const message = { message_id: "2", text: "Есть синий?" };
  const added = { field: "chat.messages.1", before: null, after: message };
  const moved = { field: "chat.messages.0.text", before: "Спасибо", after: "Есть синий?" };
  const line = { name: "Переписка", before: "без сообщения", after: "новое сообщение" };
  expect(changeWords([added])).toEqual([line]);
  expect(changeWords([moved, added])).toEqual([line]);
  const erased = { field: "chat.messages.0.erased", before: false, after: true };
  expect(changeWords([moved, erased])).toEqual([{ name: "Переписка", before: "видна", after: "удалена" }]);
});

test("a cursor names its step, anything else is the server's to tell", () => {
  const steps = [
    { number: 1, event: { aiqcursor: "a" } },
    { number: 2, event: { aiqcursor: "b" } },
  ] as Step[];
  expect(stepOf(steps, "b")?.number).toBe(2);
  expect(stepOf(steps, "2026-03-01T12:00:00Z")).toBeUndefined();
});
