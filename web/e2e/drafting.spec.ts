/** How drafts are made: ahead or when somebody asks, which the list tells apart; and what nothing is learnt of. */
import { enter, expect, row, sync, test } from "./system";

test("the list tells a draft that was asked for from one that was there before", async ({ page, system }) => {
  const text = "Плед тёплый, спасибо!";
  const shop = await system.shop([{ text, rating: 5 }]);
  await enter(page, shop);
  await expect(row(page, text)).toContainText("Готово заранее");
  await row(page, text).click();
  const draft = page.getByRole("region", { name: "Черновик" });
  await expect(draft).toContainText("Готово заранее");

  await draft.getByRole("button", { name: "Обновить" }).click();
  await expect(row(page, text)).toContainText("Черновик готов");
  await expect(draft).not.toContainText("Готово заранее");
  await sync(page);
  await page.reload();
  await expect(row(page, text)).toContainText("Черновик готов");
  await expect(draft).toBeVisible();
  await expect(draft).not.toContainText("Готово заранее");
});

test("what nothing is to be learnt of is settled by topic and stays", async ({ page, system }) => {
  const shop = await system.shop([{ text: "Плед тёплый, спасибо!", rating: 5 }]);
  await enter(page, shop);
  await page.goto("/settings/drafting");
  const topic = page.getByRole("button", { name: /Возврат/ });
  await expect(topic).toHaveText("Учиться");
  await topic.click();
  await page.getByRole("option", { name: "Не учиться" }).click();
  await page.getByRole("button", { name: "Сохранить" }).click();
  await expect(page.getByText("Сохранено")).toBeVisible();
  await page.reload();
  await expect(topic).toHaveText("Не учиться");
});
