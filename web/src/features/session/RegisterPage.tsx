/** Sign up: a seller and its first user. */
import { Form } from "react-aria-components";
import { Link, useSearchParams } from "react-router";
import { useState } from "react";
import { Button } from "@/components/Button";
import { Field } from "@/components/Field";
import { ProblemNote } from "@/components/ProblemNote";
import { asProblem } from "@/lib/api/problem";
import { Doorway } from "./Doorway";
import { useRegister } from "./session";
import styles from "./Doorway.module.css";

export function RegisterPage() {
  const [company, setCompany] = useState("");
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const [params] = useSearchParams();
  const register = useRegister();
  const problem = register.error ? asProblem(register.error) : undefined;

  return (
    <Doorway title="Регистрация">
      <Form
        onSubmit={(event) => {
          event.preventDefault();
          register.mutate({ company, email, password });
        }}
      >
        <Field
          label="Компания"
          name="company"
          autoComplete="organization"
          isRequired
          autoFocus
          value={company}
          onChange={setCompany}
          error={problem?.field("company")}
        />
        <Field
          label="Электронная почта"
          type="email"
          name="email"
          autoComplete="username"
          isRequired
          value={email}
          onChange={setEmail}
          error={problem?.field("email")}
        />
        <Field
          label="Пароль"
          type="password"
          name="password"
          autoComplete="new-password"
          isRequired
          value={password}
          onChange={setPassword}
          error={problem?.field("password")}
        />
        {problem && <ProblemNote error={problem} shownFields={["company", "email", "password"]} />}
        <Button weight="primary" type="submit" isPending={register.isPending}>
          Зарегистрироваться
        </Button>
      </Form>
      <p className={styles.other}>
        Уже есть вход? <Link to={{ pathname: "/login", search: params.toString() }}>Войдите</Link>
      </p>
    </Doorway>
  );
}
