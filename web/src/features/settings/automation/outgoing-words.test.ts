/** What became of a draft that was to go out without a person. */
import { expect, test } from "vitest";
import type { AutomationStatusItem } from "@/lib/api/types";
import { outcomeWords } from "./outgoing-words";

const NOW = Date.parse("2026-11-21T12:00:00Z");
const words = (more: Partial<AutomationStatusItem>) =>
  outcomeWords({ held_until: null, message: null, ...more } as AutomationStatusItem, NOW);

test("what is held counts down, and what did not go out says why", () => {
  expect(words({ outcome: "held", held_until: "2026-11-21T12:00:42Z" })).toBe("Уйдёт через 42 с");
  expect(words({ outcome: "held" })).toBe("Отложен");
  expect(words({ outcome: "out", message: "Ушёл" })).toBe("Ушёл");
  expect(words({ outcome: "refused", message: "Лимит в час исчерпан" })).toBe(
    "Не ушёл: Лимит в час исчерпан",
  );
  expect(words({ outcome: "taken_back", message: "Правила изменились" })).toBe(
    "Возвращён: Правила изменились",
  );
  expect(words({ outcome: "taken_back" })).toBe("Возвращён");
});
