/** What is said when a draft could not be kept. */
import { expect, test } from "vitest";
import { Problem } from "@/lib/api/problem";
import { keepProblem } from "./drafts";

test("of news it is said that the draft was not saved, not that a reply was not sent", () => {
  const changed = new Problem(
    { code: "interaction_changed", system_does: "Ваш ответ не отправлен." },
    409,
    "request",
  );
  expect(keepProblem(changed)).toMatchObject({
    code: "interaction_changed",
    status: 409,
    requestId: "request",
    systemDoes: "Черновик не сохранён, текст остаётся у вас.",
  });
});

test("any other problem is told as it came", () => {
  const other = new Problem({ code: "not_found" }, 404, null);
  expect(keepProblem(other)).toBe(other);
});
