/** Whoever is to hear of alerts: entered, tested, told of a lost key by a program's own server, changed and removed. */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { enter, expect, test } from "./system";

interface Told {
  type: string;
  alerts: { kind: string; change: string; severity: string }[];
}

/** A program that takes what it is sent. */
async function program(): Promise<{ url: string; told: Told[]; server: Server }> {
  const told: Told[] = [];
  const server = createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8");
    request.on("data", (part: string) => (body += part));
    request.on("end", () => {
      told.push(JSON.parse(body) as Told);
      response.writeHead(204).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`, told, server };
}

test("a program is entered, tested, told of a lost key, changed and removed", async ({ page, system }) => {
  test.setTimeout(180_000);
  const shop = await system.shop([{ text: "Хороший чайник.", rating: 5 }]);
  await enter(page, shop);
  const { url, told, server } = await program();
  try {
    await page.goto("/settings");
    await page.getByRole("link", { name: "Открыть уведомления" }).click();
    await expect(page.getByText("Здесь не настроено: Почта, Telegram.")).toBeVisible();
    const address = page.getByLabel("Адрес программы");
    await address.fill("http://hooks.example.ru");
    await address.press("Enter");
    await expect(page.getByText("адрес https:// в интернете")).toBeVisible();
    await address.fill(url);
    await address.press("Enter");
    const card = page.getByRole("region", { name: "Вебхук: http://127.0.0.1" });
    await expect(card).toContainText("Все тревоги; с 22:00 до 08:00 только срочные");
    await expect(card).not.toContainText("/hook");

    await card.getByRole("button", { name: "Проверить" }).click();
    await expect(card.getByRole("status")).toContainText("Сообщение принято");
    expect(told.map(({ type }) => type)).toEqual(["test"]);
    await card.getByRole("button", { name: "Ключ подписи" }).click();
    await expect(page.getByRole("dialog")).toContainText("whsec_");
    await page.keyboard.press("Escape");

    await card.getByRole("button", { name: "Изменить" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByRole("button", { name: "О чём сообщать" }).click();
    await page.getByRole("option", { name: "Только срочные" }).click();
    await dialog.getByRole("button", { name: "Сохранить" }).click();
    await expect(card).toContainText("Только срочные тревоги, в любое время.");

    await system.control("POST", `/control/wildberries/${shop.name}/tokens/revoke`, { token: shop.token });
    await page.goto("/accounts");
    await page.getByRole("button", { name: "Проверить доступ" }).click();
    await expect.poll(() => told.length, { timeout: 120_000 }).toBe(2);
    expect(told[1]?.alerts).toMatchObject([{ kind: "access_lost", change: "began", severity: "critical" }]);
    await page.goto("/settings/notices");
    await expect(card).toContainText("Последнее сообщение:");

    await card.getByRole("button", { name: "Удалить" }).click();
    await page.getByRole("button", { name: "Удалить получателя" }).click();
    await expect(card).toHaveCount(0);
  } finally {
    server.close();
  }
});

test("what does not arrive is told with what the server answered", async ({ page, system }) => {
  await enter(page, await system.shop([]));
  const { url, server } = await program();
  server.close();
  await page.goto("/settings/notices");
  await page.getByLabel("Адрес программы").fill(url);
  await page.getByRole("button", { name: "Добавить" }).click();
  const card = page.getByRole("region", { name: "Вебхук: http://127.0.0.1" });
  await card.getByRole("button", { name: "Проверить" }).click();
  await expect(card.getByRole("status")).toContainText("не дозвониться");
});
