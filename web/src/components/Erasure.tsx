/** A buyer's data: the way to erase it for good, and the word that it was done. */
import type { UseMutationResult } from "@tanstack/react-query";
import { useState } from "react";
import { Form } from "react-aria-components";
import { announce } from "@/lib/announce";
import { asProblem } from "@/lib/api/problem";
import { GROUNDS, type Ground } from "@/lib/words";
import { Button } from "./Button";
import { Choice } from "./Choice";
import { Dialog } from "./Dialog";
import { Field } from "./Field";
import { Note } from "./Note";
import { ProblemNote } from "./ProblemNote";
import styles from "./Erasure.module.css";

/** What an erasure rests on. */
export interface Basis {
  ground: Ground;
  /** Number of the request; says nothing of who it was. */
  reference: string | null;
}

type Erase = Pick<UseMutationResult<unknown, Error, Basis>, "mutateAsync" | "isPending" | "error" | "reset">;

interface EraseButtonProps {
  erase: Erase;
  /** What will be gone, and what stays. */
  children: React.ReactNode;
}

/** Erases after a confirmation: nobody can take that back. */
export function EraseButton({ erase, children }: EraseButtonProps) {
  const [isAsked, setAsked] = useState(false);
  const ask = () => {
    // What was refused before is no news.
    erase.reset();
    setAsked(true);
  };
  return (
    <div>
      <Button onPress={ask}>Удалить данные покупателя</Button>
      <Dialog title="Удалить данные покупателя?" isOpen={isAsked} isAlert onClose={() => setAsked(false)}>
        <EraseForm erase={erase} onDone={() => setAsked(false)}>
          {children}
        </EraseForm>
      </Dialog>
    </div>
  );
}

function EraseForm({ erase, onDone, children }: EraseButtonProps & { onDone: () => void }) {
  const [ground, setGround] = useState<Ground>("persons_request");
  const [reference, setReference] = useState("");
  const problem = erase.error ? asProblem(erase.error) : undefined;
  return (
    <Form
      className={styles.form ?? ""}
      onSubmit={(event) => {
        event.preventDefault();
        const basis = { ground, reference: reference.trim() || null };
        // Not a callback of the mutation: this form may be gone by then, and it is announced all the same.
        const done = () => {
          announce("Данные покупателя удалены");
          onDone();
        };
        erase.mutateAsync(basis).then(done, () => undefined);
      }}
    >
      <p>{children}</p>
      <Choice label="Основание" value={ground} options={GROUNDS} onChange={setGround} />
      <Field
        label="Номер запроса"
        name="reference"
        help="Необязательно. Без имени: номер хранится всегда."
        value={reference}
        onChange={setReference}
        error={problem?.field("reference")}
      />
      {problem && <ProblemNote error={problem} shownFields={["reference"]} />}
      <Button weight="primary" type="submit" isPending={erase.isPending}>
        {erase.isPending ? "Удаляем..." : "Удалить навсегда"}
      </Button>
    </Form>
  );
}

interface ErasedNoteProps {
  /** Of what the API calls by `id`. */
  of: "interactions" | "claims";
  id: string;
  /** What nobody can read any more. */
  children: React.ReactNode;
}

/** Says that the data is gone, and gives the act. */
export function ErasedNote({ of, id, children }: ErasedNoteProps) {
  return (
    <Note
      tone="info"
      title="Данные покупателя удалены"
      actions={
        <a className={styles.act} href={`/api/v1/${of}/${id}/erasure`} download={`erasure-${id}.json`}>
          Скачать акт
        </a>
      }
    >
      {children}
    </Note>
  );
}
