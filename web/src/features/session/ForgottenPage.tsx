/** Asks for a link to choose another password by. */
import { useState } from "react";
import { Form } from "react-aria-components";
import { Link } from "react-router";
import { Button } from "@/components/Button";
import { Field } from "@/components/Field";
import { Note } from "@/components/Note";
import { ProblemNote } from "@/components/ProblemNote";
import { asProblem } from "@/lib/api/problem";
import { Doorway } from "./Doorway";
import { useForgotten } from "./session";
import styles from "./Doorway.module.css";

export function ForgottenPage() {
  const [email, setEmail] = useState("");
  const forgotten = useForgotten();
  const problem = forgotten.error ? asProblem(forgotten.error) : undefined;
  return (
    <Doorway title="Забыли пароль?">
      {forgotten.isSuccess ? (
        <Note tone="good" role="status" title="Проверьте почту">
          <p>
            Если с этим адресом сюда входят, на него отправлено письмо со ссылкой. Она действует час. Письма
            нет? Посмотрите в спаме и проверьте адрес.
          </p>
        </Note>
      ) : (
        <Form
          onSubmit={(event) => {
            event.preventDefault();
            if (!forgotten.isPending) forgotten.mutate(email);
          }}
        >
          <p>Пришлём ссылку, по которой вы зададите новый пароль.</p>
          <Field
            label="Электронная почта"
            type="email"
            name="email"
            autoComplete="username"
            isRequired
            autoFocus
            value={email}
            onChange={(typed) => {
              setEmail(typed);
              forgotten.reset();
            }}
            error={problem?.field("email")}
          />
          {problem && <ProblemNote error={problem} shownFields={["email"]} />}
          <Button weight="primary" type="submit" isPending={forgotten.isPending}>
            Прислать ссылку
          </Button>
        </Form>
      )}
      <p className={styles.other}>
        <Link to="/login">Вход</Link>
      </p>
    </Doorway>
  );
}
