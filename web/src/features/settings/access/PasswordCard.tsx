/** Another password. */
import { useState } from "react";
import { Form } from "react-aria-components";
import { Button } from "@/components/Button";
import { Field } from "@/components/Field";
import { Note } from "@/components/Note";
import { ProblemNote } from "@/components/ProblemNote";
import styles from "@/features/settings/SettingsPage.module.css";
import { asProblem } from "@/lib/api/problem";
import { counted } from "@/lib/format/count";
import { useChangePassword } from "./access";

export function PasswordCard({ email }: { email: string }) {
  const [current, setCurrent] = useState("");
  const [next, setNext] = useState("");
  const change = useChangePassword();
  const refused = change.error ? asProblem(change.error) : undefined;
  const type = (set: (typed: string) => void) => (typed: string) => {
    set(typed);
    change.reset();
  };
  return (
    <section className={styles.card} aria-labelledby="password">
      <h2 id="password">Пароль</h2>
      <p className={styles.about}>После смены пароля все остальные сеансы завершаются.</p>
      <Form
        className={styles.form ?? ""}
        onSubmit={(event) => {
          event.preventDefault();
          if (change.isPending) return;
          change.mutate(
            { current, new: next },
            {
              onSuccess: () => {
                setCurrent("");
                setNext("");
              },
            },
          );
        }}
      >
        {/* For programs that keep passwords: whose it is. */}
        <input type="hidden" name="username" autoComplete="username" value={email} readOnly />
        <Field
          label="Нынешний пароль"
          type="password"
          autoComplete="current-password"
          isRequired
          maxLength={1024}
          value={current}
          onChange={type(setCurrent)}
          error={refused?.field("current")}
        />
        <Field
          label="Новый пароль"
          type="password"
          autoComplete="new-password"
          help="Не меньше 10 знаков."
          isRequired
          maxLength={1024}
          value={next}
          onChange={type(setNext)}
          error={refused?.field("new")}
        />
        <div className={styles.row}>
          <Button weight="primary" type="submit" isPending={change.isPending}>
            Сменить пароль
          </Button>
        </div>
      </Form>
      {change.error && <ProblemNote error={change.error} shownFields={["current", "new"]} />}
      {change.data && (
        <Note tone="good" role="status" title="Пароль изменён">
          {change.data.ended > 0 && (
            <p>
              Завершено: {counted(change.data.ended, ["другой сеанс", "других сеанса", "других сеансов"])}.
            </p>
          )}
        </Note>
      )}
    </section>
  );
}
