/** When a text may be sent. */
import { expect, test } from "vitest";
import { judge } from "./composer-rules";

const LIMITS = { min_chars: 2, max_chars: 5000, files: null };
const answer = (text: string, refused?: string) => judge(text, "answer", LIMITS, undefined, refused);

test("an empty editor asks for nothing and sends nothing", () => {
  expect(answer("  \n")).toEqual({ reason: undefined, isInvalid: false, canSend: false, length: 0 });
});

test("the limits are those of the channel", () => {
  expect(answer("а").reason).toBe("Не короче 2 символов");
  expect(answer("я".repeat(5000)).canSend).toBe(true);
  expect(answer("я".repeat(5001))).toMatchObject({ canSend: false, reason: "Сократите на 1 символ" });
});

test("a refused text is not sent again unchanged", () => {
  expect(answer("Пишите на почту", "Пишите на почту ").canSend).toBe(false);
  expect(answer("Пишите нам в чат", "Пишите на почту").canSend).toBe(true);
});

test("what a rule stops is not sent, and is counted", () => {
  const stopped = (stops: number) =>
    judge("Вам ответил бот", "answer", LIMITS, undefined, undefined, undefined, 0, stops);
  expect(stopped(0).canSend).toBe(true);
  expect(stopped(2)).toMatchObject({ canSend: false, reason: "Исправьте отмеченное: 2 замечания" });
});

test("an edit must change the text", () => {
  expect(judge("Спасибо!", "edit", LIMITS, "Спасибо!", undefined).reason).toBe("Текст не изменён");
  expect(judge("Спасибо вам!", "edit", LIMITS, "Спасибо!", undefined).canSend).toBe(true);
});

test("what bars a chat is said whatever stands in the editor, which is no fault of the text", () => {
  const limits = { min_chars: 1, max_chars: 1000, files: null };
  const barred = "Площадка закрыла этот чат.";
  for (const text of ["", "Здравствуйте!", "я".repeat(1001)])
    expect(judge(text, "answer", limits, undefined, undefined, barred)).toMatchObject({
      reason: barred,
      isInvalid: false,
      canSend: false,
    });
});

test("with a file no words are needed, and those that are there keep to the limits", () => {
  const withFile = (text: string) => judge(text, "answer", LIMITS, undefined, undefined, undefined, 1);
  expect(withFile(" ")).toMatchObject({ canSend: true, reason: undefined });
  expect(withFile("я".repeat(5001)).canSend).toBe(false);
});
