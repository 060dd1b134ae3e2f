/** What an operator sees when things go wrong, and that no text is lost by it. */
import { enter, expect, row, sectionLink, test } from "./system";

test("a wrong key is refused where it was typed, and a right one connects", async ({ page, system }) => {
  const shop = await system.shop([{ text: "Отзыв", rating: 5 }]);
  await page.goto("/register");
  await page.getByLabel("Компания").fill("ООО «Дом и дело»");
  await page.getByLabel("Электронная почта").fill(`${shop.name}@example.org`);
  await page.getByLabel("Пароль").fill("long enough password");
  await page.getByRole("button", { name: "Зарегистрироваться" }).click();
  await page.getByRole("link", { name: "Подключить кабинет" }).click();
  await page.getByLabel("Название кабинета").fill("Основной");
  await page.getByLabel("Ключ API").fill("not-a-token");
  await page.getByRole("button", { name: "Подключить" }).click();
  await expect(page.getByRole("alert").filter({ hasText: /\S/ })).toBeVisible();
  await page.getByLabel("Ключ API").fill(shop.token);
  await page.getByRole("button", { name: "Подключить" }).click();
  await expect(page.getByText("Подключён", { exact: true })).toBeVisible();
  await page.getByRole("link", { name: /Ждут ответа/ }).click();
  await expect(row(page, "Отзыв")).toBeVisible();
});

test("a wrong password is said plainly", async ({ page }) => {
  await page.goto("/login");
  await page.getByLabel("Электронная почта").fill("nobody@example.org");
  await page.getByLabel("Пароль").fill("wrong password");
  await page.getByRole("button", { name: "Войти" }).click();
  await expect(page.getByRole("alert")).toBeVisible();
  await expect(page).toHaveURL(/login/);
});

test("a lost session leads back to the same item with the text still there", async ({
  page,
  context,
  system,
}) => {
  const shop = await system.shop([{ text: "Не работает кнопка", rating: 2 }]);
  const person = await enter(page, shop);
  await row(page, "Не работает кнопка").click();
  await page.getByLabel("Ответ покупателю").fill("Здравствуйте! Разберёмся.");
  await expect(row(page, "Черновик: Здравствуйте! Разберёмся.")).toBeVisible();
  const item = page.url();

  await context.clearCookies();
  await page.getByRole("button", { name: "Отправить", exact: true }).click();
  await expect(page.getByText("Сессия закончилась")).toBeVisible();
  await page.getByLabel("Электронная почта").fill(person.email);
  await page.getByLabel("Пароль").fill(person.password);
  await page.getByRole("button", { name: "Войти" }).click();

  await expect(page).toHaveURL(item);
  await expect(page.getByLabel("Ответ покупателю")).toHaveValue("Здравствуйте! Разберёмся.");
  expect(await system.answers(shop)).toEqual([]);
});

test("a revoked key is a red bar on every page until it is replaced", async ({ page, system }) => {
  const shop = await system.shop([{ text: "Отзыв", rating: 5 }]);
  await enter(page, shop);
  await expect(row(page, "Отзыв")).toBeVisible();
  await system.control("POST", `/control/wildberries/${shop.name}/tokens/revoke`, { token: shop.token });
  await sectionLink(page, "Кабинеты").click();
  await page.getByRole("button", { name: "Проверить доступ" }).click();
  const bar = page.getByText("API ключ недействителен. Обновите в настройках.").first();
  await expect(bar).toBeVisible();
  await page.getByRole("link", { name: "Настройки" }).click();
  await expect(bar).toBeVisible();

  await system.control("POST", `/control/wildberries/${shop.name}/tokens`, { token: `${shop.token}-new` });
  await page.getByRole("link", { name: "Заменить ключ" }).click();
  await page.getByLabel("Ключ API").fill(`${shop.token}-new`);
  await page.getByRole("dialog").getByRole("button", { name: "Заменить ключ" }).click();
  await expect(page.getByText("Подключён", { exact: true })).toBeVisible();
  await expect(bar).toBeHidden();
});

test("an unclear outcome is said to be unclear, offers no repeat, and settles by reading", async ({
  page,
  system,
}) => {
  const shop = await system.shop([{ text: "Где мой заказ?", rating: 1 }]);
  await enter(page, shop);
  await row(page, "Где мой заказ?").click();
  await system.control("PATCH", "/control/faults", { answer_lost: { nth: [1], seller: shop.name } });
  await page.getByLabel("Ответ покупателю").fill("Здравствуйте! Заказ в пути.");
  await page.keyboard.press("Control+Enter");
  await expect(page.getByText("Не знаем, дошло ли. Проверяем у WB")).toBeVisible({ timeout: 30_000 });
  await expect(page.getByRole("button", { name: "Повторить" })).toBeHidden();
  await expect(page.getByRole("button", { name: "Отправить", exact: true })).toBeHidden();
  const reply = page.getByRole("region", { name: "Ответ", exact: true });
  await expect(reply.getByText("опубликовано")).toBeVisible({ timeout: 40_000 });
  expect((await system.answers(shop)).map((answer) => answer.deliveries)).toEqual([1]);
});

test("an answer given elsewhere while one writes is said, and the text stays", async ({ page, system }) => {
  const shop = await system.shop([{ text: "Подойдёт ли чехол?", rating: 4 }]);
  await enter(page, shop);
  await row(page, "Подойдёт ли чехол?").click();
  await page.getByLabel("Ответ покупателю").fill("Здравствуйте! Подойдёт.");
  const id = await page.evaluate(async () => {
    const { items } = (await (await fetch("/api/v1/interactions")).json()) as {
      items: { external_id: string }[];
    };
    return items[0]?.external_id;
  });
  await system.control("PUT", `/control/wildberries/${shop.name}/reviews/${id}/answer`, {
    text: "Да, подходит.",
  });
  await page.evaluate(async () => {
    const headers = { "idempotency-key": crypto.randomUUID() };
    const { items } = (await (await fetch("/api/v1/accounts")).json()) as { items: { account_id: string }[] };
    await fetch(`/api/v1/accounts/${items[0]?.account_id}/sync`, { method: "POST", headers });
  });
  await expect(page.getByText(/Пока вы писали, на обращение ответили вне AgentIQ/)).toBeVisible({
    timeout: 30_000,
  });
  await expect(page.getByRole("alert").getByText("Здравствуйте! Подойдёт.")).toBeVisible();
});

test("a broken stream is mentioned after a while, and what came meanwhile is there afterwards", async ({
  page,
  system,
}) => {
  const shop = await system.shop([{ text: "Первый отзыв", rating: 5 }]);
  await enter(page, shop);
  await expect(row(page, "Первый отзыв")).toBeVisible();
  await page.route("**/api/v1/events/stream", (route) => route.abort());
  await page.reload();
  await expect(page.getByText("Переподключаемся...")).toBeVisible();
  await expect(row(page, "Первый отзыв")).toBeVisible();
  await page.unroute("**/api/v1/events/stream");
  await expect(page.getByText("Снова на связи")).toBeVisible({ timeout: 20_000 });
});
