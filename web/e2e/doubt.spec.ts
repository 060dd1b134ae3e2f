/** A reply of which reading cannot tell whether it arrived: what is known stands beside it, and a person decides, once. */
import { enter, expect, row, test } from "./system";

test("a reply that vanishes three times is decided by a person who sees what was found", async ({
  page,
  system,
}) => {
  test.setTimeout(240_000);
  const texts = ["Кружка протекает.", "Чайник шумит."] as const;
  const shop = await system.shop(texts.map((text) => ({ text, rating: 2 })));
  const fault = "server_error_before";
  await system.control("PATCH", "/control/faults", {
    [fault]: { probability: 1, on: "write", seller: shop.name },
  });
  try {
    await enter(page, shop);
    for (const text of texts) {
      await page.goto("/queue");
      await row(page, text).click();
      const editor = page.getByLabel("Ответ покупателю");
      await editor.fill(`Здравствуйте! Нам очень жаль. ${text}`);
      await editor.press("Control+Enter");
      await expect(page.getByText(/Не знаем, дошло ли/).first()).toBeVisible({ timeout: 30_000 });
    }
    const card = page.getByRole("region", { name: "Нужно ваше решение" });
    await expect(card).toBeVisible({ timeout: 150_000 });
    await page.goto("/queue?status=failed&reply_state=failed");
    await expect(page.getByRole("option")).toHaveCount(2, { timeout: 60_000 });
  } finally {
    await system.control("PATCH", "/control/faults", { [fault]: null });
  }

  await row(page, "Чайник").click();
  const card = page.getByRole("region", { name: "Нужно ваше решение" });
  const attempts = card.getByRole("list", { name: "Попытки" });
  await expect(attempts.getByText(/^Попытка \d/)).toHaveCount(3);
  await expect(attempts.getByText(/Проверили .*: Обращение открыто, ответа там нет\./).first()).toBeVisible();
  await card.getByRole("button", { name: "Не дошёл — отправить снова" }).click();
  await expect(page.getByText(/Отправлено · опубликовано/)).toBeVisible({ timeout: 60_000 });
  await expect(card).toBeHidden();
  const carriedOut = (await system.answers(shop)).filter((answer) => answer.applied);
  expect(carriedOut.map((answer) => answer.deliveries)).toEqual([1]);
  await page.getByRole("tab", { name: "Почему" }).click();
  const lines = page.getByRole("list", { name: "Что к этому привело" }).getByRole("listitem");
  const decided = lines.filter({ hasText: "Человек решил: ответ не дошёл, отправить снова" });
  await expect(decided).toContainText(/оператор \S+@\S+/);

  await page.goto("/queue?status=failed&reply_state=failed");
  await row(page, "Кружка").click();
  await card.getByRole("button", { name: "Ответ дошёл — отметить отправленным" }).click();
  const answer = page.getByRole("region", { name: "Ответ", exact: true });
  await expect(answer.getByText("Отправлено", { exact: true })).toBeVisible({ timeout: 30_000 });
  await page.getByRole("tab", { name: "Почему" }).click();
  await expect(lines.filter({ hasText: "Человек отметил: ответ дошёл" })).toBeVisible();
  expect((await system.answers(shop)).filter((answer) => answer.applied)).toHaveLength(1);
});
