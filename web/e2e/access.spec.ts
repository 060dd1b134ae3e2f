/** One's own sessions and password: another browser is seen, ended from afar, and kept out by another password. */
import { enter, expect, test } from "./system";

test("another browser is seen and ended, and another password ends the rest", async ({
  page,
  browser,
  baseURL,
  system,
}) => {
  const shop = await system.shop([{ text: "Отзыв", rating: 5 }]);
  const { email, password } = await enter(page, shop);
  const phone = await browser.newContext({
    ...(baseURL === undefined ? {} : { baseURL }),
    userAgent: "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Version/19.0 Safari/604.1",
  });
  const there = await phone.newPage();
  const signIn = async (with_: string) => {
    await there.goto("/login");
    await there.getByLabel("Электронная почта").fill(email);
    await there.getByLabel("Пароль").fill(with_);
    await there.getByRole("button", { name: "Войти" }).click();
  };
  try {
    await signIn(password);
    await expect(there.getByRole("link", { name: "Настройки" })).toBeVisible();
    await page.goto("/settings");
    await page.getByRole("link", { name: "Открыть вход и пароль" }).click();
    const sessions = page.getByRole("region", { name: "Сеансы" }).getByRole("listitem");
    await expect(sessions).toHaveCount(2);
    await expect(sessions.first()).toContainText("Этот сеанс");
    await sessions.filter({ hasText: "Safari, iPhone" }).getByRole("button", { name: "Завершить" }).click();
    await expect(sessions).toHaveCount(1);
    await there.goto("/settings");
    await expect(there).toHaveURL(/login/);

    await signIn(password);
    await expect(there.getByRole("link", { name: "Настройки" })).toBeVisible();
    const change = page.getByRole("region", { name: "Пароль" });
    await change.getByLabel("Нынешний пароль").fill("not the password");
    await change.getByLabel("Новый пароль").fill("quite another password");
    await change.getByRole("button", { name: "Сменить пароль" }).click();
    await expect(change.getByText("пароль не подходит")).toBeVisible();
    await change.getByLabel("Нынешний пароль").fill(password);
    await change.getByLabel("Новый пароль").press("Enter");
    await expect(change.getByRole("status")).toContainText("Завершено: 1 другой сеанс.");
    await expect(sessions).toHaveCount(1);
    await there.goto("/settings");
    await signIn(password);
    await expect(there.getByRole("alert")).toContainText("Адрес почты или пароль не подходят");
    await signIn("quite another password");
    await expect(there.getByRole("link", { name: "Настройки" })).toBeVisible();
  } finally {
    await phone.close();
  }
});
