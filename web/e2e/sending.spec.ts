/** The kill switch: thrown from any page, seen on every page, and what waits goes out once when it is turned back. */
import { enter, expect, row, test } from "./system";

const TEXT = "Спасибо за отзыв! Рады, что чашка пригодилась.";

test("sending is stopped from any page, a reply waits and says so, and goes out when it is resumed", async ({
  page,
  system,
}) => {
  const shop = await system.shop([{ text: "Чашка держит тепло.", rating: 5 }]);
  await enter(page, shop);
  await page.goto("/log");
  await page.getByRole("button", { name: "Остановить отправку" }).click();
  const dialog = page.getByRole("alertdialog", { name: "Остановить отправку?" });
  await dialog.getByLabel("Почему").fill("Ошибка в шаблоне");
  await dialog.getByRole("button", { name: "Остановить", exact: true }).click();
  await expect(dialog).toBeHidden();
  const bar = page.getByRole("alert").filter({ hasText: "Отправка остановлена вами" });
  await expect(bar).toContainText("Ошибка в шаблоне");
  await expect(page.getByRole("button", { name: "Остановить отправку" })).toBeHidden();

  await page.goto("/queue");
  await expect(bar).toContainText("Ничего не ждёт отправки");
  await row(page, "Чашка держит тепло").click();
  const editor = page.getByLabel("Ответ покупателю");
  await editor.fill(TEXT);
  await editor.press("Control+Enter");
  const answer = page.getByRole("region", { name: "Ответ", exact: true });
  await expect(answer.getByText("Отправка остановлена: уйдёт после возобновления")).toBeVisible();
  await expect(bar).toContainText("1 ответ ждёт");
  expect(await system.answers(shop)).toEqual([]);

  // Another tab of the same person hears of it.
  const second = await page.context().newPage();
  await second.goto("/settings");
  await expect(second.getByRole("alert").filter({ hasText: "Отправка остановлена" })).toBeVisible();
  await bar.getByRole("button", { name: "Возобновить" }).click();
  await expect(bar).toBeHidden();
  await expect(second.getByRole("alert").filter({ hasText: "Отправка остановлена" })).toBeHidden();
  await expect(answer.getByText("Отправлено")).toBeVisible();
  expect((await system.answers(shop)).map((each) => each.buyer_sees?.text)).toEqual([TEXT]);
});
