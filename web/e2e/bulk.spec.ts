/** Many at once: chosen by key, looked at before, sent, stopped, and found again after a reload. */
import type { Page } from "@playwright/test";
import { enter, expect, row, test } from "./system";

const TEXT = "Здравствуйте! Спасибо за отзыв, нам важно ваше мнение.";

/** Beside it the same may stand as an announcement. */
function main(page: Page) {
  return page.getByRole("main");
}

test("selected items are looked at and answered with one text", async ({ page, system }) => {
  const shop = await system.shop([
    { text: "Плед тёплый.", rating: 5 },
    { text: "Чайник быстрый.", rating: 5 },
    { text: "Лампа яркая.", rating: 4 },
  ]);
  await enter(page, shop);
  await page.goto("/queue?needs_response=true");
  await expect(row(page, "Лампа яркая")).toBeVisible();
  await page.getByRole("listbox", { name: "Обращения" }).focus();
  await page.keyboard.press("x");
  const bar = page.getByRole("toolbar", { name: "Выбранные обращения" });
  await expect(bar.getByText("Выбрано 1")).toBeVisible();
  await page.keyboard.press("j");
  await page.keyboard.press("j");
  await page.keyboard.press("Shift+X");
  await expect(bar.getByText("Выбрано 3")).toBeVisible();
  await page.keyboard.press("x");
  await expect(bar.getByText("Выбрано 2")).toBeVisible();
  await bar.getByRole("button", { name: "Выбрать все 3 по фильтру" }).click();
  await expect(bar.getByText("Выбрано 3")).toBeVisible();
  await bar.getByRole("button", { name: "Ответить всем…" }).click();

  // Each has its draft before anybody asks for one.
  await expect(main(page).getByText("Готовы к отправке: 3 из 3")).toBeVisible();
  await page.getByLabel("Один текст для всех").check();
  await page.getByRole("textbox", { name: /^Текст для всех/ }).fill("Позвоните нам: 8 (912) 345-67-89.");
  await expect(page.getByRole("button", { name: "Отправлять нечего" })).toBeDisabled();
  await expect(main(page).getByText("Текст не проходит проверку.").first()).toBeVisible();
  await page.getByRole("textbox", { name: /^Текст для всех/ }).fill(TEXT);
  await expect(main(page).getByText("Готовы к отправке: 3 из 3")).toBeVisible();
  await page.reload();
  await page.getByLabel("Один текст для всех").check();
  await page.getByRole("textbox", { name: /^Текст для всех/ }).fill(TEXT);
  await page
    .getByRole("checkbox", { name: /^Отправить: / })
    .nth(1)
    .uncheck();
  await page.getByRole("button", { name: "Отправить 2 ответа" }).click();

  await expect(main(page).getByText("Отправлено 2 из 2", { exact: true })).toBeVisible({ timeout: 20_000 });
  await page.reload();
  await expect(main(page).getByText("Отправлено 2 из 2", { exact: true })).toBeVisible();
  const summary = page.getByRole("list", { name: "Итог" });
  await expect(summary.getByText(/отправлено 2/)).toBeVisible();
  await summary.getByRole("link", { name: "Показать: отправлено" }).click();
  await expect(page.getByRole("table").getByRole("row")).toHaveCount(3);
  expect((await system.answers(shop)).map((each) => each.buyer_sees?.text)).toEqual([TEXT, TEXT]);

  await page.getByRole("link", { name: "Ответы многим" }).click();
  await expect(page.getByRole("cell", { name: "2 из 2" })).toBeVisible();
});

test("a bulk is stopped, and what was held stays here", async ({ page, system }) => {
  const shop = await system.shop(
    Array.from({ length: 6 }, (_, n) => ({ text: `Отзыв номер ${n}.`, rating: 5 })),
  );
  await enter(page, shop);
  await page.goto("/settings");
  await page.getByLabel("Секунд до отправки").fill("30");
  const section = page.getByRole("region", { name: "Задержка отправки" });
  await section.getByRole("button", { name: "Сохранить" }).click();
  await expect(section.getByText("Сохранено")).toBeVisible();
  await page.goto("/queue?needs_response=true");
  await expect(row(page, "Отзыв номер 5")).toBeVisible();
  await page.getByRole("listbox", { name: "Обращения" }).focus();
  await page.keyboard.press("x");
  await page.getByRole("button", { name: "Выбрать все 6 по фильтру" }).click();
  await page.getByRole("button", { name: "Ответить всем…" }).click();
  await page.getByLabel("Один текст для всех").check();
  await page.getByRole("textbox", { name: /^Текст для всех/ }).fill(TEXT);
  await page.getByRole("button", { name: "Отправить 6 ответов" }).click();
  await expect(main(page).getByText("Отправлено 0 из 6…", { exact: true })).toBeVisible();
  await expect(page.getByRole("cell", { name: "Отложено" }).first()).toBeVisible();
  await page.getByRole("button", { name: "Остановить", exact: true }).click();
  await expect(main(page).getByText(/^Остановлена ·/)).toBeVisible();
  await expect(page.getByRole("list", { name: "Итог" }).getByText(/не отправлено 6/)).toBeVisible();
  expect(await system.answers(shop)).toEqual([]);

  // Its items go through another pre-flight, with the same text, as a bulk of their own.
  await page.getByRole("button", { name: "Повторить для неотправленных: 6" }).click();
  await expect(page.getByRole("textbox", { name: /^Текст для всех/ })).toHaveValue(TEXT);
  await expect(main(page).getByText("Готовы к отправке: 6 из 6")).toBeVisible();
  await page.getByRole("button", { name: "Отправить 6 ответов" }).click();
  await expect(main(page).getByText("Отправлено 0 из 6…", { exact: true })).toBeVisible();
  const second = new URL(page.url()).pathname;
  await main(page)
    .getByRole("link", { name: /^WB · / })
    .first()
    .click();
  await page.getByRole("tab", { name: "История ответов" }).click();
  // The first bulk may have been stopped before it asked for this one.
  const bulks = page.getByRole("link", { name: "ответ многим" });
  await bulks.and(page.locator(`[href="${second}"]`)).click();
  await expect(page).toHaveURL(second);
  await expect(main(page).getByText(/^Отправлено \d из 6/)).toBeVisible();
});
