/** Settings of the seller, and of this browser. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Form } from "react-aria-components";
import { Button } from "@/components/Button";
import { Choice } from "@/components/Choice";
import { Field } from "@/components/Field";
import { Note } from "@/components/Note";
import { ProblemNote } from "@/components/ProblemNote";
import { api, intended } from "@/lib/api/client";
import { asProblem } from "@/lib/api/problem";
import { keys, settingsQuery } from "@/lib/api/queries";
import type { Settings } from "@/lib/api/types";
import { chooseTheme, chosenTheme } from "@/lib/theme";
import styles from "./SettingsPage.module.css";

const THEMES = [
  { value: "system", label: "Как в системе" },
  { value: "light", label: "Светлая" },
  { value: "dark", label: "Тёмная" },
] as const;

export function SettingsPage() {
  const settings = useQuery(settingsQuery);
  const [theme, setTheme] = useState(chosenTheme);
  return (
    <div className={styles.page}>
      <h1>Настройки</h1>
      <section className={styles.card} aria-labelledby="pending-window">
        <h2 id="pending-window">Окно ожидания публикации</h2>
        <p className={styles.about}>
          Площадка показывает ответ не сразу: он проходит модерацию. Пока окно не истекло, обращение с
          отправленным ответом считается отвеченным, даже если площадка его ещё не показывает.
        </p>
        {settings.data && <PendingWindow key={settings.data.version} settings={settings.data} />}
        {settings.error && <ProblemNote error={settings.error} onRetry={() => void settings.refetch()} />}
      </section>
      <section className={styles.card} aria-labelledby="look">
        <h2 id="look">Вид</h2>
        <div className={styles.row}>
          <span>Тема</span>
          <Choice
            label="Тема"
            value={theme}
            options={THEMES}
            onChange={(chosen) => {
              setTheme(chosen);
              chooseTheme(chosen);
            }}
          />
        </div>
      </section>
    </div>
  );
}

function PendingWindow({ settings }: { settings: Settings }) {
  const client = useQueryClient();
  const [minutes, setMinutes] = useState(String(settings.reply_pending_window_minutes));
  const save = useMutation({
    mutationFn: (value: number) => {
      const body = { reply_pending_window_minutes: value };
      return intended("settings", body, (key) =>
        api.PUT("/api/v1/seller/settings", { body, params: { header: { "Idempotency-Key": key } } }),
      );
    },
    onSuccess: (saved) => client.setQueryData(keys.settings, saved),
  });
  const value = Number(minutes);
  const isValid = /^\d+$/.test(minutes) && value >= 1 && value <= 1440;
  const isChanged = value !== settings.reply_pending_window_minutes;
  const serverError = save.error ? asProblem(save.error).field("reply_pending_window_minutes") : undefined;
  return (
    <Form
      className={styles.form ?? ""}
      onSubmit={(event) => {
        event.preventDefault();
        if (isValid) save.mutate(value);
      }}
    >
      <Field
        label="Минут после отправки"
        inputMode="numeric"
        suffix="мин"
        help="От 1 до 1440. По умолчанию 180."
        value={minutes}
        onChange={setMinutes}
        error={isValid ? serverError : "Введите целое число от 1 до 1440"}
      />
      <div className={styles.row}>
        <Button weight="primary" type="submit" isPending={save.isPending} isDisabled={!isValid || !isChanged}>
          Сохранить
        </Button>
        <span className={styles.about}>Версия {settings.version}</span>
      </div>
      {save.error && <ProblemNote error={save.error} shownFields={["reply_pending_window_minutes"]} />}
      {save.isSuccess && <Note tone="good" role="status" title="Сохранено" />}
    </Form>
  );
}
