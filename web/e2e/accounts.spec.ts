/** Cabinets at the console: connected by hand, each marketplace with what its key consists of. */
import { enter, expect, row, sectionLink, test } from "./system";

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

test("a key says what it opens before it is connected, and a soon end is a bar on every page", async ({
  page,
  system,
}) => {
  const shop = await system.shop([{ text: "Отзыв", rating: 5 }]);
  // Questions and reviews, for reading only, of a service, until the day after tomorrow.
  const soon = Math.floor(Date.now() / 1000) + 36 * 3600;
  const claims = { acc: 4, s: 2 ** 7 + 2 ** 30, sid: crypto.randomUUID(), exp: soon };
  const token = `e30.${Buffer.from(JSON.stringify(claims)).toString("base64url")}.x`;
  await system.control("POST", `/control/wildberries/${shop.name}/tokens`, { token });
  await page.goto("/register");
  await page.getByLabel("Компания").fill("ООО «Дом и дело»");
  await page.getByLabel("Электронная почта").fill(`${shop.name}@example.org`);
  await page.getByLabel("Пароль").fill("long enough password");
  await page.getByRole("button", { name: "Зарегистрироваться" }).click();
  await page.getByRole("link", { name: "Подключить кабинет" }).click();
  await page.getByLabel("Название кабинета").fill("Основной");
  await page.getByLabel("Ключ API").fill(token);
  await page.getByRole("button", { name: "Проверить ключ" }).click();
  await expect(page.getByText(/Ключ позволяет только читать/).first()).toBeVisible();
  await expect(page.getByText(/Ключ действует до/)).toBeVisible();
  await expect(page.getByText("Подключён", { exact: true })).toBeHidden();
  await page.getByRole("button", { name: "Подключить" }).click();
  await expect(page.getByText("Подключён не полностью")).toBeVisible();
  await page.getByRole("link", { name: "Настройки" }).click();
  await expect(page.getByText(/До конца ключа меньше 7 дней/)).toBeVisible({ timeout: 30_000 });
});

test("an address for notifications is made, takes what the marketplace tells, and is changed", async ({
  page,
  system,
}) => {
  const shop = await system.ozonShop();
  await enter(page, shop);
  await sectionLink(page, "Кабинеты").click();
  const section = page.getByRole("region", { name: "Уведомления площадки" });
  await section.getByRole("button", { name: "Получить адрес" }).click();
  const address = section.getByText(/\/push\/ozon\/[\w-]{43}$/);
  await expect(address).toBeVisible();
  await expect(section.getByText("Уведомлений ещё не было.")).toBeVisible();
  // Nobody on the Internet could reach this page.
  await expect(section.getByText("Площадка не сможет обратиться по этому адресу")).toBeVisible();
  const url = (await address.textContent()) ?? "";

  await system.control("PUT", `/control/ozon/${shop.name}/receiver`, { url });
  await expect(async () => {
    await page.reload();
    await expect(section.getByText(/Последнее уведомление: \d/)).toBeVisible({ timeout: 2_000 });
  }).toPass();
  await page.goto("/queue");
  await system.chat(shop, "Здравствуйте! Вилка евро?");
  await expect(row(page, "Вилка евро?")).toBeVisible();
  const pushes = await system.control("GET", `/control/ozon/${shop.name}/pushes`);
  expect(pushes).toMatchObject({ waiting: 0, receiver: { is_suspended: false } });
  const received = await page.evaluate(async () => {
    const { items } = (await (await fetch("/api/v1/accounts")).json()) as { items: { account_id: string }[] };
    const told = await fetch(`/api/v1/accounts/${items[0]?.account_id}/notifications`);
    return ((await told.json()) as { address: { received: number } }).address.received;
  });
  // The question whether it answers, and the news.
  expect(received).toBe(2);

  await sectionLink(page, "Кабинеты").click();
  await section.getByRole("button", { name: "Сменить адрес" }).click();
  const dialog = page.getByRole("alertdialog", { name: "Сменить адрес уведомлений?" });
  await dialog.getByRole("button", { name: "Отмена" }).click();
  await expect(address).toHaveText(url);
  await section.getByRole("button", { name: "Сменить адрес" }).click();
  await dialog.getByRole("button", { name: "Сменить" }).click();
  await expect(dialog).toBeHidden();
  await expect(address).not.toHaveText(url);
  const refused = await fetch(url, { method: "POST", body: "{}" });
  expect(refused.status).toBe(404);
});

test("a cabinet whose marketplace notifies of nothing offers no address", async ({ page, system }) => {
  await enter(page, await system.shop([]));
  await sectionLink(page, "Кабинеты").click();
  await expect(page.getByText("Подключён", { exact: true })).toBeVisible();
  await expect(page.getByRole("button", { name: "Синхронизировать" })).toBeVisible();
  await expect(page.getByRole("region", { name: "Уведомления площадки" })).toBeHidden();
});
