import { expect, test } from "vitest";
import { expiredWords, retriedWords, unreadWords } from "./unread-words";

test("one, few and many", () => {
  expect([1, 3, 11, 21].map(unreadWords)).toEqual([
    "Не удалось прочитать 1 запись",
    "Не удалось прочитать 3 записи",
    "Не удалось прочитать 11 записей",
    "Не удалось прочитать 21 запись",
  ]);
  expect(expiredWords(2)).toContain("2 записи");
});

test("another try tells what was read and what was not", () => {
  expect(retriedWords({ read: 0, unread: 4 })).toBe("Прочитать по-прежнему не удаётся.");
  expect(retriedWords({ read: 2, unread: 0 })).toBe("Удалось прочитать 2 записи.");
  expect(retriedWords({ read: 1, unread: 5 })).toBe("Удалось прочитать 1 запись, не удалось 5 записей.");
});
