/** Why an item stands as it does: asked by a key or at its state, line by line, each line leading to its moment. */
import { enter, expect, row, test } from "./system";

test("W tells what led to the state of an item, and leads to each moment of it", async ({ page, system }) => {
  const shop = await system.shop([{ text: "Зонт сломался в первый день.", rating: 1, user: "Ирина" }]);
  await enter(page, shop, { draftsAhead: false });
  await row(page, "Зонт сломался").click();
  // A deadline is an event, too.
  await expect(page.getByRole("button", { name: /^Срок ответа: / })).toBeVisible();
  await page.getByRole("button", { name: /почему\?/ }).click();
  const why = page.getByRole("region", { name: "Почему так" });
  await expect(why.getByText(/^Ждёт ответа: /)).toBeVisible();
  await expect(page).toHaveURL(/tab=why/);

  await page.getByRole("tab", { name: "Переписка" }).click();
  await page.getByLabel("Ответ покупателю").fill("Ирина, нам очень жаль, что зонт сломался!");
  await page.keyboard.press("Control+Enter");
  await expect(page.getByText(/Отправлено · опубликовано/)).toBeVisible({ timeout: 30_000 });
  await page.getByRole("heading", { level: 2, name: /./ }).first().click();
  await page.keyboard.press("KeyW");
  await expect(why.getByText("Ответ опубликован: его увидели на площадке.")).toBeVisible();
  const lines = why.getByRole("list", { name: "Что к этому привело" }).getByRole("listitem");
  await expect(lines).toHaveCount(5);
  const asked = lines.nth(2);
  await expect(asked).toContainText("Ответ поставлен на отправку");
  await expect(asked).toContainText(/оператор \S+@\S+/);
  await expect(asked).toContainText("написан без черновика");
  await expect(asked).toContainText("пройдена, правила версии");
  await expect(lines.nth(3)).toContainText("1 из 6");

  await asked.getByRole("button", { name: /Как было/ }).click();
  await expect(page.getByRole("status").filter({ hasText: "Как было" })).toContainText("событие 3 из 5");
  await page.keyboard.press("Escape");
  await expect(asked).toBeVisible();
  await page.keyboard.press("KeyW");
  await expect(page.getByRole("tabpanel", { name: "Переписка" })).toBeVisible();
});
