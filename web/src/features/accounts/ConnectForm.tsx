/** Name and token of a Wildberries account. */
import { useState } from "react";
import { Form } from "react-aria-components";
import { Button } from "@/components/Button";
import { Field } from "@/components/Field";
import { ProblemNote } from "@/components/ProblemNote";
import { asProblem } from "@/lib/api/problem";
import { announce } from "@/lib/announce";
import { useConnect } from "./accounts";
import styles from "./Forms.module.css";

export function ConnectForm({ onDone }: { onDone: () => void }) {
  const [name, setName] = useState("");
  const [token, setToken] = useState("");
  const connect = useConnect();
  const problem = connect.error ? asProblem(connect.error) : undefined;
  return (
    <Form
      className={styles.form ?? ""}
      onSubmit={(event) => {
        event.preventDefault();
        connect.mutate(
          { name: name.trim(), token: token.trim() },
          {
            onSuccess: (account) => {
              announce(`Кабинет ${account.name} подключён`);
              onDone();
            },
          },
        );
      }}
    >
      <Field
        label="Название кабинета"
        name="account-name"
        autoComplete="off"
        isRequired
        autoFocus
        value={name}
        onChange={setName}
        error={problem?.field("name")}
      />
      <Field
        label="Ключ API"
        type="password"
        name="account-token"
        autoComplete="off"
        isRequired
        help="Личный кабинет WB → Настройки → Доступ к API. Нужен токен с категорией «Вопросы и отзывы»."
        value={token}
        onChange={setToken}
        error={problem?.field("token")}
      />
      {problem && <ProblemNote error={problem} shownFields={["name", "token"]} />}
      <Button weight="primary" type="submit" isPending={connect.isPending}>
        {connect.isPending ? "Проверяем ключ..." : "Подключить"}
      </Button>
    </Form>
  );
}
