/** Russian plurals and lengths. */
import { expect, test } from "vitest";
import { characters, counted } from "./count";

test("the word agrees with the number", () => {
  const events = (count: number) => counted(count, ["событие", "события", "событий"]);
  expect([1, 2, 5, 11, 12, 21, 22, 111].map(events)).toEqual([
    "1 событие",
    "2 события",
    "5 событий",
    "11 событий",
    "12 событий",
    "21 событие",
    "22 события",
    "111 событий",
  ]);
});

test("an emoji is one character", () => {
  expect(characters("Спасибо 🙏")).toBe(9);
});
