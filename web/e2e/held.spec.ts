/** Second thoughts: a reply is taken back before it goes out, by button and by key, or sent later. */
import { enter, expect, row, test } from "./system";
import type { Page } from "@playwright/test";

const TEXT = "Спасибо за отзыв! Рады, что плед пригодился.";

async function hold(page: Page, seconds: number): Promise<void> {
  await page.goto("/settings");
  const field = page.getByLabel("Секунд до отправки");
  await field.fill(String(seconds));
  const section = page.getByRole("region", { name: "Задержка отправки" });
  await section.getByRole("button", { name: "Сохранить" }).click();
  await expect(section.getByText("Сохранено")).toBeVisible();
}

test("a reply that is held is taken back with Z, mended and sent", async ({ page, system }) => {
  const shop = await system.shop([{ text: "Плед тёплый, спасибо.", rating: 5 }]);
  await enter(page, shop);
  await hold(page, 30);
  await page.goto("/queue");
  await row(page, "Плед тёплый").click();
  const editor = page.getByLabel("Ответ покупателю");
  await editor.fill("Спасибо за отзыв! Рады, что плед пригодился,");
  await editor.press("Control+Enter");
  await expect(page.getByText(/Отложено · уйдёт/)).toBeVisible();
  await expect(page.getByText(/^Уйдёт через \d+ с$/)).toBeVisible();
  await expect(page.getByText(/^Уйдёт через \d+ с: /)).toBeVisible();
  await page.keyboard.press("z");
  const panel = page.getByRole("tabpanel", { name: "Переписка" });
  await expect(panel.getByText("Отправка отменена", { exact: true })).toBeVisible();
  await expect(editor).toHaveValue("Спасибо за отзыв! Рады, что плед пригодился,");
  expect(await system.answers(shop)).toEqual([]);

  await editor.fill(TEXT);
  await editor.press("Control+Enter");
  await page.getByRole("button", { name: "Отправить сейчас" }).click();
  const answer = page.getByRole("region", { name: "Ответ", exact: true });
  await expect(answer.getByText("Отправлено")).toBeVisible();
  expect((await system.answers(shop)).map((each) => each.buyer_sees?.text)).toEqual([TEXT]);
});

test("a reply is sent later, found among those that wait, and taken back", async ({ page, system }) => {
  const shop = await system.shop([{ text: "Чайник тёмный, но хорош.", rating: 4 }]);
  await enter(page, shop);
  await row(page, "Чайник тёмный").click();
  const editor = page.getByLabel("Ответ покупателю");
  await editor.fill(TEXT);
  await page.getByRole("button", { name: "Отправить позже…" }).click();
  const dialog = page.getByRole("dialog", { name: "Отправить позже" });
  const field = dialog.getByLabel("Когда отправить");
  const tomorrow = await field.inputValue();
  await field.fill("2020-01-01T09:00");
  await dialog.getByRole("button", { name: "Отложить" }).click();
  await expect(dialog.getByText("Выберите время в будущем, не дальше 30 дней.")).toBeVisible();
  await field.fill(tomorrow);
  await dialog.getByRole("button", { name: "Отложить" }).click();
  await expect(page.getByText(/Отложено · уйдёт .* 09:00/)).toBeVisible();

  await page.getByRole("link", { name: /Отложенные/ }).click();
  await row(page, "Чайник тёмный").click();
  await page.getByRole("button", { name: "Отменить отправку" }).click();
  const panel = page.getByRole("tabpanel", { name: "Переписка" });
  await expect(panel.getByText("Отправка отменена", { exact: true })).toBeVisible();
  await expect(editor).toHaveValue(TEXT);
  expect(await system.answers(shop)).toEqual([]);
});
