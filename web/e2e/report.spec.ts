/** A week on paper: its numbers are those of the API, and it is printed without what is only for the screen. */
import type { Page } from "@playwright/test";
import { enter, expect, row, sync, test } from "./system";

const SHEETS_MAX = 3;

interface Quality {
  total: {
    answered: number;
    accepted: { count: number; of: number };
    sla_met: { count: number; of: number };
    first_answer_seconds: { of: number };
  };
  zone: string;
  version: number;
}

test("a week's numbers are those of the API, lead to their lists and are printed", async ({
  page,
  system,
}) => {
  const [first, second, waiting] = [
    "Плед тёплый, спасибо!",
    "Чайник быстро греет, очень доволен.",
    "Пришёл сломанным, не работает.",
  ] as const;
  const shop = await system.shop([
    { text: first, rating: 5, product: "UT-PLED-150" },
    { text: second, rating: 5, product: "TD-KETTLE-18" },
    { text: waiting, rating: 1 },
  ]);
  await enter(page, shop);
  for (const text of [first, second]) {
    await row(page, text).click();
    await page.getByRole("button", { name: "Принять и отправить" }).click();
    await expect(page.getByRole("region", { name: "Ответ", exact: true })).toBeVisible();
  }
  await sync(page);

  await page.getByRole("link", { name: "Качество ответов" }).click();
  await page.getByRole("link", { name: "отчёте за неделю" }).click();
  await expect(page.getByRole("heading", { name: "Отчёт за неделю" })).toBeVisible();
  await expect(page.getByText("За эту неделю об ответах ничего не посчитано")).toBeVisible();

  // The answers are of this week, which is not over.
  const weeks = page.getByRole("navigation", { name: "Неделя" });
  await weeks.getByRole("link", { name: "Следующая неделя" }).click();
  await expect(page.getByText("Неделя ещё идёт")).toBeVisible();
  await expect(weeks.getByRole("link", { name: "Следующая неделя" })).toHaveCount(0);
  const headlines = page.getByRole("region", { name: "Главное за неделю" });
  await expect(async () => {
    await page.reload();
    await expect(headlines.getByRole("link", { name: "Отвечено: 2" })).toBeVisible({ timeout: 2_000 });
  }).toPass();

  const from = new URL(page.url()).searchParams.get("from") ?? "";
  const to = new Date(Date.parse(from) + 7 * 86_400_000).toISOString().slice(0, 10);
  const told = await page.request.get(`/api/v1/interactions/metrics/quality?from=${from}&to=${to}`);
  const { total, zone, version } = (await told.json()) as Quality;
  expect(total.answered).toBe(2);
  const card = (name: string) =>
    headlines.locator("div").filter({ has: page.getByText(name, { exact: true }) });
  await expect(card("Черновик без правок")).toContainText(`${total.accepted.count} из ${total.accepted.of}`);
  await expect(card("Ответили в срок")).toContainText(`${total.sla_met.count} из ${total.sla_met.of}`);
  const timed = `Время ответа известно: ${total.first_answer_seconds.of}`;
  await expect(headlines.getByRole("link", { name: timed }).first()).toBeVisible();
  await expect(headlines.getByRole("link", { name: "Жалобы: 1" })).toBeVisible();
  const days = page.getByRole("region", { name: "По дням" });
  await expect(days.getByRole("img", { name: /^Отвечено: пн .* — 2/ })).toBeVisible();
  const products = page.getByRole("region", { name: "По товарам" });
  await expect(products.getByRole("link", { name: /, отвечено: 1$/ })).toHaveCount(2);
  await expect(page.getByRole("region", { name: "На что жалуются" })).toContainText("Брак");
  const foot = page.getByRole("region", { name: "Как посчитано" });
  await expect(foot).toContainText(`по времени ${zone}`);
  await expect(foot).toContainText(`версия ${version}`);

  await page.evaluate(() => {
    window.print = () => document.body.setAttribute("data-printed", "");
  });
  await page.getByRole("button", { name: "Печать или PDF" }).click();
  await expect(page.locator("body[data-printed]")).toBeVisible();
  await page.emulateMedia({ media: "print" });
  await expect(page.getByRole("navigation", { name: "Разделы" })).toBeHidden();
  await expect(weeks).toBeHidden();
  await expect(page.getByRole("button")).toHaveCount(0);
  await expect(page.getByRole("heading", { name: "Отчёт за неделю" })).toBeVisible();
  expect(await sheets(page)).toBeLessThanOrEqual(SHEETS_MAX);
  await page.emulateMedia({ media: "screen" });

  await headlines.getByRole("link", { name: "Отвечено: 2" }).click();
  await expect(page.getByRole("heading", { name: /^Отвечено, за .* г\.$/ })).toBeVisible();
  await expect(page.getByRole("list", { name: "Обращения" }).getByRole("listitem")).toHaveCount(2);
  await page.getByRole("link", { name: "Отчёт за неделю" }).click();
  await expect(page.getByText("Неделя ещё идёт")).toBeVisible();
  await weeks.getByRole("link", { name: "Предыдущая неделя" }).click();
  await expect(page.getByText("Неделя ещё идёт")).toHaveCount(0);
  await expect(weeks.getByRole("link", { name: "Следующая неделя" })).toBeVisible();
});

test("a week of many cabinets, people and articles is three sheets, too", async ({ page, system }) => {
  await enter(page, await system.shop([]));
  await page.route(/\/metrics\/quality\?/, async (route) => {
    const response = await route.fetch();
    const told = (await response.json()) as { total: object };
    const groups = Array.from({ length: 40 }, (_, n) => ({
      key: `TD-KETTLE-18-CREAM-WITH-A-GLASS-LID-${n}`,
      who: `somebody.with.a.long.name.${n}@dom-i-delo.example.org`,
      figures: told.total,
    }));
    const isOfMany = /by=(account|operator|product)/.test(route.request().url());
    await route.fulfill({ response, json: isOfMany ? { ...told, groups } : told });
  });
  await page.goto("/quality/report");
  const products = page.getByRole("region", { name: "По товарам" });
  await expect(products.getByText("Показаны 10, у которых ответов больше всего.")).toBeVisible();
  expect(await sheets(page)).toBeLessThanOrEqual(SHEETS_MAX);
});

test("what became known after a week was closed is told beside what was known then", async ({
  page,
  system,
}) => {
  await enter(page, await system.shop([]));
  // No week is over while a test runs: how one is closed, and what is told of it, is tried with the database.
  await page.route(/\/metrics\/quality\/closed\?/, async (route) => {
    const told = await route.fetch();
    expect(await told.json()).toEqual({ week: null });
    const from = new URL(route.request().url()).searchParams.get("from") ?? "";
    const to = new Date(Date.parse(from) + 7 * 86_400_000).toISOString().slice(0, 10);
    const quality = await page.request.get(`/api/v1/interactions/metrics/quality?from=${from}&to=${to}`);
    const { total: figures } = (await quality.json()) as Quality;
    const item = {
      interaction_id: "019a0000-0000-7000-8000-000000000001",
      gained: ["refused"],
      lost: ["answered", "timed"],
      read_later: false,
      measured_otherwise: false,
    };
    const week = {
      from,
      to,
      zone: "Europe/Moscow",
      version: 2,
      closed_at: "2026-11-22T21:10:00Z",
      then: { ...figures, answered: 12 },
      now: { ...figures, answered: 11, refused: 1 },
      changed: 1,
      items: [item],
    };
    await route.fulfill({ json: { week } });
  });
  await page.goto("/quality/report");
  const closed = page.getByRole("region", { name: "Что стало известно после закрытия недели" });
  await expect(closed).toContainText("С тех пор 1 обращение считается иначе");
  await expect(closed.getByRole("row", { name: "Отвечено 12 11" })).toBeVisible();
  await expect(closed.getByRole("listitem")).toContainText(
    "модерация отклонила ответ (+ Отклонила модерация, − Отвечено, − Время ответа известно)",
  );
  expect(await sheets(page)).toBeLessThanOrEqual(SHEETS_MAX);
});

/** How many sheets of paper the page is. */
async function sheets(page: Page): Promise<number> {
  const pdf = await page.pdf({ preferCSSPageSize: true });
  return pdf.toString("latin1").match(/\/Type\s*\/Page\b/g)?.length ?? 0;
}
