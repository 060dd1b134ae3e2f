/** Enters somebody who is to hear of alerts. */
import { useState } from "react";
import { Form } from "react-aria-components";
import { Button } from "@/components/Button";
import { Choice } from "@/components/Choice";
import { Field } from "@/components/Field";
import { ProblemNote } from "@/components/ProblemNote";
import styles from "@/features/settings/SettingsPage.module.css";
import { announce } from "@/lib/announce";
import { asProblem } from "@/lib/api/problem";
import type { Medium, RecipientList } from "@/lib/api/types";
import { asked, MEDIUM, quietFault, USUAL } from "./form";
import { useEnter } from "./recipients";
import { WishFields } from "./WishFields";

export function NewRecipientCard({ list }: { list: RecipientList }) {
  const offered = list.media.filter(({ offered }) => offered).map(({ medium }) => medium);
  const others = list.media.filter(({ offered }) => !offered).map(({ medium }) => MEDIUM[medium].name);
  const [medium, setMedium] = useState<Medium>(offered[0] ?? "webhook");
  const [address, setAddress] = useState("");
  const [form, setForm] = useState(USUAL);
  const enter = useEnter();
  const refused = enter.error ? asProblem(enter.error) : undefined;
  const mayBeSaved = address.trim() !== "" && quietFault(form) === undefined;
  const words = MEDIUM[medium];
  return (
    <section className={styles.card} aria-labelledby="new-recipient">
      <h2 id="new-recipient">Новый получатель</h2>
      <Form
        className={styles.wide ?? ""}
        onSubmit={(event) => {
          event.preventDefault();
          if (!mayBeSaved || enter.isPending) return;
          enter.mutate(
            { medium, address, ...asked(form) },
            {
              onSuccess: () => {
                setAddress("");
                announce("Получатель добавлен");
              },
            },
          );
        }}
      >
        <div className={styles.row}>
          <span className={styles.name}>Как сообщать</span>
          <Choice
            label="Как сообщать"
            value={medium}
            options={offered.map((value) => ({ value, label: MEDIUM[value].name }))}
            onChange={(chosen) => {
              setMedium(chosen);
              enter.reset();
            }}
          />
        </div>
        <Field
          label={words.address}
          help={words.help}
          maxLength={1000}
          value={address}
          onChange={(typed) => {
            setAddress(typed);
            enter.reset();
          }}
          error={refused?.field("address")}
        />
        <WishFields form={form} zone={list.zone} onChange={setForm} />
        <div className={styles.row}>
          <Button weight="primary" type="submit" isPending={enter.isPending} isDisabled={!mayBeSaved}>
            Добавить
          </Button>
        </div>
        {enter.error && <ProblemNote error={enter.error} shownFields={["address"]} />}
      </Form>
      {others.length > 0 && (
        <p className={styles.about}>
          Здесь не настроено: {others.join(", ")}. Попросите об этом того, кто ведёт эту установку AgentIQ.
        </p>
      )}
    </section>
  );
}
