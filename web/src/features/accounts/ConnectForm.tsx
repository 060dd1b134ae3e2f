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
import { useConnect, useExamine } from "./accounts";
import { KeyChannels, KeyFacts } from "./KeyStanding";
import { CONNECTABLE, KEYS, type NewKey } from "./keys";
import styles from "./Forms.module.css";

const MARKETPLACES = CONNECTABLE.map((value) => ({ value, label: MARKETPLACE[value].name }));

export function ConnectForm({ onDone }: { onDone: () => void }) {
  const [marketplace, setMarketplace] = useState<Marketplace>("wildberries");
  const [name, setName] = useState("");
  const [number, setNumber] = useState("");
  const [token, setToken] = useState("");
  const connect = useConnect();
  const examine = useExamine();
  const refusal = connect.error ?? examine.error;
  const problem = refusal ? asProblem(refusal) : undefined;
  const key = KEYS[marketplace];
  const entered = (): NewKey => ({
    marketplace,
    token: token.trim(),
    ...(key?.cabinet && { [key.cabinet.field]: number.trim() }),
  });
  const choose = (chosen: Marketplace) => {
    // A number or a key of another marketplace is of no use here, and what was said about it neither.
    setNumber("");
    setToken("");
    connect.reset();
    examine.reset();
    setMarketplace(chosen);
  };
  /** What a key opens says nothing about another. */
  const other = (set: (value: string) => void) => (value: string) => {
    examine.reset();
    set(value);
  };
  return (
    <Form
      className={styles.form ?? ""}
      onSubmit={(event) => {
        event.preventDefault();
        examine.reset();
        connect.mutate(
          { ...entered(), name: name.trim() },
          {
            onSuccess: (connected) => {
              announce(`Кабинет ${connected.name} подключён`);
              onDone();
            },
          },
        );
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
          onChange={other(setNumber)}
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
        onChange={other(setToken)}
        error={problem?.field("token")}
      />
      {problem && <ProblemNote error={problem} shownFields={["name", "token", "client_id", "business_id"]} />}
      {examine.data && (
        <div className={styles.report} role="status">
          <p>Что открывает ключ:</p>
          <KeyChannels channels={examine.data.channels} />
          <KeyFacts accountKey={examine.data.key} />
        </div>
      )}
      <div className={styles.actions}>
        <Button weight="primary" type="submit" isPending={connect.isPending}>
          {connect.isPending ? "Проверяем ключ..." : "Подключить"}
        </Button>
        <Button
          isPending={examine.isPending}
          isDisabled={token.trim() === ""}
          onPress={() => {
            connect.reset();
            examine.mutate(entered());
          }}
        >
          Проверить ключ
        </Button>
      </div>
    </Form>
  );
}
