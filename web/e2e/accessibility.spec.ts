/** The rules a machine can check, on every screen, in both themes; and screenshots to look at. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Page } from "@playwright/test";
import { enter, expect, row, sectionLink, test } from "./system";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const SHOTS = "../screenshots";

interface Violation {
  id: string;
  impact: string;
  nodes: { html: string; failureSummary: string }[];
}

async function violations(page: Page): Promise<string[]> {
  await page.evaluate(AXE);
  const found = await page.evaluate(async () => {
    const { axe } = window as unknown as {
      axe: { run: (context: object) => Promise<{ violations: Violation[] }> };
    };
    // React Aria's own live region keeps what it said for some seconds, also of a button that is gone by then.
    return (await axe.run({ exclude: ["[data-live-announcer]"] })).violations;
  });
  return found.map(
    ({ id, nodes }) => `${id}: ${nodes.map((node) => `${node.html} ${node.failureSummary}`).join("; ")}`,
  );
}

for (const theme of ["light", "dark"] as const) {
  test(`every screen passes the machine-checkable rules, ${theme}`, async ({ page, system }) => {
    await page.emulateMedia({ colorScheme: theme, reducedMotion: "reduce" });
    const look = async (name: string) => {
      await page.screenshot({ path: `${SHOTS}/${name}-${theme}.png` });
      expect(await violations(page), name).toEqual([]);
    };
    const shop = await system.shop([
      {
        text: "Плед пришёл с затяжкой, упаковка была целая. Как вернуть?",
        rating: 1,
        user: "Ирина",
        product: "UT-PLED-150",
        photos: 2,
      },
      {
        text: "Отличное качество!",
        rating: 5,
        user: "Олег",
        product: "TD-KETTLE-18",
        pros: "Лёгкая",
        cons: "Цена",
      },
      { text: "", rating: 4, user: "Мария" },
    ]);
    await page.goto("/login");
    await look("login");
    await enter(page, shop);
    await expect(row(page, "Плед пришёл")).toBeVisible();
    await look("queue");
    await row(page, "Плед пришёл").click();
    await expect(page.getByLabel("Ответ покупателю")).toBeVisible();
    await look("item");
    await expect(page.getByText("Готово заранее").first()).toBeVisible();
    await look("draft");
    await page.getByRole("button", { name: "Принять", exact: true }).click();
    await page.keyboard.press("Control+Enter");
    await expect(page.getByText(/Отправлено/).first()).toBeVisible();
    await look("sent");
    await page.getByRole("tab", { name: "Журнал" }).click();
    await look("journal");
    await page.getByRole("button", { name: /^Как было: Ответ поставлен на отправку/ }).click();
    await expect(page.getByText(/^Как было .* событие/)).toBeVisible();
    await look("past");
    await page.keyboard.press("Escape");
    await sectionLink(page, "Кабинеты").click();
    await expect(page.getByText("Подключён", { exact: true })).toBeVisible();
    await look("accounts");
    await page.goto("/settings/guardrails");
    await page.getByRole("button", { name: "Добавить фразу" }).click();
    await page.getByLabel("Фраза", { exact: true }).fill("спасибо");
    await page.getByRole("button", { name: "Добавить исключение" }).click();
    await page.getByLabel("Исключение 1", { exact: true }).fill("робот");
    await page.getByRole("button", { name: "Проверить на истории" }).click();
    await expect(page.getByText(/^Просмотрено: /)).toBeVisible();
    await look("guardrails");
    await page.goto("/settings/sla");
    await page.getByRole("button", { name: "Добавить правило" }).click();
    await page.getByLabel("Слова и фразы через запятую").fill("спасибо");
    await page.getByRole("button", { name: "Добавить дату" }).click();
    await page.getByLabel("Дата 1").fill("2027-01-01");
    await page.getByRole("button", { name: "Проверить на истории" }).click();
    await expect(page.getByRole("region", { name: "По срочности" })).toBeVisible();
    await look("sla");
    await page.goto("/settings/notices");
    await page.getByLabel("Адрес программы").fill("https://127.0.0.1:1/hook");
    await page.getByRole("button", { name: "Добавить" }).click();
    await page.getByRole("button", { name: "Проверить" }).click();
    await expect(page.getByText("До сервера получателя не дозвониться")).toBeVisible();
    await look("notices");
    await page.goto("/settings/access");
    await expect(page.getByRole("region", { name: "Пароль" })).toBeVisible();
    await look("access");
    await page.goto("/settings/people");
    await expect(page.getByRole("region", { name: "Роли" })).toBeVisible();
    await look("people");
    // How long calls took is written down every 15 seconds.
    await expect(async () => {
      await page.goto("/sending");
      await expect(page.getByText("Половина отправок")).toBeVisible({ timeout: 2_000 });
    }).toPass({ timeout: 40_000 });
    await look("sending");
    await page.goto("/settings/automation");
    await expect(page.getByRole("list", { name: "Ступени" })).toBeVisible();
    await expect(page.getByText("Само пока ничего не уходило.")).toBeVisible();
    await look("automation");
    // While replies go out by themselves, a bar stands over every page.
    await page.route(/\/api\/v1\/seller\/automation$/, async (route) => {
      const response = await route.fetch();
      const inForce = (await response.json()) as { automation: object };
      const json = { ...inForce, automation: { ...inForce.automation, stage: "pilot" } };
      await route.fulfill({ response, json });
    });
    await page.reload();
    await expect(page.getByRole("button", { name: "Остановить всё" })).toBeVisible();
    await expect(page.getByRole("list", { name: "Ступени" })).toContainText("Пилот — сейчас");
    await look("automation-pilot");
    await page.unrouteAll({ behavior: "ignoreErrors" });
    await page.reload();
    await expect(page.getByRole("list", { name: "Ступени" })).toContainText("Наблюдение — сейчас");
    await sectionLink(page, "Качество черновиков").click();
    await expect(page.getByRole("region", { name: /^Всего за/ })).toBeVisible();
    await look("quality");
    await page.getByRole("link", { name: "очереди обучения" }).click();
    await expect(page.getByRole("heading", { name: "Очередь обучения" })).toBeVisible();
    await look("learning");
    await page.goto("/comparisons");
    await expect(page.getByText("Сравнений ещё не было")).toBeVisible();
    await look("comparisons");
    await page.getByRole("link", { name: "Качество ответов" }).click();
    await expect(page.getByRole("region", { name: /^Всего за/ })).toBeVisible();
    await look("answers");
    await page.getByRole("link", { name: "отчёте за неделю" }).click();
    await page.getByRole("link", { name: "Следующая неделя" }).click();
    await expect(page.getByRole("region", { name: "Главное за неделю" })).toBeVisible();
    await look("report");
    await page.emulateMedia({ media: "print" });
    await look("report-print");
    await page.emulateMedia({ media: "screen" });
    await page.getByRole("link", { name: "На что жалуются" }).click();
    await expect(page.getByRole("region", { name: "Темы" })).toBeVisible();
    await look("complaints");
    await page.getByRole("link", { name: "Журнал событий" }).click();
    await expect(page.getByText("Подписано всё")).toBeVisible();
    await look("log");
    await page.setViewportSize({ width: 390, height: 844 });
    await look("log-narrow");
    await page.setViewportSize({ width: 1440, height: 900 });
    await page.getByRole("link", { name: "Настройки" }).click();
    await expect(page.getByLabel("Минут после отправки")).toBeVisible();
    await look("settings");
    await page.setViewportSize({ width: 400, height: 820 });
    await page.goto("/");
    await expect(row(page, "Отличное качество")).toBeVisible();
    await look("queue-narrow");
    await row(page, "Отличное качество").click();
    await expect(page.getByLabel("Ответ покупателю")).toBeVisible();
    await look("item-narrow");
  });
}

for (const theme of ["light", "dark"] as const) {
  test(`a chat passes the machine-checkable rules, ${theme}`, async ({ page, system }) => {
    await page.emulateMedia({ colorScheme: theme, reducedMotion: "reduce" });
    const shop = await system.ozonShop();
    const chat = await system.chat(shop, "Здравствуйте! Подойдёт ли плед к угловому дивану?");
    await system.write(shop, chat, { file: "диван.jpg" });
    await system.write(shop, chat, { text: "Добрый день! Какого он размера?", by: "cabinet" });
    await system.write(shop, chat, { text: "Два на три метра." });
    await enter(page, shop);
    await row(page, "Два на три метра").click();
    const editor = page.getByLabel("Сообщение покупателю");
    await editor.fill("Подойдёт: плед 150 на 200.");
    await page.keyboard.press("Control+Enter");
    await expect(page.getByRole("log").getByText("Доставлено", { exact: true })).toBeVisible({
      timeout: 30_000,
    });
    await editor.fill("Если остались вопросы");
    const look = async (name: string) => {
      await page.screenshot({ path: `${SHOTS}/${name}-${theme}.png` });
      expect(await violations(page), name).toEqual([]);
    };
    await look("chat");
    await page.setViewportSize({ width: 390, height: 844 });
    await look("chat-narrow");
    await page.goto("/queue");
    await expect(row(page, "Если остались вопросы")).toBeVisible();
    await look("chats-narrow");
  });
}
