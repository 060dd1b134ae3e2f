/** Chooses another password by the link of a letter. */
import { useState } from "react";
import { Form } from "react-aria-components";
import { Link, useLocation } from "react-router";
import { Button } from "@/components/Button";
import { Field } from "@/components/Field";
import { Note } from "@/components/Note";
import { ProblemNote } from "@/components/ProblemNote";
import { asProblem } from "@/lib/api/problem";
import { Doorway } from "./Doorway";
import { tokenOf, useReset } from "./session";
import styles from "./Doorway.module.css";

export function ResetPage() {
  const token = tokenOf(useLocation().hash);
  const [password, setPassword] = useState("");
  const reset = useReset();
  const problem = reset.error ? asProblem(reset.error) : undefined;
  return (
    <Doorway title="Новый пароль">
      {reset.isSuccess ? (
        <Note tone="good" role="status" title="Пароль изменён">
          <p>Все прежние сеансы завершены. Войдите с новым паролем.</p>
        </Note>
      ) : (
        <Form
          onSubmit={(event) => {
            event.preventDefault();
            if (!reset.isPending) reset.mutate({ token, password });
          }}
        >
          <Field
            label="Новый пароль"
            type="password"
            name="password"
            autoComplete="new-password"
            help="Не меньше 10 знаков."
            isRequired
            autoFocus
            maxLength={1024}
            value={password}
            onChange={(typed) => {
              setPassword(typed);
              reset.reset();
            }}
            error={problem?.field("password")}
          />
          {problem && <ProblemNote error={problem} shownFields={["password"]} />}
          <Button weight="primary" type="submit" isPending={reset.isPending}>
            Сохранить пароль
          </Button>
        </Form>
      )}
      <p className={styles.other}>
        <Link to="/login">Вход</Link>
      </p>
    </Doorway>
  );
}
