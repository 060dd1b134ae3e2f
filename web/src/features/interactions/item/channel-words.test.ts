/** What things are called in each channel. */
import { expect, test } from "vitest";
import type { Interaction } from "@/lib/api/types";
import { titleOf, windowWords } from "./channel-words";

const product = (name: string, article: string) => ({ name, article, brand: null });

test("an item is called by its product, and a chat about none is a chat", () => {
  expect(titleOf({ channel: "chat", product: product("Плед", "1") })).toBe("Плед");
  expect(titleOf({ channel: "review", product: product("", "1") })).toBe("Товар 1");
  expect(titleOf({ channel: "chat", product: product("", "") })).toBe("Чат с покупателем");
});

test("the time to answer is said while something can be written", () => {
  const until = new Date(2026, 10, 21, 14, 30);
  const item = (more: object = {}, chat: object = {}) =>
    ({
      marketplace: "ozon",
      erased: false,
      chat: { messages: [], open: true, reply_window_until: until.toISOString(), ...chat },
      ...more,
    }) as unknown as Interaction;
  const before = until.getTime() - 1;
  expect(windowWords(item(), before)).toBe(
    "Ozon точно примет ответ до 21.11.2026 14:30; позже может отказать.",
  );
  expect(windowWords(item(), until.getTime())).toContain("теперь может отказать");
  const silent = [item({ erased: true }), item({}, { open: false }), item({}, { reply_window_until: null })];
  for (const each of [...silent, item({ chat: null })]) expect(windowWords(each, before)).toBe("");
});
