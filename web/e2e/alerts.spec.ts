/** Alerts and the status of sending: four replies that moderation refuses are told on every page, with the way to them, until
 * somebody looks after them. */
import { enter, expect, row, sync, test } from "./system";

test("four refused replies warn on every page, with reasons and the list behind the number", async ({
  page,
  system,
}) => {
  test.setTimeout(180_000);
  const texts = ["Первый", "Второй", "Третий", "Четвёртый"].map((name) => `${name} отзыв о чайнике.`);
  const shop = await system.shop(texts.map((text) => ({ text, rating: 5 })));
  await system.control("PATCH", "/control/faults", { rejected: { probability: 1, seller: shop.name } });
  try {
    await enter(page, shop);
    for (const text of texts) {
      await page.goto("/queue");
      await row(page, text).click();
      const editor = page.getByLabel("Ответ покупателю");
      await editor.fill(`Спасибо за отзыв! ${text}`);
      await editor.press("Control+Enter");
      await expect(page.getByRole("region", { name: "Ответ", exact: true })).toBeVisible();
    }
    await sync(page);
    await page.goto("/log");
    const bar = page.getByRole("alert").filter({ hasText: "4 ответа не ушли за час" });
    await expect(bar).toBeVisible({ timeout: 90_000 });
    await expect(bar).toContainText("Модерация площадки отклонила текст — 4");
    await bar.getByRole("link", { name: "Статус отправки" }).click();
    const now = page.getByRole("region", { name: "Сейчас" });
    await expect(now.getByRole("link", { name: "Отклонены модерацией: 4" })).toBeVisible();
    await expect(page.getByText(/Предупреждение: 4 ответа не ушли/)).toContainText("длится");
    await bar.getByRole("button", { name: "Взять в работу" }).click();
    await expect(page.getByText("В работе: оператор")).toBeVisible();
    await expect(bar).toHaveCount(0);
    const marketplaces = page.getByRole("region", { name: "Как отвечают площадки" });
    await expect(async () => {
      await page.reload();
      const told = /Wildberries.*Половина отправок занимает меньше .+, сравнить не с чем\./;
      await expect(marketplaces).toContainText(told, { timeout: 2_000 });
    }).toPass({ timeout: 60_000 });
    await page.setViewportSize({ width: 1280, height: 400 });
    await page.goto("/sending#marketplaces");
    await expect(marketplaces.getByRole("heading", { level: 2 })).toBeInViewport();
    await now.getByRole("link", { name: "Отклонены модерацией: 4" }).click();
    await expect(page.getByRole("option")).toHaveCount(4);
  } finally {
    await system.control("PATCH", "/control/faults", { rejected: null });
  }
});
