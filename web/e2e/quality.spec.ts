/** What drafts were worth: one is sent as it is, one is dismissed, and both are told of, counted and listed. */
import { enter, expect, row, sectionLink, sync, test } from "./system";

test("an accepted and a dismissed draft are counted, listed and learnt from", async ({ page, system }) => {
  const [good, bad] = ["Плед тёплый, спасибо!", "Плед с дырой, верните деньги."] as const;
  const shop = await system.shop([
    { text: good, rating: 5 },
    { text: bad, rating: 1 },
  ]);
  await enter(page, shop);
  await row(page, good).click();
  await page.getByRole("button", { name: "Принять и отправить" }).click();
  await expect(page.getByRole("region", { name: "Ответ", exact: true })).toBeVisible();
  await page.getByRole("tab", { name: "История ответов" }).click();
  await expect(page.getByText("без правок · шаблон")).toBeVisible();

  await page.goto("/queue");
  await row(page, bad).click();
  await page.getByRole("button", { name: "Отклонить", exact: true }).click();
  await page.getByRole("button", { name: "1. Неверный факт" }).click();
  await expect(page.getByRole("button", { name: "Подготовить черновик" })).toBeVisible();
  await sync(page);

  await sectionLink(page, "Качество черновиков").click();
  const total = page.getByRole("region", { name: "Всего за 30 дней" });
  await expect(total.getByRole("link", { name: "Отклонены: 1" })).toBeVisible();
  await total.getByRole("link", { name: "Приняты без правок: 1" }).click();
  const list = page.getByRole("list", { name: "Черновики и ответы" });
  await expect(list.getByRole("listitem")).toHaveCount(1);
  await expect(list).toContainText(good);

  await page.goto("/learning");
  await expect(list.getByRole("listitem")).toHaveCount(1);
  await expect(list).toContainText("отклонён: неверный факт · шаблон");
  await expect(list).toContainText("60 из 100");
  const download = page.waitForEvent("download");
  await page.getByRole("button", { name: "Скачать примеры за 30 дней" }).click();
  expect((await download).suggestedFilename()).toBe("agentiq-samples.jsonl");
});

test("where the installation names no model, a comparison says what to do", async ({ page, system }) => {
  await enter(page, await system.shop([]));
  await page.goto("/comparisons");
  const form = page.getByRole("form", { name: "Новое сравнение" });
  await form.getByLabel("Модель").fill("sandbox");
  await form.getByRole("button", { name: "Сравнить" }).click();
  await expect(form.getByRole("alert")).toContainText("AGENTIQ_COMPARED_MODEL_URL");
});
