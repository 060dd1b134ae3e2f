/** Cabinets at the console: connected by hand, each marketplace with what its key consists of. */
import { expect, row, test } from "./system";

test("an Ozon cabinet is connected by its number and key, and its key is replaced without the number", async ({
  page,
  system,
}) => {
  const name = `ozon-${crypto.randomUUID().slice(0, 8)}`;
  const number = String(Math.floor(Math.random() * 1_000_000_000));
  const control = `/control/ozon/${name}`;
  await system.control("PUT", control, { client_id: Number(number) });
  await system.control("POST", `${control}/keys`, { api_key: `${name}-key` });
  await system.control("POST", `${control}/reviews`, { text: "Чайник не выключается сам.", rating: 2 });

  await page.goto("/register");
  await page.getByLabel("Компания").fill("ООО «Дом и дело»");
  await page.getByLabel("Электронная почта").fill(`${name}@example.org`);
  await page.getByLabel("Пароль").fill("long enough password");
  await page.getByRole("button", { name: "Зарегистрироваться" }).click();
  await page.getByRole("link", { name: "Подключить кабинет" }).click();
  await expect(page.getByLabel("Client-Id")).toBeHidden();
  await page.getByRole("button", { name: "Площадка" }).click();
  await page.getByRole("option", { name: "Ozon" }).click();
  await page.getByLabel("Название кабинета").fill("Второй магазин");
  await page.getByLabel("Client-Id").fill("магазин");
  await page.getByLabel("Ключ API").fill(`${name}-key`);
  await page.getByRole("button", { name: "Подключить" }).click();
  await expect(page.getByText("нужен Client-Id кабинета Ozon")).toBeVisible();
  await page.getByLabel("Client-Id").fill(number);
  await page.getByRole("button", { name: "Подключить" }).click();
  await expect(page.getByText("Подключён", { exact: true })).toBeVisible();
  await expect(page.getByText(/Ozon · подключён/)).toBeVisible();

  await system.control("POST", `${control}/keys`, { api_key: `${name}-new` });
  await page.getByRole("button", { name: "Заменить ключ" }).click();
  await page.getByLabel("Ключ API").fill(`${name}-new`);
  await page.getByRole("dialog").getByRole("button", { name: "Заменить ключ" }).click();
  await expect(page.getByRole("dialog")).toBeHidden();
  await expect(page.getByText("Подключён", { exact: true })).toBeVisible();

  await page.getByRole("link", { name: /Ждут ответа/ }).click();
  await expect(row(page, "Чайник не выключается сам.")).toBeVisible();
});
