/** By when a buyer should have an answer: in the list, at the item with its reasons, and gone with the answer. */
import { enter, expect, row, test } from "./system";

test("what is due first comes first, and says why", async ({ page, system }) => {
  const shop = await system.shop([
    { text: "Кружка пришла с трещиной, верните деньги!", rating: 1 },
    { text: "Всё понравилось, спасибо!", rating: 5 },
  ]);
  await enter(page, shop, { draftsAhead: false });
  const cracked = row(page, "Кружка пришла");
  await expect(cracked.getByText(/осталось \d+ мин/)).toBeVisible();
  const choose = async (what: string, value: string) => {
    await page.getByRole("group", { name: "Фильтры" }).getByRole("button", { name: what }).click();
    await page.getByRole("option", { name: value, exact: true }).click();
  };
  await choose("Порядок", "По сроку ответа");
  await expect(page.getByRole("listbox", { name: "Обращения" }).getByRole("option").first()).toContainText(
    "Кружка пришла",
  );
  await choose("Срок ответа", "Срок до 2 ч");
  await expect(row(page, "Всё понравилось")).toHaveCount(0);
  await expect(cracked).toBeVisible();
  await choose("Срок ответа", "Просроченные");
  await expect(cracked).toHaveCount(0);
  await choose("Срок ответа", "Любой срок");

  await cracked.click();
  await page.getByRole("button", { name: /^Срок ответа: / }).click();
  const why = page.getByRole("dialog", { name: "Почему такой срок" });
  await expect(why.getByText("общая таблица: канал, оценка и тема")).toBeVisible();
  await expect(why.getByText("исходные")).toBeVisible();
  await expect(why.getByText("срока ответа площадка не ставит")).toBeVisible();
  await page.keyboard.press("Escape");

  await page.getByLabel("Ответ покупателю").fill("Здравствуйте! Нам очень жаль. Оформите возврат.");
  await page.keyboard.press("Control+Enter");
  await expect(
    page.getByRole("region", { name: "Ответ", exact: true }).getByText("Отправлено"),
  ).toBeVisible();
  await expect(page.getByRole("button", { name: /^Срок ответа: / })).toHaveCount(0);
});
