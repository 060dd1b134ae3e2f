/** A new token for an account that has one already. */
import { useState } from "react";
import { Form } from "react-aria-components";
import { Button } from "@/components/Button";
import { Field } from "@/components/Field";
import { ProblemNote } from "@/components/ProblemNote";
import { announce } from "@/lib/announce";
import { asProblem } from "@/lib/api/problem";
import type { Account } from "@/lib/api/types";
import { useReplaceToken } from "./accounts";
import styles from "./Forms.module.css";

export function ReplaceTokenForm({ account, onDone }: { account: Account; onDone: () => void }) {
  const [token, setToken] = useState("");
  const replace = useReplaceToken(account.account_id);
  const problem = replace.error ? asProblem(replace.error) : undefined;
  return (
    <Form
      className={styles.form ?? ""}
      onSubmit={(event) => {
        event.preventDefault();
        replace.mutate(token.trim(), {
          onSuccess: () => {
            announce("Ключ заменён");
            onDone();
          },
        });
      }}
    >
      <Field
        label="Ключ API"
        type="password"
        name="account-token"
        autoComplete="off"
        isRequired
        autoFocus
        help="Прежний ключ перестанет использоваться, как только новый пройдёт проверку."
        value={token}
        onChange={setToken}
        error={problem?.field("token")}
      />
      {problem && <ProblemNote error={problem} shownFields={["token"]} />}
      <Button weight="primary" type="submit" isPending={replace.isPending}>
        {replace.isPending ? "Проверяем ключ..." : "Заменить ключ"}
      </Button>
    </Form>
  );
}
