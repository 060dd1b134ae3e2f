/** Settings of the seller, and of this browser. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Form } from "react-aria-components";
import { Link } from "react-router";
import { Button } from "@/components/Button";
import { Choice } from "@/components/Choice";
import { Field } from "@/components/Field";
import { Note } from "@/components/Note";
import { ProblemNote } from "@/components/ProblemNote";
import { api, intended } from "@/lib/api/client";
import { asProblem } from "@/lib/api/problem";
import { keys, settingsQuery } from "@/lib/api/queries";
import type { Settings } from "@/lib/api/types";
import { useMay } from "@/lib/may";
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
  const may = useMay();
  return (
    <div className={styles.page}>
      <h1>Настройки</h1>
      {may("manage_seller") && (
        <>
          <section className={styles.card} aria-labelledby="pending-window">
            <h2 id="pending-window">Окно ожидания публикации</h2>
            <p className={styles.about}>
              Площадка показывает ответ не сразу: он проходит модерацию. Пока окно не истекло, обращение с
              отправленным ответом считается отвеченным, даже если площадка его ещё не показывает.
            </p>
            {settings.data && (
              <NumberSetting
                settings={settings.data}
                name="reply_pending_window_minutes"
                label="Минут после отправки"
                suffix="мин"
                help="От 1 до 1440. По умолчанию 180."
                min={1}
                max={1440}
              />
            )}
            {settings.error && <ProblemNote error={settings.error} onRetry={() => void settings.refetch()} />}
          </section>
          <section className={styles.card} aria-labelledby="hold">
            <h2 id="hold">Задержка отправки</h2>
            <p className={styles.about}>
              Столько секунд отправленный ответ можно отменить кнопкой или, вне поля ввода, клавишей Z:
              площадке он уходит только после этого. Если за это время покупатель напишет ещё, ответ не уйдёт
              и текст останется у вас.
            </p>
            {settings.data && (
              <NumberSetting
                settings={settings.data}
                name="reply_hold_seconds"
                label="Секунд до отправки"
                suffix="с"
                help="От 0 до 30. 0 — отправлять сразу."
                min={0}
                max={30}
              />
            )}
          </section>
        </>
      )}
      <section className={styles.card} aria-labelledby="guardrails">
        <h2 id="guardrails">Правила ответов</h2>
        <p className={styles.about}>
          Чего в ответах быть не должно: фразы вашего магазина, исключения из общих правил и сами общие
          правила.
        </p>
        <p>
          <Link to="/settings/guardrails">Открыть правила ответов</Link>
        </p>
      </section>
      <section className={styles.card} aria-labelledby="sla">
        <h2 id="sla">Сроки</h2>
        <p className={styles.about}>
          За сколько отвечать покупателям, рабочие часы и праздники, правила по словам. Что изменится, видно
          до сохранения.
        </p>
        <p>
          <Link to="/settings/sla">Открыть сроки</Link>
        </p>
      </section>
      <section className={styles.card} aria-labelledby="drafting">
        <h2 id="drafting">Черновики</h2>
        <p className={styles.about}>
          Готовить ли ответы заранее, сколько их может написать языковая модель, и как они звучат.
        </p>
        <p>
          <Link to="/settings/drafting">Открыть настройки черновиков</Link>
        </p>
      </section>
      <section className={styles.card} aria-labelledby="automation">
        <h2 id="automation">Автоматика</h2>
        <p className={styles.about}>
          Какие ответы могут уходить без человека: от наблюдения через проверку на истории и пилот до
          включённой автоматики.
        </p>
        <p>
          <Link to="/settings/automation">Открыть автоматику</Link>
        </p>
      </section>
      {may("manage_seller") && (
        <section className={styles.card} aria-labelledby="notices">
          <h2 id="notices">Уведомления</h2>
          <p className={styles.about}>
            Кому сообщать о тревогах по почте, в Telegram или в программу, и в какие часы не беспокоить.
          </p>
          <p>
            <Link to="/settings/notices">Открыть уведомления</Link>
          </p>
        </section>
      )}
      {may("manage_people") && (
        <section className={styles.card} aria-labelledby="people">
          <h2 id="people">Люди и роли</h2>
          <p className={styles.about}>Кто здесь работает, что каждому можно, и приглашения новым людям.</p>
          <p>
            <Link to="/settings/people">Открыть людей и роли</Link>
          </p>
        </section>
      )}
      <section className={styles.card} aria-labelledby="access">
        <h2 id="access">Вход</h2>
        <p className={styles.about}>
          Где вы вошли, как завершить чужой сеанс, сменить пароль и сделать токен для программы.
        </p>
        <p>
          <Link to="/settings/access">Открыть вход и пароль</Link>
        </p>
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

interface NumberSettingProps {
  settings: Settings;
  name: "reply_pending_window_minutes" | "reply_hold_seconds";
  label: string;
  suffix: string;
  help: string;
  min: number;
  max: number;
}

function NumberSetting({ settings, name, label, suffix, help, min, max }: NumberSettingProps) {
  const client = useQueryClient();
  const [text, setText] = useState(String(settings[name]));
  const save = useMutation({
    mutationFn: (value: number) => {
      const body = { [name]: value };
      return intended(`settings.${name}`, body, (key) =>
        api.PUT("/api/v1/seller/settings", { body, params: { header: { "Idempotency-Key": key } } }),
      );
    },
    onSuccess: (saved) => client.setQueryData(keys.settings, saved),
  });
  const value = Number(text);
  const isValid = /^\d+$/.test(text) && value >= min && value <= max;
  const isChanged = value !== settings[name];
  const serverError = save.error ? asProblem(save.error).field(name) : undefined;
  return (
    <Form
      className={styles.form ?? ""}
      onSubmit={(event) => {
        event.preventDefault();
        if (isValid) save.mutate(value);
      }}
    >
      <Field
        label={label}
        inputMode="numeric"
        suffix={suffix}
        help={help}
        value={text}
        onChange={(typed) => {
          setText(typed);
          save.reset();
        }}
        error={isValid ? serverError : `Введите целое число от ${min} до ${max}`}
      />
      <div className={styles.row}>
        <Button weight="primary" type="submit" isPending={save.isPending} isDisabled={!isValid || !isChanged}>
          Сохранить
        </Button>
        <span className={styles.about}>Версия {settings.version}</span>
      </div>
      {save.error && <ProblemNote error={save.error} shownFields={[name]} />}
      {save.isSuccess && <Note tone="good" role="status" title="Сохранено" />}
    </Form>
  );
}
