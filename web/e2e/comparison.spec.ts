/** Another model held against past drafts: asked for, paid for, and told as what it is. */
import { enter, expect, row, sectionLink, sync, test } from "./system";

test.use({ hasModel: true });

test("a past draft is written again and set beside what was sent", async ({ page, system }) => {
  const words = "Плед очень тёплый, спасибо!";
  const shop = await system.shop([{ text: words, rating: 5 }]);
  await enter(page, shop);
  await row(page, words).click();
  await page.getByRole("button", { name: "Принять и отправить" }).click();
  await expect(page.getByRole("region", { name: "Ответ", exact: true })).toBeVisible();
  await page.getByRole("tab", { name: "История ответов" }).click();
  await expect(page.getByText("без правок · черновик модели")).toBeVisible();
  await sync(page);

  await sectionLink(page, "Качество черновиков").click();
  await page.getByRole("link", { name: "сравнение моделей" }).click();
  await expect(page.getByText("Сравнений ещё не было")).toBeVisible();
  await expect(page.getByText(/Это пересчёт, не история/)).toBeVisible();
  const form = page.getByRole("form", { name: "Новое сравнение" });
  await form.getByLabel("Модель").fill("nobody-knows");
  await form.getByLabel("Бюджет").fill("0,5");
  await form.getByRole("button", { name: "Сравнить" }).click();
  await expect(form.getByText("модель, цена которой известна этой установке")).toBeVisible();

  await form.getByLabel("Модель").fill("sandbox");
  await form.getByRole("button", { name: "Сравнить" }).click();
  await expect(page.getByRole("heading", { name: "Модель sandbox" })).toBeVisible();
  await expect(page.getByText("Это пересчёт, не история")).toBeVisible();
  await expect(page.getByText(/^Черновики с .* готово: 1 из 1 черновика/)).toBeVisible();
  const sides = page.getByRole("region", { name: "Было и пересчитано" });
  await expect(sides.getByRole("row", { name: "Совпали с отправленным 1 1" })).toBeVisible();
  const drafts = page.getByRole("region", { name: /^Черновики/ });
  await expect(drafts).toContainText("было изменено 0 %; в пересчёте — 0 %");
  await drafts.getByRole("link").click();
  await expect(page).toHaveURL(/\/queue\//);
  // What was reckoned again is nobody's draft.
  await page.goto("/quality");
  const total = page.getByRole("region", { name: "Всего за 30 дней" });
  await expect(total.getByRole("link", { name: "Приняты без правок: 1" })).toBeVisible();
  await page.goto("/comparisons");
  await expect(page.getByRole("list", { name: "Сравнения" })).toContainText("из 0,5 $");
});
