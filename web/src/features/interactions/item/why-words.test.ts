import { expect, test } from "vitest";
import { leftOutWords, newState } from "./why-words";

test("a line names the state that it led to", () => {
  expect(newState({ status: "waiting", reply_state: null })).toBe("Ждёт ответа");
  expect(newState({ status: "replying", reply_state: "sending" })).toBe("Отправка...");
  expect(newState({ status: null, reply_state: "published" })).toBe("Опубликовано");
  expect(newState({ status: null, reply_state: null })).toBeUndefined();
});

test("what is left out is counted in Russian", () => {
  expect(leftOutWords(1)).toMatch(/^Раньше было ещё 1 событие;/);
  expect(leftOutWords(3)).toMatch(/^Раньше было ещё 3 события;/);
  expect(leftOutWords(12)).toMatch(/^Раньше было ещё 12 событий;/);
});
