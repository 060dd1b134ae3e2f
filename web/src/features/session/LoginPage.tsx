/** Sign in. */
import { Form } from "react-aria-components";
import { Link, useSearchParams } from "react-router";
import { useState } from "react";
import { Button } from "@/components/Button";
import { Field } from "@/components/Field";
import { Note } from "@/components/Note";
import { ProblemNote } from "@/components/ProblemNote";
import { Doorway } from "./Doorway";
import { useIsExpired, useLogin } from "./session";
import styles from "./Doorway.module.css";

export function LoginPage() {
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const [params] = useSearchParams();
  const login = useLogin();
  const isExpired = useIsExpired();

  return (
    <Doorway title="Вход">
      {isExpired && !login.error && (
        <Note tone="info" role="status" title="Сессия закончилась">
          <p>Войдите снова: вы вернётесь туда, где были. Неотправленные тексты сохранены.</p>
        </Note>
      )}
      <Form
        onSubmit={(event) => {
          event.preventDefault();
          login.mutate({ email, password });
        }}
      >
        <Field
          label="Электронная почта"
          type="email"
          name="email"
          autoComplete="username"
          isRequired
          autoFocus
          value={email}
          onChange={setEmail}
        />
        <Field
          label="Пароль"
          type="password"
          name="password"
          autoComplete="current-password"
          isRequired
          value={password}
          onChange={setPassword}
        />
        {login.error && <ProblemNote error={login.error} />}
        <Button weight="primary" type="submit" isPending={login.isPending}>
          Войти
        </Button>
      </Form>
      <p className={styles.other}>
        <Link to="/forgotten">Забыли пароль?</Link>
      </p>
      <p className={styles.other}>
        Впервые здесь?{" "}
        <Link to={{ pathname: "/register", search: params.toString() }}>Зарегистрируйтесь</Link>
      </p>
    </Doorway>
  );
}
