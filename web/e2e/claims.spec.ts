/** Claims for return: read at the marketplace, listed, shown whole; what is decided there is seen here. */
import { enter, expect, sectionLink, sync, test } from "./system";

test("a claim is listed with its words, and a decision at the marketplace reaches it", async ({
  page,
  system,
}) => {
  const shop = await system.shop([]);
  const made = (await system.control("POST", `/control/wildberries/${shop.name}/claims`, {
    comment: "Покрытие слезло за неделю",
  })) as { id: string };
  await enter(page, shop);
  await page.getByRole("link", { name: "Возвраты" }).click();
  const claims = page.getByRole("listbox", { name: "Заявки на возврат" });
  const claim = claims.getByRole("option").filter({ hasText: "Покрытие слезло за неделю" });
  await expect(claim).toContainText("На рассмотрении", { timeout: 30_000 });
  await expect(page.getByText("Выберите заявку")).toBeVisible();

  // By the keyboard alone.
  await claim.focus();
  await page.keyboard.press("Enter");
  const whole = page.getByRole("article");
  await expect(whole.getByRole("region", { name: "Слова покупателя" })).toContainText("Покрытие слезло");
  await expect(whole).toContainText("Одобрить и забрать товар");
  await expect(whole).toContainText("₽");
  await expect(page).toHaveURL(/\/claims\/[0-9a-f-]{36}/);

  const answer = await fetch(`${system.sandbox}/returns-api/api/v1/claim`, {
    method: "PATCH",
    headers: { authorization: shop.token, "content-type": "application/json" },
    body: JSON.stringify({ id: made.id, action: "approve2" }),
  });
  expect(answer.status).toBe(200);
  await sync(page);
  await expect(whole).toContainText("Возвращается продавцу", { timeout: 30_000 });
  await expect(claim).toContainText("Одобрено");

  await page.getByRole("button", { name: "Состояние заявки" }).click();
  await page.getByRole("option", { name: "Отказано" }).click();
  await expect(page.getByText("Таких заявок нет")).toBeVisible();
});

test("a chat shows the claims of its order, and leads there", async ({ page, system }) => {
  const shop = await system.shop([]);
  const control = `/control/wildberries/${shop.name}`;
  await system.control("POST", `${control}/chats`, { text: "Как вернуть чайник?", product: "чайник" });
  const headers = { authorization: shop.token };
  const listed = await fetch(`${system.sandbox}/buyer-chat-api/api/v1/seller/chats`, { headers });
  const { result } = (await listed.json()) as { result: { goodCard: { rid: string } }[] };
  const order = result[0]?.goodCard.rid;
  const dt = new Date().toISOString().slice(0, 19);
  const claim = { id: crypto.randomUUID(), dt, status: 0, user_comment: "Не греет", srid: order };
  await system.control("POST", `${control}/claims`, claim);
  await enter(page, shop);
  await page.getByRole("option").filter({ hasText: "Как вернуть чайник?" }).click();
  const claims = page.getByRole("list", { name: "Заявки на возврат по этому заказу" });
  await expect(claims).toContainText("На рассмотрении", { timeout: 30_000 });
  await claims.getByRole("link", { name: "Заявка на возврат" }).click();
  await expect(page.getByRole("article")).toContainText("Не греет");
});

test("a key that loses its right to claims says so, and what was read stays", async ({ page, system }) => {
  const shop = await system.shop([]);
  const control = `/control/wildberries/${shop.name}`;
  const opens = (returns: boolean) =>
    system.control("POST", `${control}/tokens`, {
      token: shop.token,
      rights: { feedbacks: true, chat: true, returns },
    });
  await system.control("POST", `${control}/claims`, { comment: "Не тот размер" });
  await enter(page, shop);
  await page.getByRole("link", { name: "Возвраты" }).click();
  const claim = page.getByRole("option").filter({ hasText: "Не тот размер" });
  await expect(claim).toBeVisible({ timeout: 30_000 });
  await expect(page.getByText("Возвраты не читаются")).toBeHidden();

  await opens(false);
  await sync(page);
  const why = page.getByText(/токен с категорией «Возвраты покупателями»/);
  // The page looks at the cabinets twice a minute.
  await expect(async () => {
    await page.reload();
    await expect(why).toBeVisible({ timeout: 2_000 });
  }).toPass();
  await expect(page.getByText("Возвраты не читаются: Основной")).toBeVisible();
  await expect(claim).toBeVisible();
  await sectionLink(page, "Кабинеты").click();
  await expect(page.getByRole("list", { name: "Что открывает ключ" }).filter({ has: why })).toBeVisible();
  // Everything else is as it was.
  await expect(page.getByText("Подключён", { exact: true })).toBeVisible();

  await opens(true);
  await sync(page);
  await expect(async () => {
    await page.reload();
    await expect(page.getByText("Подключён", { exact: true })).toBeVisible();
    await expect(why).toBeHidden({ timeout: 2_000 });
  }).toPass();
});

test("a claim that does not exist is said to be so", async ({ page, system }) => {
  await enter(page, await system.shop([]));
  await page.goto("/claims/00000000-0000-0000-0000-000000000000");
  await expect(page.getByRole("main").getByRole("alert")).toBeVisible();
  await expect(page.getByText("Заявок на возврат нет")).toBeVisible();
});

test("a narrow screen shows the list or the claim, and the way back", async ({ page, system }) => {
  const shop = await system.shop([]);
  await system.control("POST", `/control/wildberries/${shop.name}/claims`, { comment: "Не греет" });
  await page.setViewportSize({ width: 390, height: 844 });
  await enter(page, shop);
  await page.goto("/claims?state=under_review");
  const list = page.getByRole("listbox", { name: "Заявки на возврат" });
  await list.getByRole("option").filter({ hasText: "Не греет" }).click({ timeout: 30_000 });
  const whole = page.getByRole("article");
  await expect(whole.getByRole("heading", { level: 1 })).toBeVisible();
  await expect(whole).toContainText("Не греет");
  await expect(list).toBeHidden();
  await page.getByRole("button", { name: "К списку" }).click();
  await expect(list).toBeVisible();
  await expect(whole).toBeHidden();
  await expect(page).toHaveURL(/\/claims\?state=under_review$/);
});

test("a claim that the marketplace lists no more does not stand as under review", async ({
  page,
  system,
}) => {
  const shop = await system.shop([]);
  await system.control("POST", `/control/wildberries/${shop.name}/claims`, { comment: "Не греет" });
  // As it is answered a day after both lists were read without it.
  await page.route(/\/api\/v1\/claims/, async (route) => {
    const response = await route.fetch();
    const gone = { listed: false, last_seen_at: "2026-11-05T09:30:00Z" };
    const body = (await response.json()) as { items?: object[] };
    const json = body.items
      ? { ...body, items: body.items.map((claim) => ({ ...claim, ...gone })) }
      : { ...body, ...gone };
    await route.fulfill({ response, json });
  });
  await enter(page, shop);
  await page.getByRole("link", { name: "Возвраты" }).click();
  const claim = page.getByRole("option").filter({ hasText: "Не греет" });
  await expect(claim).toContainText("Была на рассмотрении", { timeout: 30_000 });
  await claim.click();
  const whole = page.getByRole("article");
  await expect(whole.getByText("Площадка больше не показывает эту заявку")).toBeVisible();
  await expect(whole.getByText(/Последний раз видели её 05\.11\.2026 12:30/)).toBeVisible();
  await expect(whole).toContainText("Это видно только в личном кабинете площадки.");
  await expect(whole.getByText("Одобрить и забрать товар")).toBeHidden();
});
