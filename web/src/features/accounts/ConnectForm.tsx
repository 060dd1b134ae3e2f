/** A cabinet to connect: whose, its name, and the key as its marketplace gives it. */
import { useState } from "react";
import { Form } from "react-aria-components";
import { Button } from "@/components/Button";
import { Choice } from "@/components/Choice";
import { Field } from "@/components/Field";
import { ProblemNote } from "@/components/ProblemNote";
import { asProblem } from "@/lib/api/problem";
import type { Marketplace } from "@/lib/api/types";
import { announce } from "@/lib/announce";
import { MARKETPLACE } from "@/lib/words";
import { useConnect } from "./accounts";
import { CONNECTABLE, KEYS, type NewAccount } from "./keys";
import styles from "./Forms.module.css";

const MARKETPLACES = CONNECTABLE.map((value) => ({ value, label: MARKETPLACE[value].name }));

export function ConnectForm({ onDone }: { onDone: () => void }) {
  const [marketplace, setMarketplace] = useState<Marketplace>("wildberries");
  const [name, setName] = useState("");
  const [number, setNumber] = useState("");
  const [token, setToken] = useState("");
  const connect = useConnect();
  const problem = connect.error ? asProblem(connect.error) : undefined;
  const key = KEYS[marketplace];
  const choose = (chosen: Marketplace) => {
    // A number or a key of another marketplace is of no use here, and what was said about it neither.
    setNumber("");
    setToken("");
    connect.reset();
    setMarketplace(chosen);
  };
  return (
    <Form
      className={styles.form ?? ""}
      onSubmit={(event) => {
        event.preventDefault();
        const account: NewAccount = { marketplace, name: name.trim(), token: token.trim() };
        if (key?.cabinet) account[key.cabinet.field] = number.trim();
        connect.mutate(account, {
          onSuccess: (connected) => {
            announce(`Кабинет ${connected.name} подключён`);
            onDone();
          },
        });
      }}
    >
      <div className={styles.choice}>
        <span aria-hidden="true">Площадка</span>
        <Choice label="Площадка" value={marketplace} options={MARKETPLACES} onChange={choose} />
      </div>
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
      {key?.cabinet && (
        <Field
          label={key.cabinet.label}
          name="account-number"
          autoComplete="off"
          inputMode="numeric"
          isRequired
          help={key.cabinet.help}
          value={number}
          onChange={setNumber}
          error={problem?.field(key.cabinet.field)}
        />
      )}
      <Field
        label="Ключ API"
        type="password"
        name="account-token"
        autoComplete="off"
        isRequired
        {...(key && { help: key.help })}
        value={token}
        onChange={setToken}
        error={problem?.field("token")}
      />
      {problem && <ProblemNote error={problem} shownFields={["name", "token", "client_id"]} />}
      <Button weight="primary" type="submit" isPending={connect.isPending}>
        {connect.isPending ? "Проверяем ключ..." : "Подключить"}
      </Button>
    </Form>
  );
}
