/** Erases the data of a claim's buyer for good. */
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Form } from "react-aria-components";
import { Button } from "@/components/Button";
import { Choice } from "@/components/Choice";
import { Dialog } from "@/components/Dialog";
import { Field } from "@/components/Field";
import { ProblemNote } from "@/components/ProblemNote";
import { announce } from "@/lib/announce";
import { api, intended } from "@/lib/api/client";
import { asProblem } from "@/lib/api/problem";
import { keys } from "@/lib/api/queries";
import type { Claim } from "@/lib/api/types";
import { GROUNDS, type Ground } from "@/lib/words";
import styles from "./ClaimDetail.module.css";

export function EraseClaim({ claim }: { claim: Claim }) {
  const [isAsked, setAsked] = useState(false);
  return (
    <div>
      <Button onPress={() => setAsked(true)}>Удалить данные покупателя</Button>
      <Dialog title="Удалить данные покупателя?" isOpen={isAsked} isAlert onClose={() => setAsked(false)}>
        <EraseForm id={claim.claim_id} onDone={() => setAsked(false)} />
      </Dialog>
    </div>
  );
}

function EraseForm({ id, onDone }: { id: string; onDone: () => void }) {
  const client = useQueryClient();
  const [ground, setGround] = useState<Ground>("persons_request");
  const [reference, setReference] = useState("");
  const erase = useMutation({
    mutationFn: (erasure: { ground: Ground; reference: string | null }) =>
      intended(`claims.erasure.${id}`, erasure, (key) =>
        api.POST("/api/v1/claims/{id}/erasure", {
          body: erasure,
          params: { path: { id }, header: { "Idempotency-Key": key } },
        }),
      ),
    onSuccess: async () => {
      announce("Данные покупателя удалены");
      onDone();
      await client.invalidateQueries({ queryKey: keys.claims });
    },
  });
  const problem = erase.error ? asProblem(erase.error) : undefined;
  return (
    <Form
      className={styles.words ?? ""}
      onSubmit={(event) => {
        event.preventDefault();
        erase.mutate({ ground, reference: reference.trim() || null });
      }}
    >
      <p>
        Слова покупателя, фотографии, видео и ответ на эту заявку будут удалены отовсюду, включая журнал
        событий. Отменить это нельзя. На площадке заявка останется.
      </p>
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
