/** A restored database: nothing goes out until somebody says that it may, everybody sees why, and nothing is lost. */
import { enter, expect, row, test } from "./system";

const TEXT = "Спасибо за отзыв! Рады, что плед пригодился.";

test("after a restore a bar says why nothing goes out, and what waited goes out once it is released", async ({
  page,
  system,
}) => {
  const shop = await system.shop([{ text: "Плед не линяет.", rating: 5 }]);
  await enter(page, shop);
  const bar = page.getByRole("alert").filter({ hasText: "База восстановлена из копии" });
  await expect(bar).toBeHidden();
  system.run("sending", "quarantine", "--reason", "копия от понедельника");
  const answer = page.getByRole("region", { name: "Ответ", exact: true });
  try {
    await expect(bar).toContainText("копия от понедельника");
    await expect(bar).toContainText("Ничего не ждёт отправки");
    await row(page, "Плед не линяет").click();
    const editor = page.getByLabel("Ответ покупателю");
    await editor.fill(TEXT);
    await editor.press("Control+Enter");
    await expect(answer.getByText("Ответ уйдёт после сверки с площадкой")).toBeVisible();
    await expect(bar).toContainText("1 ответ ждёт");
    // The seller's own switch is another one, and does not let anything out.
    await expect(bar.getByRole("button", { name: "Возобновить" })).toBeHidden();
    expect(await system.answers(shop)).toEqual([]);
  } finally {
    system.run("sending", "release", "--anyway", "--reason", "сверено вручную");
  }
  await expect(bar).toBeHidden();
  await expect(answer.getByText("Отправлено")).toBeVisible();
  expect((await system.answers(shop)).map((each) => each.buyer_sees?.text)).toEqual([TEXT]);
});
