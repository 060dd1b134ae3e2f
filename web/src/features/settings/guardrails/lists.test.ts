/** The lists as a form and back. */
import { expect, test } from "vitest";
import type { Guardrails } from "@/lib/api/types";
import { asked, edited, obstacle, withEntry, withException } from "./lists";

const SAVED: Guardrails = {
  version: 3,
  phrases: [
    { text: "скидка", severity: "warning", channels: ["chat"], instead: "выгодная цена" },
    { text: "дёшево", severity: "error", channels: [], instead: null },
  ],
  exceptions: ["робот"],
  built_in: { version: 3, rules: [] },
};

test("what is saved comes back as it was", () => {
  const { phrases, exceptions } = SAVED;
  expect(asked(edited(SAVED))).toEqual({ phrases, exceptions });
});

test("a phrase that holds in every channel names none", () => {
  const [, everywhere] = edited(SAVED).entries;
  expect(everywhere?.channels).toEqual(["review", "question", "chat"]);
});

test("new lines have keys of their own and must be filled in", () => {
  const lists = withException(withEntry(edited(SAVED)));
  const keys = [...lists.entries, ...lists.exceptions].map(({ key }) => key);
  expect(new Set(keys).size).toBe(5);
  expect(obstacle(lists)).toBe("Заполните или уберите пустые строки.");
  expect(obstacle(edited(SAVED))).toBeNull();
});

test("a phrase must hold somewhere", () => {
  const lists = edited(SAVED);
  const nowhere = lists.entries.map((entry) => ({ ...entry, channels: [] }));
  expect(obstacle({ ...lists, entries: nowhere })).toBe("Выберите для каждой фразы хотя бы один канал.");
});
