/** What the rules say while somebody writes. */
import { enter, expect, row, test } from "./system";

test("a text that a rule stops is marked and not sent until it is mended; a warning goes along", async ({
  page,
  system,
}) => {
  const shop = await system.shop([{ text: "Плед тёплый, но цвет другой.", rating: 4 }]);
  await enter(page, shop);
  await row(page, "Плед тёплый").click();
  const editor = page.getByLabel("Ответ покупателю");
  await editor.fill("🙂 Звоните 8 916 123-45-67, ответит бот.");
  const findings = page.getByRole("list", { name: "Замечания к тексту" });
  await expect(findings.getByRole("listitem")).toHaveCount(2);
  await expect(findings.getByText("Маркетплейс заблокирует номера телефонов.")).toBeVisible();
  await expect(page.getByText("Исправьте отмеченное: 2 замечания")).toBeVisible();
  await expect(page.getByRole("button", { name: "Отправить", exact: true })).toBeDisabled();
  await expect(page.locator("mark")).toHaveText(["8 916 123-45-67", "бот"]);
  await editor.press("Control+Enter");
  await expect(editor).toHaveValue("🙂 Звоните 8 916 123-45-67, ответит бот.");

  await editor.fill("Спасибо!");
  await expect(findings.getByRole("listitem")).toHaveCount(1);
  await expect(findings.getByText("Короткий ответ, меньше 20 знаков")).toBeVisible();
  await expect(page.locator("mark")).toHaveCount(0);
  await editor.press("Control+Enter");
  await expect(
    page.getByRole("region", { name: "Ответ", exact: true }).getByText("Отправлено"),
  ).toBeVisible();
  expect((await system.answers(shop)).map((answer) => answer.buyer_sees?.text)).toEqual(["Спасибо!"]);
});

test("what is sent before the rules were asked is stopped all the same", async ({ page, system }) => {
  const shop = await system.shop([{ text: "Плед тёплый, но цвет другой.", rating: 4 }]);
  await enter(page, shop);
  await page.route("**/reply/check", (route) => route.abort());
  await row(page, "Плед тёплый").click();
  const editor = page.getByLabel("Ответ покупателю");
  await editor.fill("Сами виноваты, надо было читать описание.");
  await editor.press("Control+Enter");
  await expect(page.getByRole("alert").getByText(/Заблокировано: «Сами виноваты»/)).toBeVisible();
  await expect(editor).toHaveValue("Сами виноваты, надо было читать описание.");
  await expect(page.getByRole("button", { name: "Отправить", exact: true })).toBeDisabled();
  expect(await system.answers(shop)).toEqual([]);
});
