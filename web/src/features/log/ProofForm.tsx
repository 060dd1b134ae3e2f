/** Asks for an event by its number and gives its proof. */
import { Download } from "lucide-react";
import { useState } from "react";
import { Form } from "react-aria-components";
import { Button } from "@/components/Button";
import { Field } from "@/components/Field";
import { Note } from "@/components/Note";
import { ProblemNote } from "@/components/ProblemNote";
import { grouped } from "@/lib/format/count";
import { useProof } from "@/lib/api/proof";
import styles from "./LogPage.module.css";

interface ProofFormProps {
  events: number;
  /** How many of them, from the first, are signed and can be proved. */
  signed: number;
}

export function ProofForm({ events, signed }: ProofFormProps) {
  const [typed, setTyped] = useState<string>();
  const proof = useProof();
  if (events === 0) return <p className={styles.about}>Событий пока нет.</p>;
  const number = typed ?? String(signed || events);
  const sequence = Number(number);
  const isValid = /^\d+$/.test(number) && sequence >= 1 && sequence <= events;
  return (
    <Form
      className={styles.form ?? ""}
      onSubmit={(event) => {
        event.preventDefault();
        if (isValid) proof.mutate(sequence);
      }}
    >
      <Field
        label="Номер события"
        inputMode="numeric"
        help="По умолчанию последнее подписанное. Для обращения удобнее кнопка у события в его «Журнале»."
        value={number}
        onChange={setTyped}
        error={isValid ? undefined : `Введите целое число от 1 до ${grouped(events)}`}
      />
      <Button type="submit" icon={<Download size={14} />} isPending={proof.isPending} isDisabled={!isValid}>
        Скачать доказательство
      </Button>
      {proof.error && <ProblemNote error={proof.error} />}
      {proof.isSuccess && <Note tone="good" title={`Скачано: agentiq-proof-${proof.variables}.json`} />}
    </Form>
  );
}
