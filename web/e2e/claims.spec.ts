/** Claims for return: read at the marketplace, listed, shown whole; what is decided there is seen here. */
import { enter, expect, sync, test } from "./system";

test("a claim is listed with its words, and a decision at the marketplace reaches it", async ({
  page,
  system,
}) => {
  const shop = await system.shop([]);
  const made = (await system.control("POST", `/control/wildberries/${shop.name}/claims`, {
    comment: "Покрытие слезло за неделю",
  })) as { id: string };
  await enter(page, shop);
  await page.getByRole("link", { name: "Возвраты" }).click();
  const claims = page.getByRole("listbox", { name: "Заявки на возврат" });
  const claim = claims.getByRole("option").filter({ hasText: "Покрытие слезло за неделю" });
  await expect(claim).toContainText("На рассмотрении", { timeout: 30_000 });
  await expect(page.getByText("Выберите заявку")).toBeVisible();

  // By the keyboard alone.
  await claim.focus();
  await page.keyboard.press("Enter");
  const whole = page.getByRole("article");
  await expect(whole.getByRole("region", { name: "Слова покупателя" })).toContainText("Покрытие слезло");
  await expect(whole).toContainText("Одобрить и забрать товар");
  await expect(whole).toContainText("₽");
  await expect(page).toHaveURL(/\/claims\/[0-9a-f-]{36}/);

  const answer = await fetch(`${system.sandbox}/returns-api/api/v1/claim`, {
    method: "PATCH",
    headers: { authorization: shop.token, "content-type": "application/json" },
    body: JSON.stringify({ id: made.id, action: "approve2" }),
  });
  expect(answer.status).toBe(200);
  await sync(page);
  await expect(whole).toContainText("Возвращается продавцу", { timeout: 30_000 });
  await expect(claim).toContainText("Одобрено");

  await page.getByRole("button", { name: "Состояние заявки" }).click();
  await page.getByRole("option", { name: "Отказано" }).click();
  await expect(page.getByText("Таких заявок нет")).toBeVisible();
});

test("a claim that does not exist is said to be so", async ({ page, system }) => {
  await enter(page, await system.shop([]));
  await page.goto("/claims/00000000-0000-0000-0000-000000000000");
  await expect(page.getByRole("main").getByRole("alert")).toBeVisible();
  await expect(page.getByText("Заявок на возврат нет")).toBeVisible();
});
