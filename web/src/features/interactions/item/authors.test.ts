/** Who is named as the author of a reply. */
import { expect, test } from "vitest";
import type { Reply } from "@/lib/api/types";
import { authorOf } from "./authors";

const reply = (more: Partial<Reply>) =>
  ({ kind: "answer", automatic: false, requested_by: null, ...more }) as Reply;

test("a reply is of a person, of nobody, or of somebody elsewhere", () => {
  expect(authorOf(reply({ requested_by: "user:u1" }), "u1")).toBe("Вы");
  expect(authorOf(reply({ requested_by: "user:u2" }), "u1")).toBe("Оператор");
  expect(authorOf(reply({ automatic: true, requested_by: "system:automation" }), "u1")).toBe("Автоматически");
  expect(authorOf(reply({ kind: "observed" }), "u1")).toBe("Магазин, вне AgentIQ");
});
